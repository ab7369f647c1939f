"""Days as people read them in their language, without the year."""

import re

from babel.dates import format_date, get_date_format
from odoo import fields
from odoo.tools import babel_locale_parse, format_time
from odoo.tools.misc import get_lang

# The year of a pattern, with the comma or words that tie it to the day.
YEAR = re.compile(r"^y+[^MEd']*|(?:[,\s]|'[^']*')*\by+\b[^MEd]*$")


def format_day(env, day, short=False):
    """A day of the week with its date, in the order that the reader's language has.

    :param date day: or a datetime on the reader's clock
    :param bool short: as in *Tue, Nov 24* instead of *Tuesday, November 24*
    """
    locale = babel_locale_parse(get_lang(env).code)
    return format_date(day, get_pattern(locale, short), locale=locale)


def format_moment(record, start, short=False):
    """Day and time of ``start`` on the clock of who reads.

    :param record: of any model, for language and time zone
    :param datetime start: naive, in UTC
    """
    env = record.env
    local = fields.Datetime.context_timestamp(record, start)
    time = format_time(env, start, tz=str(local.tzinfo), time_format="short")
    return f"{format_day(env, local, short)} {time}"


def get_pattern(locale, short=False):
    """The pattern of a day without its year.

    >>> [get_pattern(code) for code in ("en_US", "nl_NL", "es_ES", "ja_JP")]
    ['EEEE, MMMM d', 'EEEE d MMMM', "EEEE, d 'de' MMMM", 'M月d日EEEE']
    >>> get_pattern("en_US", short=True)
    'EEE, MMM d'
    """
    pattern = YEAR.sub("", get_date_format("full", locale).pattern)
    if short:
        pattern = pattern.replace("EEEE", "EEE").replace("MMMM", "MMM")
    return pattern
