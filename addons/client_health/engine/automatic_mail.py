"""Which mails nobody wrote; plain Python, without the ORM."""

import re
from email.message import Message

ANSWERS_NOBODY_WROTE = frozenset({"auto_reply", "bulk", "junk", "list"})
"""Values of ``Precedence`` that no person's mail program sets."""
SAID_BY_ANSWERING_MACHINES = (
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Vacation",
)
"""Headers that a program sets on what it answers, unless they say *no*."""
AWAY = re.compile(
    r"(auto(matic)?[ -]?reply|automatisch(e)? ant?woord|out[ -]of[ -](the[ -])?office"
    r"( auto[ -]?reply)?|afwezigheids?(assistent|bericht|melding)"
    r"|automatische antwort|abwesenheitsnotiz|r\u00e9ponse automatique)\s*:",
    re.IGNORECASE,
)
"""How the subject of an answer begins that a mail program sends while away."""


def is_automatic(message: Message) -> bool:
    """Return whether a program wrote a mail: an answer while away, a bounce, a list.

    >>> from email import message_from_string as mail
    >>> is_automatic(mail("Auto-Submitted: auto-replied (vacation)\\n\\nAway"))
    True
    >>> is_automatic(mail("X-Auto-Response-Suppress: All\\n\\nAway"))
    True
    >>> is_automatic(mail("X-Autoreply: yes\\n\\nAway"))
    True
    >>> is_automatic(mail("Precedence: BULK\\n\\nNews"))
    True
    >>> is_automatic(mail("Return-Path: <>\\n\\nUndelivered"))
    True
    >>> is_automatic(mail("Subject: Automatisch antwoord: Offerte\\n\\nIk ben er niet"))
    True
    >>> is_automatic(mail("Subject: Re: Automatic reply: Offer\\n\\nWhen are you back?"))
    False
    >>> is_automatic(mail("Auto-Submitted: no\\nReturn-Path: <a@b.nl>\\n\\nHello"))
    False
    """

    def get(name):
        value = str(message.get(name) or "")
        return value.split(";")[0].split("(")[0].strip().lower()

    return (
        any(get(name) not in ("", "no", "none") for name in SAID_BY_ANSWERING_MACHINES)
        or get("Precedence") in ANSWERS_NOBODY_WROTE
        or get("Return-Path") == "<>"
        or AWAY.match(str(message.get("Subject") or "").strip()) is not None
    )
