"""Why a mail was not taken, in one word: what somebody can do about it."""

import re

KINDS = {
    "mail_email_invalid": "address",
    "mail_email_missing": "address",
    "mail_from_invalid": "sender",
    "mail_from_missing": "sender",
    "mail_smtp": "server",
}
"""What Odoo's own kinds of failure come down to."""
SIGNS = (
    ("sender", re.compile(r"SMTPSenderRefused")),
    ("server", re.compile(r"SMTPAuthenticationError|SMTPConnectError|SMTPHeloError")),
    ("other", re.compile(r"\b5\.7\.\d")),  # a policy: spam, relaying
    ("address", re.compile(r"SMTPRecipientsRefused|\b5\.1\.[1-3]\b|\b55[013]\b")),
    (
        "server",
        re.compile(
            r"OSError|ConnectionError|ConnectionRefused|gaierror|Errno"
            r"|[Tt]imed? ?out|SSL"
        ),
    ),
)
"""How the servers' own words give it away where Odoo only says *unknown*."""


def get_kind(failure_type, reason):
    """Return ``address``, ``sender``, ``server`` or ``other``.

    :param str failure_type: of ``mail.mail``; empty where no connection was made
    :param str reason: what the server, or Python, said

    >>> get_kind('unknown', "SMTPRecipientsRefused: {'a@x.nl': (550, b'Unknown')}")
    'address'
    >>> get_kind('unknown', 'SMTPAuthenticationError: (535, b"5.7.8 no")')
    'server'
    >>> get_kind('unknown', "SMTPRecipientsRefused: {'a@x.nl': (550, b'5.7.1 spam')}")
    'other'
    >>> get_kind('unknown', '[Errno 111] Connection refused')
    'server'
    >>> get_kind('mail_from_missing', '')
    'sender'
    >>> get_kind(False, 'anything')
    'server'
    >>> get_kind('unknown', 'Message too large')
    'other'
    """
    if not failure_type:
        return "server"
    if failure_type in KINDS:
        return KINDS[failure_type]
    return next((kind for kind, sign in SIGNS if sign.search(reason or "")), "other")
