from collections import defaultdict
from datetime import timedelta
from itertools import chain

from odoo import api, fields, models
from odoo.tools import SQL
from pytz import timezone, utc

from .coaching_diary import MARGIN, get_days, read_diaries
from .coaching_slots import plain_intervals, weekly_intervals

OFFICE_HOURS = [(day, 9.0, 17.0) for day in range(5)]


class ResUsers(models.Model):
    """A coach: when free to call, when away, and whether mailed about requests."""

    _inherit = "res.users"

    coaching_coach_ids = fields.One2many(
        comodel_name="coaching.coach",
        inverse_name="user_id",
        groups="sales_team.group_sale_salesman",
    )
    coaching_mail_requests = fields.Boolean(
        string="Mail Me Each Coaching Request",
        default=True,
        help="At once, with number, track and wish; not while you are away.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "coaching_mail_requests"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "coaching_mail_requests"]

    def write(self, vals):
        leaving = self.filtered("active") if vals.get("active") is False else self[:0]
        result = super().write(vals)
        # sudo: who archives users need not have access to leads
        for user in leaving.sudo():
            self.env["crm.lead"].sudo()._coaching_coach_left(user)
        return result

    # -- free times -------------------------------------------------------------------

    def _coaching_free_starts(
        self, company, track, for_visitor=True, but=None, only_there=False
    ):
        """Return when each of these users is free to call, aware and in UTC.

        Free is what is left of the hours, without leave, days off and public
        holidays, when the busy calendar events and the buffer around them are gone.
        Of the track's and the coach's own notice, horizon and buffer the stricter one
        holds. The number of queries does not depend on the number of users.

        :param company: whose working hours count for a user who has none
        :param track: ``coaching.track`` with length, notice, horizon and buffer
        :param bool for_visitor: keep the notice; colleagues may plan at once
        :param but: ``calendar.event`` that is about to move, so not in the way
        :param bool only_there: leave out who is away now
        :return: list of moments by user
        """
        # sudo: a visitor or colleague who picks a slot may not read the calendar it
        # comes from; nothing but free moments leaves this method
        users, track = self.sudo(), track.sudo()
        now = self._coaching_now()
        length = timedelta(minutes=track.call_minutes or 45)
        until = now + timedelta(days=track.horizon_days) + length
        diaries = read_diaries(users, now, until, but)
        if only_there:
            users = users.filtered(lambda user: not diaries[user.id].is_away(now, now))
        work = users._coaching_work(company, diaries, now, until)
        # one query for the company's country and the names that pages show
        (users.partner_id | company.sudo().partner_id).fetch(["country_id", "name"])
        holidays = company._coaching_holidays(
            now.date() - MARGIN, until.date() + MARGIN
        )
        found = {}
        for user in users:
            diary, (tz, hours) = diaries[user.id], work[user]
            ours = diary.settings
            notice = max(track.notice_hours, ours.notice_hours) if for_visitor else 0
            days = (track.horizon_days, ours.horizon_days)
            last = now + timedelta(days=min(filter(None, days), default=0))
            buffer = max(track.buffer_minutes, ours.buffer_minutes)
            found[user] = diary.free_starts(
                hours,
                holidays,
                tz,
                first=now + timedelta(hours=notice),
                last=last,
                length=length,
                buffer=timedelta(minutes=buffer),
            )
        return found

    def _coaching_free_at(self, company, start, stop, but=None):
        """Return who of these users can make a call at exactly that time.

        :param datetime start: and ``stop``, aware
        :param but: ``calendar.event`` that is about to move, so not in the way
        """
        users = self.sudo()  # sudo: as above
        diaries = read_diaries(users, start, stop, but)
        work = users._coaching_work(company, diaries, start, stop)
        day = (start - MARGIN).date(), (stop + MARGIN).date()
        holidays = company._coaching_holidays(*day)
        return self.filtered(
            lambda user: diaries[user.id].is_free(
                work[user][1], holidays, work[user][0], start, stop
            )
        )

    def _coaching_work(self, company, diaries, first, last):
        """Return the clock and the hours of each user: of their own screen; without
        them the working schedule's, less its leave; without any, nine to five."""
        found, scheduled = {}, defaultdict(self.browse)
        for user in self:
            diary = diaries[user.id]
            if not diary.hours:
                scheduled[user._coaching_work_calendar(company)] |= user
                continue
            tz = timezone(diary.tz or company.resource_calendar_id.tz or "UTC")
            days = _dates(first, last, tz)
            found[user] = tz, weekly_intervals(diary.hours, days, tz)
        for calendar, users in scheduled.items():
            found |= users._coaching_scheduled(company, calendar, diaries, first, last)
        return found

    def _coaching_scheduled(self, company, calendar, diaries, first, last):
        """The clock and the hours of who works by ``calendar``, which may be none."""
        if not calendar:
            zones = {user: timezone(diaries[user.id].tz or "UTC") for user in self}
            return {
                user: (tz, weekly_intervals(OFFICE_HOURS, _dates(first, last, tz), tz))
                for user, tz in zones.items()
            }
        # without a resource core would also subtract other companies' holidays, and
        # it answers for a flexible resource with nights and weekends
        theirs = {user: user._coaching_resource(company) for user in self}
        resources = self.resource_ids.browse().union(*theirs.values())
        work = calendar._work_intervals_batch(
            first,
            last,
            resources.filtered(lambda resource: resource.calendar_id == calendar),
            [("time_type", "=", "leave"), ("company_id", "in", [False, company.id])],
        )
        tz = timezone(calendar.tz or "UTC")
        return {
            user: (tz, plain_intervals(work.get(resource.id, work[False])))
            for user, resource in theirs.items()
        }

    def _coaching_resource(self, company):
        return self.resource_ids.filtered(lambda r: r.company_id == company)[:1]

    def _coaching_work_calendar(self, company):
        """The user's working schedule; the company's instead of a flexible or missing
        one, and none where that has no hours either."""
        own = self._coaching_resource(company).calendar_id
        for calendar in (own, company.resource_calendar_id):
            if calendar.attendance_ids and not calendar.flexible_hours:
                return calendar
        return own.browse()

    # -- away -------------------------------------------------------------------------

    def _coaching_is_away(self, start, stop):
        """Tell whether the user has leave or a day off at that time, or says now to be
        out of office.

        :param datetime start: and ``stop``, naive and in UTC
        """
        self.ensure_one()
        return bool(self._coaching_who_is_away({self: [(start, stop)]}))

    @api.model
    def _coaching_who_is_away(self, asked):
        """Return which of the moments asked for the users are not there.

        :param dict asked: list of (start, stop), naive and in UTC, by user
        :return: set of (user, (start, stop)), in one query
        """
        if not asked:
            return set()
        users = self.browse(user.id for user in asked)
        moments = [utc.localize(at) for times in asked.values() for at in chain(*times)]
        # sudo: visitors are handed to who is there; leave is for no colleague to read
        diaries = read_diaries(users.sudo(), min(moments), max(moments))
        return {
            (user, (start, stop))
            for user, times in asked.items()
            for start, stop in times
            if diaries[user.id].is_away(utc.localize(start), utc.localize(stop))
        }

    # -- planning at the same time ----------------------------------------------------

    def _coaching_lock_calendar(self):
        """Let one transaction at a time plan calls for this user.

        A row that is only locked does not help: in ``REPEATABLE READ`` who waited for
        it goes on with the old snapshot and books the same slot. A new version of the
        row makes the second one fail with a serialization error; Odoo then runs it
        again, and the slot is seen to be taken.
        """
        self.ensure_one()
        # Losing against a booking at the same moment is expected: not an error to log.
        self.env.cr.execute(
            SQL("UPDATE res_users SET write_date = write_date WHERE id = %s", self.id),
            log_exceptions=False,
        )

    def _coaching_now(self):
        """Return this moment, aware and to the minute."""
        return utc.localize(fields.Datetime.now().replace(second=0))


def _dates(first, last, tz):
    """The days between two aware moments on the clock of ``tz``."""
    return get_days(first.astimezone(tz).date(), last.astimezone(tz).date())
