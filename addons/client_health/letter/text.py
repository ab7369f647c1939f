"""What a letter's text may hold, as plain functions: no record, no evaluation."""

import math
import re

import lxml.html
from babel.numbers import format_currency
from lxml_html_clean import Cleaner
from markupsafe import Markup, escape
from odoo.tools import email_normalize
from odoo.tools.misc import babel_locale_parse

KEPT_TAGS = frozenset("b br em i li ol p s strong u ul".split())
BLOCK_TAGS = frozenset("address blockquote div h1 h2 h3 h4 h5 h6 pre td th tr".split())
DROPPED_TAGS = frozenset(
    "applet audio base canvas embed form frame frameset head iframe img input link"
    " math meta noscript object script select style svg template textarea title"
    " video".split()
)
CLEANER = Cleaner(
    allow_tags=KEPT_TAGS | {"div"},
    kill_tags=DROPPED_TAGS,
    safe_attrs=frozenset(),
    remove_unknown_tags=False,
)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
TOKENS = {"client", "company", "contact", "end_date"}
TOKEN = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
RECIPIENT = re.compile(r"[^@\s,;<>\"]+@(?:[\w-]+\.)+[\w-]{2,}")

# What fits into the window of an envelope: 85 by 34 millimetres of 9.7 point type.
WINDOW_CHARACTERS = 42
WINDOW_LINES = 7


def clean(html):
    """Keep paragraphs, lists and emphasis; no attribute, link, image or script.

    The PDF engine fetches whatever it finds in a body, so nothing that could
    name an address is let through.

    >>> clean('<p onclick="x">Hi <b>you</b><script>x</script></p>')
    Markup('<p>Hi <b>you</b></p>')
    >>> clean('<div style="background:url(http://x)">{{ 1 + 1 }}<img src="//x"></div>')
    Markup('<p>{{ 1 + 1 }}</p>')
    >>> clean(False), clean('a < b')
    (Markup(''), Markup('a &lt; b'))
    """
    text = CONTROL.sub("", str(html or ""))
    if not text.strip():
        return Markup()
    root = lxml.html.fragment_fromstring(text, create_parent="div")
    for node in root.iterdescendants(*BLOCK_TAGS):
        node.tag = "p"
    CLEANER(root)
    markup = lxml.html.tostring(root, encoding="unicode")
    return Markup(markup.removeprefix("<div>").removesuffix("</div>"))


def plain(html):
    """The words a reader sees, a line per paragraph.

    >>> plain('<p>Wan<b>beta</b>ler</p><p>Dank</p>')
    'Wanbetaler\\nDank'
    """
    spaced = re.sub(r"(<br>|</p>|</li>)", r"\1\n", str(clean(html)))
    text = Markup(re.sub(r"<[^>]*>", "", spaced)).unescape()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def is_empty(html):
    """Whether nothing would be printed; for core's ``is_html_empty`` a list without
    items is something.

    >>> is_empty('<p><br></p>'), is_empty('<p>Dank</p>')
    (True, False)
    """
    return not plain(html)


def merge(html, values):
    """Fill in the known ``{tokens}``; everything else stays text.

    >>> merge('<p>Until {end_date}, {{end_date}} {other}</p>', {'end_date': '<1>'})
    Markup('<p>Until &lt;1&gt;, {{end_date}} {other}</p>')
    """

    def fill(match):
        name = match[1]
        return str(escape(values[name])) if name in values else match[0]

    return Markup(TOKEN.sub(fill, str(html)))


def unknown_tokens(html, names):
    """Names between braces that nothing would fill in.

    >>> unknown_tokens('<p>{end_date} {naam}</p>', {'end_date'})
    ['naam']
    """
    return [name for name in TOKEN.findall(plain(html)) if name not in names]


def unbroken(number):
    """A telephone number that no line breaks in two.

    >>> unbroken('+31 73 765'), unbroken(False)
    ('+31\\xa073\\xa0765', '')
    """
    return (number or "").replace(" ", "\u00a0")


def needs_small_type(lines):
    """Whether an address is too long for the window in the letter's own type.

    >>> needs_small_type(['De Korenaar', 'Oudegracht 210', '3511 NR Utrecht'])
    False
    >>> needs_small_type(['A very long name of a company ' * 4] + ['Street'] * 5)
    True
    """
    printed = sum(math.ceil(len(line) / WINDOW_CHARACTERS) for line in lines)
    return printed > WINDOW_LINES


def single_recipient(value):
    """The one address a letter may go to, normalised; None if it is not one.

    ``email_normalize`` alone accepts ``a@b``, core's ``single_email_re`` accepts
    ``a@x..nl`` and no letter beyond ASCII; a line break would make headers.

    >>> single_recipient('Jan <Jan@Example.com> ')
    'jan@example.com'
    >>> bad = ['a@b', 'a@x.nl,b@x.nl', 'a@x.nl\\nBcc: b@x.nl']
    >>> [single_recipient(value) for value in bad]
    [None, None, None]
    """
    value = (value or "").strip()
    if CONTROL.search(value) or re.search(r"[\r\n\t]", value):
        return None
    address = email_normalize(value) or ""
    return address if RECIPIENT.fullmatch(address) else None


def format_amount(amount, currency, lang):
    """Return an amount as a language writes it, sign and all.

    Core's own puts the sign where the currency's record has it, in any language.

    :param str currency: the currency's code
    :param str lang: as ``nl_NL``

    >>> format_amount(-1250, 'EUR', 'nl_NL')
    '€\\xa0-1.250,00'
    """
    return format_currency(amount, currency, locale=babel_locale_parse(lang))
