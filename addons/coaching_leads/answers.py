"""What a visitor may post and how it is read: no database and no request."""

import re
import unicodedata
from dataclasses import dataclass, field

from odoo.addons.phone_validation.tools import phone_validation
from odoo.exceptions import UserError
from odoo.tools import email_normalize

TRAP = "topic"
REQUIRED = ("track", "name", "email", "phone", "goal")
MULTILINE = ("goal", "obstacle", "strengths")
# Most characters an answer may have. 254 is the longest address that mail servers
# take (RFC 5321, 4.5.3.1.3); four thousand characters are two pages of text.
LIMITS = {
    "track": 32,
    "name": 100,
    "email": 254,
    "phone": 40,
    "goal": 4000,
    "company": 150,
    "obstacle": 4000,
    "strengths": 4000,
    "call_moment": 200,
}
# Controls, and halves of a surrogate pair, which no database takes.
_CUT = ("Cc", "Cs")
# One address with a dot in its domain; email_normalize alone accepts "a@b".
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\"]+\.[^@\s.\d]{2,}")
# What mail programs make a link of; initials and titles are none.
_LINK = re.compile(r"://|@|(?i:\bwww\.)|\w{2,}\.([a-z]{2,}|[A-Z]{2,})\b")


@dataclass
class Answers:
    """A visitor's answers, ready to be stored, and what is wrong with them.

    ``values`` holds text for every name in ``LIMITS``, cleaned but as the visitor
    wrote it, so that the form can show it again. ``errors`` maps a name to one of
    ``required``, ``too_long``, ``track``, ``email`` and ``phone``.
    """

    values: dict
    errors: dict = field(default_factory=dict)


def clean(text, multiline=False):
    r"""Text without control characters; on a single line unless ``multiline``.

    >>> clean(" Jan\r\nBcc: spy@example.com\x00 ")
    'Jan Bcc: spy@example.com'
    >>> clean("first\r\n\r\nsecond\x07", multiline=True)
    'first\n\nsecond'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    keep = "\n\t" if multiline else ""
    if not multiline:
        text = " ".join(text.split())
    return "".join(
        char for char in text if char in keep or unicodedata.category(char) not in _CUT
    ).strip()


def single_email(text):
    """The one normalised address in ``text``, or None.

    >>> single_email("Jan@Example.com")
    'jan@example.com'
    >>> single_email("a@b"), single_email("a@example.com, b@example.com")
    (None, None)
    >>> single_email("Bcc: spy@example.com")
    """
    return email_normalize(text) or None if _EMAIL.fullmatch(text) else None


def full_phone(text, country_code, country_prefix):
    """The number in international notation, or None if it cannot exist.

    :param str country_code: country of numbers without a prefix, as in ``NL``
    :param int country_prefix: its dialling prefix, as in ``31``

    >>> full_phone("06 12345678", "NL", 31)
    '+31 6 12345678'
    >>> full_phone("12", "NL", 31)
    """
    try:
        return phone_validation.phone_format(text, country_code, country_prefix)
    except UserError:
        return None


def read(posted, tracks, country):
    """Clean and check what was posted.

    :param dict posted: texts by input name; other names are ignored
    :param tracks: codes of the tracks that are offered
    :param country: (code, dialling prefix) for telephone numbers without one
    :rtype: Answers
    """
    answers = Answers(
        {name: clean(posted.get(name) or "", name in MULTILINE) for name in LIMITS}
    )
    for name, text in answers.values.items():
        if len(text) > LIMITS[name]:
            answers.errors[name] = "too_long"
        elif name in REQUIRED and not text:
            answers.errors[name] = "required"
    _check_kinds(answers, tracks, country)
    return answers


def _check_kinds(answers, tracks, country):
    """Find a track, an address and a number that cannot be."""
    checks = {
        "track": lambda text: text in tracks,
        "email": single_email,
        "phone": lambda text: full_phone(text, *country),
    }
    for name, is_right in checks.items():
        if name not in answers.errors and not is_right(answers.values[name]):
            answers.errors[name] = name


def has_link(text):
    """Return whether a mail program would show a link in ``text``.

    >>> any(map(has_link, ("J.P. de Vries", "Dr.Smith", "Monday 9.30 or 10.00 h")))
    False
    >>> all(map(has_link, ("Win http://x", "WWW.EVIL.NL", "evil.example", "a@b.nl")))
    True
    """
    return bool(_LINK.search(text))
