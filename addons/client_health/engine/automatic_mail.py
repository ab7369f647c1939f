"""Which mails nobody wrote; plain Python, without the ORM."""

from email.message import Message

ANSWERS_NOBODY_WROTE = frozenset({"auto_reply", "bulk", "junk", "list"})
"""Values of ``Precedence`` that no person's mail program sets."""


def is_automatic(message: Message) -> bool:
    """Return whether a program wrote a mail: an answer while away, a bounce, a list.

    >>> from email import message_from_string as mail
    >>> is_automatic(mail("Auto-Submitted: auto-replied (vacation)\\n\\nAway"))
    True
    >>> is_automatic(mail("X-Auto-Response-Suppress: All\\n\\nAway"))
    True
    >>> is_automatic(mail("Precedence: BULK\\n\\nNews"))
    True
    >>> is_automatic(mail("Return-Path: <>\\n\\nUndelivered"))
    True
    >>> is_automatic(mail("Auto-Submitted: no\\nReturn-Path: <a@b.nl>\\n\\nHello"))
    False
    """

    def get(name):
        value = str(message.get(name) or "")
        return value.split(";")[0].split("(")[0].strip().lower()

    return (
        get("Auto-Submitted") not in ("", "no")
        or get("X-Auto-Response-Suppress") not in ("", "none")
        or get("Precedence") in ANSWERS_NOBODY_WROTE
        or get("Return-Path") == "<>"
    )
