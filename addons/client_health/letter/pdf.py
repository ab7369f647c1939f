"""Finishing touches on the PDF that need no HTML, so that every build prints them."""

import io
import json
import re
from hashlib import sha256

from pypdf import PdfReader, PdfWriter
from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

GREY = Color(0.35, 0.35, 0.35)
WATERMARK = Color(0.75, 0.15, 0.15, alpha=0.12)
WATERMARK_SIZE = 96
# Without a screen the patched Qt prints 75 CSS pixels an inch instead of 96, the
# unpatched one 128: both measured on pages, with the paper format of the letter.
ZOOM_PATCHED = 75 / 96
ZOOM_UNPATCHED = 128 / 96
UNSAFE_IN_NAME = re.compile(r'[\\/:*?"<>|\s]+')
NAMED = re.compile(rb"\[[^]]*\]")  # the characters, not the glyph numbers


def stamp(stream, watermark, title):
    """Return a PDF with its title, a watermark and, from two pages on, numbers.

    :param stream: the printed letter, as a binary stream
    :param str watermark: one word, or nothing
    """
    writer = PdfWriter(clone_from=PdfReader(stream))
    writer.add_metadata({"/Title": title})
    count = len(writer.pages)
    for number, page in enumerate(writer.pages, start=1):
        _name_spaces(page)
        label = f"{number} / {count}" if count > 1 else ""
        if watermark or label:
            page.merge_page(_overlay(page.mediabox, watermark, label))
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def _name_spaces(page):
    """Let a copied space be a space: Qt names that glyph as a tab."""
    for font in page["/Resources"].get("/Font", {}).values():
        names = font.get_object().get("/ToUnicode")
        if names is not None:
            stream = names.get_object()
            stream.set_data(NAMED.sub(_as_space, stream.get_data()))


def _as_space(match):
    return match.group().replace(b"<0009>", b"<0020>")


def page_count(content):
    """Return how many pages a PDF has."""
    return len(PdfReader(io.BytesIO(content)).pages)


def _overlay(box, watermark, label):
    width, height = float(box.width), float(box.height)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(width, height))
    if label:
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(GREY)
        canvas.drawRightString(width - 20 * mm, 9 * mm, label)
    if watermark:
        canvas.translate(width / 2, height / 2)
        canvas.rotate(52)
        canvas.setFont("Helvetica-Bold", WATERMARK_SIZE)
        canvas.setFillColor(WATERMARK)
        canvas.drawCentredString(0, -WATERMARK_SIZE / 3, watermark)
    canvas.save()
    buffer.seek(0)
    return PdfReader(buffer).pages[0]


def get_zoom(is_patched):
    """Return what makes a page come out in its own size.

    :param bool is_patched: whether the build that prints has the patched Qt
    """
    return ZOOM_PATCHED if is_patched else ZOOM_UNPATCHED


def get_file_name(title):
    """Return a title as a file may be called, without extension.

    >>> get_file_name('Letter - A/B  "C" Ltd.')
    'Letter - A B C Ltd'
    """
    return UNSAFE_IN_NAME.sub(" ", title).rstrip(". ")


def get_digest(content, mail):
    """Return the fingerprint of a letter and the mail it goes with.

    :param bytes content: the PDF
    :param mail: the mail as JSON
    """
    text = json.dumps(mail, sort_keys=True)
    return sha256(content + text.encode()).hexdigest()
