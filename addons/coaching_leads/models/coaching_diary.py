"""What keeps coaches from calling, and when they call: one statement for all."""

from collections import namedtuple
from dataclasses import dataclass, field
from datetime import timedelta

from odoo.tools import SQL
from pytz import timezone, utc

from .coaching_slots import (
    call_starts,
    day_intervals,
    free_intervals,
    plain_intervals,
    within_days,
)

MARGIN = timedelta(days=1)  # a day off is a day of the coach's clock, whichever that is
STEP_MINUTES = 30
# What the statement reads, so that what is not stored yet is stored first.
READ = {
    "res.users": ["active", "partner_id", "out_of_office_from", "out_of_office_to"],
    "res.partner": ["tz"],
    "coaching.coach": [
        "user_id",
        "notice_hours",
        "horizon_days",
        "buffer_minutes",
        "step_minutes",
        "most_per_day",
        "by_video",
    ],
    "coaching.hours": ["coach_id", "weekday", "hour_from", "hour_to"],
    "coaching.day.off": ["coach_id", "date_from", "date_to"],
    "resource.resource": ["user_id"],
    "resource.calendar.leaves": ["resource_id", "time_type", "date_from", "date_to"],
    "calendar.event": [
        "user_id",
        "active",
        "show_as",
        "start",
        "stop",
        "allday",
        "start_date",
        "stop_date",
    ],
    "calendar.attendee": ["event_id", "partner_id", "state"],
    "coaching.call": ["user_id", "state", "start", "event_id"],
}
Settings = namedtuple(
    "Settings",
    "notice_hours horizon_days buffer_minutes step_minutes most_per_day by_video",
    defaults=(0, 0, 0, STEP_MINUTES, 0, 0),
)


@dataclass
class Diary:
    """The calendar of one coach and what they set on their own screen.

    ``hours`` are (weekday, from, to) on the clock of ``tz``; ``off`` and ``whole`` hold
    the first and last date of days off and of busy days; the rest is in UTC.
    """

    tz: str | None = None
    settings: Settings = Settings()
    hours: list = field(default_factory=list)
    off: list = field(default_factory=list)
    whole: list = field(default_factory=list)
    out: list = field(default_factory=list)
    leave: list = field(default_factory=list)
    busy: list = field(default_factory=list)
    calls: list = field(default_factory=list)

    def is_away(self, start, stop):
        """Whether the coach has leave or a day off within these aware moments, or
        says to be out of office then.

        >>> from datetime import date, datetime
        >>> at = lambda day, hour: utc.localize(datetime(2026, 11, day, hour))
        >>> coach = Diary(off=[(date(2026, 11, 24), date(2026, 11, 25))])
        >>> coach.is_away(at(25, 9), at(25, 10)), coach.is_away(at(26, 9), at(26, 9))
        (True, False)
        """
        zone = timezone(self.tz or "UTC")
        first, last = start.astimezone(zone).date(), stop.astimezone(zone).date()
        return any(begin <= last and end >= first for begin, end in self.off) or any(
            begin <= stop and end >= start for begin, end in self.leave + self.out
        )

    def free_starts(self, work, holidays, tz, first, last, length, buffer):
        """When a call may start, aware and in UTC.

        :param work: :class:`Intervals` of the hours, see ``plain_intervals``
        :param set holidays: dates on which nobody calls
        :param tz: pytz time zone of the clock on the coach's wall
        :param datetime first: aware; no call starts before it
        :param datetime last: aware; no call starts after it
        :param timedelta length: of the call
        :param timedelta buffer: free before and after everything busy
        """
        free = self._get_free(work, holidays, tz, buffer)
        step = self.settings.step_minutes or STEP_MINUTES
        starts = call_starts(free, length, first, last, tz, step)
        return within_days(starts, self.calls, self.settings.most_per_day, tz)

    def is_free(self, work, holidays, tz, start, stop):
        """Whether a call fits exactly then, whatever the clock says; see above."""
        free = self._get_free(work, holidays, tz, timedelta())
        fits = any(begin <= start and stop <= end for begin, end, _records in free)
        most = self.settings.most_per_day
        return fits and bool(within_days([start], self.calls, most, tz))

    def _get_free(self, work, holidays, tz, buffer):
        off = set(holidays).union(*(get_days(*period) for period in self.off))
        work -= day_intervals(sorted(off), tz)
        work -= plain_intervals([*self.leave, *self.out])
        whole = set().union(*(get_days(*period) for period in self.whole))
        busy = plain_intervals([*self.busy, *day_intervals(sorted(whole), tz)])
        return free_intervals(work, busy, buffer)


def get_days(first, last):
    """The dates from ``first`` to ``last``, both included.

    >>> from datetime import date
    >>> [day.day for day in get_days(date(2026, 11, 30), date(2026, 12, 1))]
    [30, 1]
    """
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def read_diaries(users, first, last, but=None):
    """What counts between two moments, for all of ``users`` in one query.

    Busy is what the user takes part in and did not decline, and every coaching call
    they own: those stay taken even where a mail scanner declined the invitation.

    :param users: with the right to read calendars, see the callers
    :param datetime first: and ``last``, aware
    :param but: ``calendar.event`` that is about to move, so not in the way
    :return: :class:`Diary` by id of the user
    """
    for model, names in READ.items():
        users.env[model].flush_model(names)
    diaries = {user_id: Diary() for user_id in users.ids}
    if not diaries:
        return diaries
    query = _get_statement(
        tuple(users.ids),
        (first - MARGIN).astimezone(utc).replace(tzinfo=None),
        (last + MARGIN).astimezone(utc).replace(tzinfo=None),
        (but and but.ids) or [],
    )
    for user_id, kind, start, stop, numbers, tz in users.env.execute_query(query):
        diary = diaries[user_id]
        if kind == "coach":
            diary.tz = tz
            if any(number is not None for number in numbers):
                diary.settings = Settings(*(int(number or 0) for number in numbers))
        elif kind == "hours":
            diary.hours.append((int(numbers[0]), *numbers[1:]))
        elif kind in ("off", "whole"):
            getattr(diary, kind).append((start.date(), stop.date()))
        elif kind == "calls":
            diary.calls.append(utc.localize(start))
        else:
            getattr(diary, kind).append((utc.localize(start), utc.localize(stop)))
    return diaries


def _get_statement(user_ids, first, last, but):
    """Rows of (user, kind, start, stop, numbers, time zone)."""
    return SQL(
        """
        WITH coach AS (
            SELECT users.id, users.partner_id, partner.tz, settings.id AS settings_id,
                   users.out_of_office_from AS out_from,
                   users.out_of_office_to AS out_to,
                   ARRAY[
                       settings.notice_hours, settings.horizon_days,
                       settings.buffer_minutes, settings.step_minutes,
                       settings.most_per_day, settings.by_video::int
                   ]::float[] AS numbers
              FROM res_users users
              JOIN res_partner partner ON partner.id = users.partner_id
              LEFT JOIN coaching_coach settings ON settings.user_id = users.id
             WHERE users.id IN %(users)s
        ), event AS (
            SELECT id, user_id, allday, start, stop, start_date, stop_date
              FROM calendar_event
             WHERE active AND show_as = 'busy' AND id != ALL(%(but)s)
               AND start < %(last)s AND stop > %(first)s
        ), busy AS (
            SELECT coach.id AS coach_id, event.*
              FROM event
              JOIN calendar_attendee attendee ON attendee.event_id = event.id
               AND attendee.state IS DISTINCT FROM 'declined'
              JOIN coach ON coach.partner_id = attendee.partner_id
             UNION
            SELECT coach.id, event.*
              FROM event
              JOIN coach ON coach.id = event.user_id
              JOIN coaching_call call ON call.event_id = event.id
        )
        SELECT id, 'coach', NULL::timestamp, NULL::timestamp, numbers, tz FROM coach
         UNION ALL
        SELECT id, 'out', out_from, COALESCE(out_to, %(last)s), NULL, NULL
          FROM coach
         WHERE out_from < %(last)s AND (out_to IS NULL OR out_to > %(first)s)
         UNION ALL
        SELECT coach.id, 'hours', NULL, NULL,
               ARRAY[hours.weekday::int, hours.hour_from, hours.hour_to]::float[], NULL
          FROM coach JOIN coaching_hours hours ON hours.coach_id = coach.settings_id
         UNION ALL
        SELECT coach.id, 'off', off.date_from, off.date_to, NULL, NULL
          FROM coach JOIN coaching_day_off off ON off.coach_id = coach.settings_id
         WHERE off.date_from < %(last)s AND off.date_to > %(first)s
         UNION ALL
        SELECT coach.id, 'leave', leave.date_from, leave.date_to, NULL, NULL
          FROM coach
          JOIN resource_resource resource ON resource.user_id = coach.id
          JOIN resource_calendar_leaves leave ON leave.resource_id = resource.id
         WHERE leave.time_type = 'leave'
           AND leave.date_from < %(last)s AND leave.date_to > %(first)s
         UNION ALL
        SELECT coach_id, 'busy', start, stop, NULL, NULL FROM busy
         WHERE allday IS NOT TRUE
         UNION ALL
        SELECT coach_id, 'whole', start_date, stop_date, NULL, NULL
          FROM busy WHERE allday
         UNION ALL
        SELECT coach.id, 'calls', call.start, NULL, NULL, NULL
          FROM coach JOIN coaching_call call ON call.user_id = coach.id
         WHERE call.state IN ('planned', 'held')
           AND (call.event_id IS NULL OR call.event_id != ALL(%(but)s))
           AND call.start >= %(first)s AND call.start < %(last)s
        """,
        users=user_ids,
        first=first,
        last=last,
        but=but,
    )
