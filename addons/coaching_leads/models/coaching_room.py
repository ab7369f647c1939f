from datetime import timedelta

from odoo import api, fields, models
from pytz import utc

from .coaching_diary import get_days, read_diaries
from .coaching_slots import day_intervals, plain_intervals

DAYS = 7
CALL_MINUTES = 45
"""How long a call lasts where no track says it."""


class CoachingLeadRoom(models.AbstractModel):
    """The room for calls in the week to come, beside those who wait for one."""

    _name = "coaching.lead.room"
    _description = "Room for Coaching Calls"

    @api.model
    def coaching_get_room(self):
        """Return the room for calls in the coming seven days.

        That is what is left of the hours of all coaches, without leave, days off and
        public holidays, when the calls that are planned are taken off.

        :return: dict of ``hours`` that are left, ``calls`` that fit in them,
            ``waiting``, the requests without a call, and ``text``, all of it in words
        :raises AccessError: for who may not read leads
        """
        self.browse().check_access("read")
        now = utc.localize(fields.Datetime.now())
        until = now + timedelta(days=DAYS)
        tracks = self.env["coaching.track"].search([("active", "=", True)])
        minutes = max(tracks.mapped("call_minutes"), default=0) or CALL_MINUTES
        coaches = self._coaching_get_coaches(tracks)
        hours = max(self._coaching_sum_hours(coaches, now, until), 0)
        waiting = self.search_count(
            [
                ("coaching_session_state", "=", "requested"),
                ("won_status", "=", "pending"),
            ]
        )
        calls = int(hours * 60 / minutes)
        return {
            "hours": hours,
            "calls": calls,
            "waiting": waiting,
            "text": self.env._(
                "Room in the coming seven days for %(calls)s calls of %(minutes)s "
                "minutes. Requests waiting for one: %(waiting)s.",
                calls=calls,
                minutes=minutes,
                waiting=waiting,
            ),
        }

    @api.model
    def _coaching_get_coaches(self, tracks):
        """Return who calls for these tracks, in the company that is on."""
        return (tracks.user_ids | tracks.user_id).filtered(
            lambda user: user.active and self.env.company in user.company_ids
        )

    @api.model
    def _coaching_sum_hours(self, coaches, first, last):
        """Return the coaches' hours between two aware moments, less planned calls."""
        # sudo: colleagues' hours and leave; nothing but their sum leaves this method
        coaches, company = coaches.sudo(), self.env.company
        diaries = read_diaries(coaches, first, last)
        holidays = company._coaching_holidays(first.date(), last.date())
        total = timedelta()
        for coach, (tz, work) in coaches._coaching_work(
            company, diaries, first, last
        ).items():
            diary = diaries[coach.id]
            off = set(holidays).union(*(get_days(*period) for period in diary.off))
            work = work & plain_intervals([(first, last)])
            work -= day_intervals(sorted(off), tz)
            work -= plain_intervals([*diary.leave, *diary.out])
            total += sum((stop - start for start, stop, _r in work), timedelta())
        planned = coaches.env["coaching.call"].search(
            [
                ("user_id", "in", coaches.ids),
                ("state", "=", "planned"),
                ("start", ">=", first.replace(tzinfo=None)),
                ("start", "<", last.replace(tzinfo=None)),
            ]
        )
        return total.total_seconds() / 3600 - sum(planned.mapped("minutes")) / 60
