"""Words that do not belong in a letter: found and marked as whole words."""

import re
import unicodedata

from markupsafe import Markup

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")


def words_pattern(words):
    """A pattern for whole words and phrases, whatever their case; None for none."""
    parts = sorted((_folded(word) for word in words if word), key=len, reverse=True)
    if not parts:
        return None
    joined = "|".join(re.escape(part).replace(r"\ ", r"\s+") for part in parts)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


def find_words(text, words):
    """The words of a list that stand in a text, once each, in reading order.

    >>> find_words('U bent een Wan\\u00adbetaler, geen wanbetalers.', ['wanbetaler'])
    ['wanbetaler']
    >>> find_words('onschuldig', ['schuld'])
    []
    >>> find_words('Eigen  schuld!', ['eigen schuld'])
    ['eigen schuld']
    """
    pattern = words_pattern(words)
    if not pattern:
        return []
    found = (match.group().lower() for match in pattern.finditer(_folded(text)))
    return list(dict.fromkeys(re.sub(r"\s+", " ", word) for word in found))


def _folded(text):
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()


def mark_words(html, words):
    """Wrap listed words of an already cleaned text in ``<mark>``.

    >>> mark_words(Markup('<p>Geen schuld</p>'), ['schuld'])
    Markup('<p>Geen <mark>schuld</mark></p>')
    """
    pattern = words_pattern(words)
    if not pattern:
        return html
    parts = re.split(r"(<[^>]*>)", str(html))
    parts[::2] = (pattern.sub(r"<mark>\g<0></mark>", part) for part in parts[::2])
    return Markup("".join(parts))
