"""When a calendar is open, as instants in UTC; plain Python, without the ORM."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

import pytz
from odoo.tools.intervals import Intervals

WEEK = 7
SLOTS = 2 * WEEK
"""Days of the two weeks a calendar may alternate between, each a pair of hours or
``None``."""


def get_slot(day: date) -> int:
    """Return which of the 14 days this is, as Odoo alternates weeks.

    >>> get_slot(date(2026, 11, 23)), get_slot(date(2026, 11, 29))
    (0, 6)
    >>> get_slot(date(2026, 11, 30))
    7
    """
    week = (day.toordinal() - 1) // WEEK % 2
    return WEEK * week + day.weekday()


@lru_cache(maxsize=128)
def get_open_times(
    zone: str,
    slots: tuple[tuple[float, float] | None, ...],
    leaves: tuple[tuple[datetime, datetime], ...],
    first: date,
    last: date,
) -> tuple[list[datetime], list[datetime]]:
    """Return when it opens and when it closes, in UTC and in order.

    A day is open from its first to its last hour: core's
    ``_attendance_intervals_batch`` takes the breaks out, which are not after hours.

    :param zone: the time zone of the hours
    :param slots: the first and last hour of each of 14 days, ``None`` when closed
    :param leaves: days off, in UTC
    :param first: the first day
    :param last: the last day

    Nine o'clock in Amsterdam is at 8 in winter and at 7 in summer:

    >>> week = ((9.0, 17.5),) * 5 + (None, None)
    >>> opens, closes = get_open_times(
    ...     "Europe/Amsterdam", week * 2, (), date(2026, 3, 27), date(2026, 3, 30))
    >>> [str(moment) for moment in opens]
    ['2026-03-27 08:00:00', '2026-03-30 07:00:00']
    >>> [str(moment) for moment in closes]
    ['2026-03-27 16:30:00', '2026-03-30 15:30:00']
    """
    timezone = pytz.timezone(zone)

    def to_utc(day, hours):
        local = datetime.combine(day, time.min) + timedelta(hours=hours)
        return timezone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)

    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    hours = ((day, slots[get_slot(day)]) for day in days)
    work = Intervals(
        (to_utc(day, slot[0]), to_utc(day, slot[1]), frozenset())
        for day, slot in hours
        if slot
    )
    work -= Intervals((start, stop, frozenset()) for start, stop in leaves)
    return [start for start, _, _ in work], [stop for _, stop, _ in work]
