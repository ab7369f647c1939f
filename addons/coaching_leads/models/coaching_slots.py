"""When a call can start: pure functions on aware datetimes, no database.

Everything is computed in UTC and only aligned on the wall clock, so that the days on
which the clocks change need no care of their own.
"""

from datetime import timedelta

from odoo.tools.intervals import Intervals
from pytz import utc

STEP_MINUTES = 30


def plain_intervals(intervals):
    """Return ``intervals`` in UTC, joined where they touch.

    :param intervals: iterable of ``(start, stop, …)`` with aware datetimes

    >>> from datetime import datetime
    >>> day = [datetime(2026, 11, 24, hour, tzinfo=utc) for hour in (9, 12, 17)]
    >>> joined = plain_intervals([(day[0], day[1], "am"), (day[1], day[2], "pm")])
    >>> [(start.hour, stop.hour) for start, stop, _records in joined]
    [(9, 17)]
    """
    return Intervals(
        (start.astimezone(utc), stop.astimezone(utc), set())
        for start, stop, *_rest in intervals
    )


def free_intervals(work, busy, buffer):
    """Return what is left of ``work`` when nothing comes near what is ``busy``.

    :param work: :class:`Intervals` of :func:`plain_intervals`
    :param busy: the same, of what is already taken
    :param timedelta buffer: stays free before and after everything busy

    >>> from datetime import datetime
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


def call_starts(free, length, first, last, tz):
    """Return the moments, in UTC, at which a call may start.

    Calls start on the half hours of the clock on the owner's wall.

    :param free: :class:`Intervals` of :func:`free_intervals`
    :param timedelta length: of the call, which has to fit in whole
    :param datetime first: no call starts before it
    :param datetime last: no call starts after it
    :param tz: pytz time zone of that clock

    >>> from datetime import datetime
    >>> hour = lambda hour: datetime(2026, 11, 24, hour, tzinfo=utc)
    >>> free = plain_intervals([(hour(9), hour(11))])
    >>> starts = call_starts(free, timedelta(minutes=45), hour(9), hour(23), utc)
    >>> [f"{start:%H:%M}" for start in starts]
    ['09:00', '09:30', '10:00']
    """
    step = timedelta(minutes=STEP_MINUTES)
    starts = []
    for start, stop, _records in free:
        moment = _next_on_the_clock(max(start, first), tz)
        while moment + length <= stop and moment <= last:
            starts.append(moment)
            moment += step
    return starts


def _next_on_the_clock(moment, tz):
    """Return ``moment``, or the next half hour on the clock of ``tz``, in UTC.

    >>> from datetime import datetime
    >>> from pytz import timezone
    >>> moment = datetime(2026, 11, 24, 9, 1, tzinfo=utc)
    >>> f"{_next_on_the_clock(moment, timezone('Asia/Kathmandu')):%H:%M}"
    '09:15'
    """
    local = moment.astimezone(tz)
    past = timedelta(
        minutes=local.minute % STEP_MINUTES,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    ahead = timedelta(minutes=STEP_MINUTES) - past if past else timedelta()
    return (moment + ahead).astimezone(utc)
