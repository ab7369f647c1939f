"""What a visitor may post and how it is read: no database and no request."""

import re
import unicodedata
from dataclasses import dataclass, field

import idna
import phonenumbers
from odoo.addons.base.models.ir_mail_server import extract_rfc2822_addresses
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
# Controls, halves of a surrogate pair, which no database takes, and what nobody sees.
_CUT = ("Cc", "Cf", "Cs")
_JOINER = "\u200d"
# Letters and signs that look like nothing: fillers of Hangul, the empty Braille cell.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
# What a spreadsheet computes when it stands first; a telephone number is none.
_FORMULA = re.compile(r"[=+\-@]|\{=")
_DIALLED = re.compile(r"\+[\d ()./-]+")
# What every mail server takes before the @ (RFC 5321 dot-string, without SMTPUTF8).
_LOCAL = re.compile(
    r"[\w!#$%&'*/?^`{|}~][\w!#$%&'*+/=?^`{|}~-]*(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.A
)
_ENDING = re.compile(r"xn--[a-z\d-]{2,59}|[a-z]{2,63}")
# How offices write an extension; phonenumbers reads "ext.".
_EXTENSION = re.compile(r"[\s,;/-]*\b(?:toestel|tst|ext)\b\.?\s*(\d{1,7})$", re.I)
# Whoever calls these back pays, or speaks to nobody.
_NOT_CALLED = (
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
    phonenumbers.PhoneNumberType.PAGER,
    phonenumbers.PhoneNumberType.VOICEMAIL,
)
_QUOTE = re.compile("[\u2018-\u201f\u00ab\u00bb]")
# What mail programs make a link of; initials and titles are none.
_LINK = re.compile(r"://|@|(?i:\bwww\.)|\w{2,}\.([a-z]{2,}|[A-Z]{2,})\b")


@dataclass
class Answers:
    """A visitor's answers, ready to be stored, and what is wrong with them.

    ``values`` holds text for every name in ``LIMITS``, cleaned but as the visitor
    wrote it, so that the form can show it again. ``errors`` maps a name to one of
    ``required``, ``too_long``, ``track``, ``email``, ``email_sign``, ``phone`` and
    ``phone_paid``.
    """

    values: dict
    errors: dict = field(default_factory=dict)


def clean(text, multiline=False):
    r"""Text that shows what it holds; on a single line unless ``multiline``.

    Controls and invisible characters go, and with them a text of nothing else.

    >>> clean(" Jan\r\nBcc: spy@example.com\x00 ")
    'Jan Bcc: spy@example.com'
    >>> clean("first\r\n\r\nsecond\x07", multiline=True)
    'first\n\nsecond'
    >>> clean("in\u200bvi\u202esible"), clean("\u200b\u3164 \u2800")
    ('invisible', '')
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    keep = "\n\t" if multiline else ""
    if not multiline:
        text = " ".join(text.split())
    text = "".join(
        char
        for at, char in enumerate(text)
        if char in keep
        or unicodedata.category(char) not in _CUT
        or (char == _JOINER and _is_in_emoji(text, at))
    ).strip()
    if not multiline:
        text = " ".join(text.split())
    return text if any(map(_is_visible, text)) else ""


def _is_in_emoji(text, at):
    """Whether the joiner at ``at`` makes one picture of two."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    kinds = [unicodedata.category(char) for char in (before, after) if char]
    return len(kinds) == 2 and (
        (kinds[0] in ("So", "Sk") or before == "\ufe0f") and kinds[1] == "So"
    )


def _is_visible(char):
    return unicodedata.category(char)[0] in "LNPS" and char not in _BLANK


def tame(text, multiline=False):
    r"""Text that no spreadsheet computes, marked as text the way spreadsheets do it.

    Telephone numbers stay as they are, and so do lists with a dash in ``multiline``.

    >>> tame("=HYPERLINK(A1)"), tame("@home"), tame("'=1")
    ("'=HYPERLINK(A1)", "'@home", "'=1")
    >>> tame("+31 6 12345678"), tame("Noor = Visser")
    ('+31 6 12345678', 'Noor = Visser')
    >>> tame("- rest\n- time", multiline=True), tame("=1", multiline=True)
    ('- rest\n- time', "'=1")
    """
    live = _FORMULA.match(text) and not _DIALLED.fullmatch(text)
    computed = text.startswith(("=", "{=")) if multiline else live
    return f"'{text}" if computed else text


def single_email(text):
    """The one normalised address in ``text`` that Odoo can send to, or None.

    >>> single_email("Jan@Example.com"), single_email("jan@voorbeeld.xn--p1ai")
    ('jan@example.com', 'jan@voorbeeld.xn--p1ai')
    >>> single_email("a@b"), single_email("a@example.com, b@example.com")
    (None, None)
    >>> single_email("\u201cjan\u201d@example.com"), single_email("jan@ex_ample.com")
    (None, None)
    >>> single_email("Bcc: spy@example.com")
    """
    local, _at, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local):
        return None
    try:
        sent = idna.encode(domain.lower()).decode()
    except idna.IDNAError:
        return None
    email = email_normalize(text)
    ending = sent.rpartition(".")[2]
    sendable = email and extract_rfc2822_addresses(email) == [
        f"{local.lower()}@{sent if not domain.isascii() else domain.lower()}"
    ]
    return email if sendable and "." in sent and _ENDING.fullmatch(ending) else None


def mailbox(email):
    """The box that ``email`` ends up in: its tag after a plus only sorts.

    >>> mailbox("Jan+offer@example.com")
    'jan@example.com'
    """
    local, _at, domain = email.casefold().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def full_phone(text, country_code, country_prefix):
    """The number in international notation, or None if it cannot exist.

    :param str country_code: country of numbers without a prefix, as in ``NL``
    :param int country_prefix: its dialling prefix, as in ``31``

    >>> full_phone("06 12345678", "NL", 31)
    '+31 6 12345678'
    >>> full_phone("020 555 0000, toestel 12", "NL", 31)
    '+31 20 555 0000 ext. 12'
    >>> full_phone("12", "NL", 31)
    """
    text = _EXTENSION.sub(r" ext. \1", text)
    try:
        return phone_validation.phone_format(text, country_code, country_prefix)
    except UserError:
        return None


def is_paid_number(number):
    """Whether calling this full number costs extra or reaches no person.

    >>> is_paid_number("+31 900 8844"), is_paid_number("+31 6 12345678")
    (True, False)
    """
    return phonenumbers.number_type(phonenumbers.parse(number)) in _NOT_CALLED


def read(posted, tracks, country):
    """Clean and check what was posted.

    :param dict posted: texts by input name; other names are ignored
    :param tracks: codes of the tracks that are offered
    :param country: (code, dialling prefix) for telephone numbers without one
    :rtype: Answers
    """
    answers = Answers(
        {name: _clean_answer(name, posted.get(name) or "") for name in LIMITS}
    )
    for name, text in answers.values.items():
        if len(text) > LIMITS[name]:
            answers.errors[name] = "too_long"
        elif name in REQUIRED and not text:
            answers.errors[name] = "required"
    _check_track(answers, tracks)
    _check_email(answers, posted.get("email") or "")
    _check_phone(answers, country)
    return answers


def _clean_answer(name, text):
    text = clean(text, name in MULTILINE)
    return text if name in ("email", "phone") else tame(text, name in MULTILINE)


def _check_track(answers, tracks):
    if "track" not in answers.errors and answers.values["track"] not in tracks:
        answers.errors["track"] = "track"


def _check_email(answers, posted):
    """Find an address that no mail would reach, before it is thanked for.

    A strange sign was rarely meant: it is refused, even one that was cut already,
    because nobody knows what the address should have been.
    """
    if "email" in answers.errors:
        return
    text = answers.values["email"]
    hidden = {c for c in posted if unicodedata.category(c) == "Cf"}
    if hidden or not text.rpartition("@")[0].isascii() or _QUOTE.search(text):
        answers.errors["email"] = "email_sign"
    elif not single_email(text):
        answers.errors["email"] = "email"


def _check_phone(answers, country):
    if "phone" in answers.errors:
        return
    number = full_phone(answers.values["phone"], *country)
    if not number:
        answers.errors["phone"] = "phone"
    elif is_paid_number(number):
        answers.errors["phone"] = "phone_paid"


def has_link(text):
    """Return whether a mail program would show a link in ``text``.

    >>> any(map(has_link, ("J.P. de Vries", "Dr.Smith", "Monday 9.30 or 10.00 h")))
    False
    >>> all(map(has_link, ("Win http://x", "WWW.EVIL.NL", "evil.example", "a@b.nl")))
    True
    """
    return bool(_LINK.search(text))
