"""When a call can start: pure functions on aware datetimes, no database.

Everything is computed in UTC and only aligned on the wall clock, so that the days on
which the clocks change need no care of their own.
"""

from collections import Counter
from datetime import datetime, time, timedelta

from odoo.tools.intervals import Intervals
from pytz import utc

MINUTE = timedelta(minutes=1)


def plain_intervals(intervals):
    """Return ``intervals`` in UTC, joined where they touch.

    :param intervals: iterable of ``(start, stop, …)`` with aware datetimes

    >>> day = [datetime(2026, 11, 24, hour, tzinfo=utc) for hour in (9, 12, 17)]
    >>> joined = plain_intervals([(day[0], day[1], "am"), (day[1], day[2], "pm")])
    >>> [(start.hour, stop.hour) for start, stop, _records in joined]
    [(9, 17)]
    """
    return Intervals(
        (start.astimezone(utc), stop.astimezone(utc), set())
        for start, stop, *_rest in intervals
    )


def weekly_intervals(hours, days, tz):
    """Return the hours of a week on each of ``days``, in UTC.

    :param hours: (weekday, from, to), Monday is 0, on the clock: 19.5 is half past
        seven in the evening and 24 is midnight
    :param days: dates
    :param tz: pytz time zone of that clock

    >>> from datetime import date
    >>> from pytz import timezone
    >>> tuesday = [date(2026, 11, 24)]
    >>> evening = weekly_intervals([(1, 19.5, 24.0)], tuesday, timezone("Asia/Tokyo"))
    >>> [(f"{start:%d %H:%M}", f"{stop:%d %H:%M}") for start, stop, _x in evening]
    [('24 10:30', '24 15:00')]
    """
    return plain_intervals(
        (_on_clock(day, start, tz), _on_clock(day, stop, tz))
        for day in days
        for weekday, start, stop in hours
        if day.weekday() == weekday
    )


def day_intervals(days, tz):
    """Return ``days`` from midnight to midnight on the clock of ``tz``, in UTC."""
    return plain_intervals(
        (_on_clock(day, 0, tz), _on_clock(day, 24, tz)) for day in days
    )


def _on_clock(day, hours, tz):
    minutes = round(hours * 60)
    day += timedelta(days=minutes // 1440)
    clock = time(minutes % 1440 // 60, minutes % 60)
    return tz.localize(datetime.combine(day, clock))


def within_days(starts, taken, most, tz):
    """Return the ``starts`` on days that have less than ``most`` calls already.

    :param taken: aware starts of the calls that are planned
    :param int most: calls on a day of the clock of ``tz``; 0 is no limit

    >>> hour = lambda day: datetime(2026, 11, day, 9, tzinfo=utc)
    >>> [start.day for start in within_days([hour(24), hour(25)], [hour(24)], 1, utc)]
    [25]
    """
    if not most:
        return starts
    days = Counter(start.astimezone(tz).date() for start in taken)
    return [start for start in starts if days[start.astimezone(tz).date()] < most]


def free_intervals(work, busy, buffer):
    """Return what is left of ``work`` when nothing comes near what is ``busy``.

    :param work: :class:`Intervals` of :func:`plain_intervals`
    :param busy: the same, of what is already taken
    :param timedelta buffer: stays free before and after everything busy

    >>> hour = lambda hour: datetime(2026, 11, 24, hour, tzinfo=utc)
    >>> work = plain_intervals([(hour(9), hour(17))])
    >>> busy = plain_intervals([(hour(11), hour(12))])
    >>> free = free_intervals(work, busy, timedelta(minutes=15))
    >>> [(f"{start:%H:%M}", f"{stop:%H:%M}") for start, stop, _records in free]
    [('09:00', '10:45'), ('12:15', '17:00')]
    """
    return work - Intervals(
        (start - buffer, stop + buffer, set()) for start, stop, _records in busy
    )


def call_starts(free, length, first, last, tz, step):
    """Return the moments, in UTC, at which a call may start.

    Calls start on the clock on the owner's wall, as on the half hours.

    :param free: :class:`Intervals` of :func:`free_intervals`
    :param timedelta length: of the call, which has to fit in whole
    :param datetime first: no call starts before it
    :param datetime last: no call starts after it
    :param tz: pytz time zone of that clock
    :param int step: minutes from one start to the next, counted from midnight

    >>> hour = lambda hour: datetime(2026, 11, 24, hour, tzinfo=utc)
    >>> free = plain_intervals([(hour(9), hour(11))])
    >>> starts = call_starts(free, timedelta(minutes=45), hour(9), hour(23), utc, 30)
    >>> [f"{start:%H:%M}" for start in starts]
    ['09:00', '09:30', '10:00']
    """
    starts = []
    for start, stop, _records in free:
        moment = next_on_the_clock(max(start, first), tz, step)
        while moment + length <= stop and moment <= last:
            starts.append(moment)
            moment = next_on_the_clock(moment + MINUTE, tz, step)
    return starts


def next_on_the_clock(moment, tz, step):
    """Return ``moment``, or the next start on the clock of ``tz``, in UTC.

    >>> from pytz import timezone
    >>> moment = datetime(2026, 11, 24, 9, 1, tzinfo=utc)
    >>> f"{next_on_the_clock(moment, timezone('Asia/Kathmandu'), 30):%H:%M}"
    '09:15'
    >>> f"{next_on_the_clock(moment, utc, 90):%H:%M}"
    '10:30'
    """
    local = moment.astimezone(tz)
    past = timedelta(
        minutes=(60 * local.hour + local.minute) % step,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    ahead = timedelta(minutes=step) - past if past else timedelta()
    return (moment + ahead).astimezone(utc)
