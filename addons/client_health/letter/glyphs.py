"""Characters that the server has no font for: they would be printed as empty boxes.

Which fonts there are is the server's affair, and which of them are tried the print
engine's. So it is asked: what cannot be read back from a page was not drawn on it.
"""

import io

from pypdf import PdfReader

FONTS = "'Roboto', 'Helvetica', 'Arial', sans-serif"
# Latin, Greek, Cyrillic, marks and currencies are in every font
_COMMON = ((0, 0x24F), (0x300, 0x52F), (0x1E00, 0x20CF), (0xFE00, 0xFE0F))


def find_rare(text: str) -> str:
    """Return the characters of a text that a font may well lack, each once.

    >>> find_rare("Beste Zoë, 好的好 – €")
    '好的'
    """
    return "".join(dict.fromkeys(filter(_is_rare, text)))


def _is_rare(character):
    return not any(first <= ord(character) <= last for first, last in _COMMON)


def get_page(characters: str) -> str:
    """Return a page with these characters, to print."""
    lines = "".join(f"<p>{character}</p>" for character in characters)
    head = '<meta charset="utf-8"/>'
    return f'<html><head>{head}</head><body style="font-family: {FONTS}">{lines}</body>'


def find_unprinted(characters: str, content: bytes) -> str:
    """Return which of these characters cannot be read from a printed page."""
    pages = PdfReader(io.BytesIO(content)).pages
    printed = set("".join(page.extract_text() for page in pages))
    return "".join(character for character in characters if character not in printed)
