from datetime import datetime, time, timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from pytz import timezone, utc

from .coaching_slots import (
    call_starts,
    day_intervals,
    free_intervals,
    plain_intervals,
    weekly_intervals,
    within_days,
)

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

    def _coaching_call_starts(self, company, first, last, length, buffer, but=None):
        """Return when this user is free to call, as aware datetimes in UTC.

        Free is what is left of the hours, without leave, days off and public
        holidays, when the busy calendar events and the buffer around them are gone.

        :param company: whose working hours count for a user who has none
        :param datetime first: aware; no call starts before it
        :param datetime last: aware; no call starts after it
        :param timedelta length: of the call
        :param timedelta buffer: free before and after every other event
        :param but: ``calendar.event`` that is about to move, so not in the way
        """
        self.ensure_one()
        # sudo: a visitor or colleague who picks a slot may not read the calendar it
        # comes from; nothing but free moments leaves this method
        user = self.sudo()
        tz = user._coaching_clock(company)
        until = last + length
        work = user._coaching_hours(company, tz, first, until)
        work -= user._coaching_days_off(company, tz, first, until)
        busy = user._coaching_busy_intervals(tz, first - buffer, until + buffer, but)
        starts = call_starts(
            free_intervals(work, busy, buffer), length, first, last, tz
        )
        most = user.coaching_coach_ids.most_per_day
        taken = user._coaching_taken(first, until, but) if most and starts else ()
        return within_days(starts, taken, most, tz)

    def _coaching_clock(self, company):
        """The clock on this user's wall: hours on our own screen go by the user's."""
        if self.coaching_coach_ids.hour_ids:
            return timezone(self.tz or company.resource_calendar_id.tz or "UTC")
        calendar = self._coaching_work_calendar(company)
        return timezone(calendar.tz or self.tz or "UTC")

    def _coaching_hours(self, company, tz, first, last):
        """Return the hours of the coach's own screen; without them the working
        schedule's, less leave; without any, nine to five."""
        days = _dates(first, last, tz)
        if own := self.coaching_coach_ids.hour_ids:
            hours = [(int(day.weekday), day.hour_from, day.hour_to) for day in own]
            leave = self._coaching_leave_intervals(first, last)
            return weekly_intervals(hours, days, tz) - leave
        calendar = self._coaching_work_calendar(company)
        if not calendar:
            return weekly_intervals(OFFICE_HOURS, days, tz)
        resource = self._coaching_resource(company)
        # without a resource core would also subtract other companies' holidays
        leaves = [
            ("time_type", "=", "leave"),
            ("company_id", "in", [False, company.id]),
        ]
        if resource.calendar_id != calendar:
            # core answers for a flexible resource with nights and weekends
            work = calendar._work_intervals_batch(first, last, domain=leaves)[False]
            return plain_intervals(work) - self._coaching_leave_intervals(first, last)
        work = calendar._work_intervals_batch(first, last, resource, leaves)
        return plain_intervals(work[resource.id])

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

    def _coaching_leave_intervals(self, first, last):
        """The leave in the user's own name."""
        leaves = self.env["resource.calendar.leaves"].search(
            [
                ("resource_id.user_id", "=", self.id),
                ("time_type", "=", "leave"),
                ("date_from", "<", last.astimezone(utc).replace(tzinfo=None)),
                ("date_to", ">", first.astimezone(utc).replace(tzinfo=None)),
            ]
        )
        return plain_intervals(
            (utc.localize(leave.date_from), utc.localize(leave.date_to))
            for leave in leaves
        )

    def _coaching_days_off(self, company, tz, first, last):
        """The coach's own days off and the public holidays of the company's country."""
        days = _dates(first, last, tz)
        off = company._coaching_holidays(days[0], days[-1])
        for period in self.coaching_coach_ids.day_off_ids:
            off |= {day for day in days if period.date_from <= day <= period.date_to}
        return day_intervals(sorted(off), tz)

    def _coaching_taken(self, first, last, but):
        """When the user's other planned calls start, on whole days."""
        day = timedelta(days=1)
        calls = self.env["coaching.call"].search(
            [
                ("user_id", "=", self.id),
                ("state", "in", ("planned", "held")),
                ("start", ">=", (first - day).astimezone(utc).replace(tzinfo=None)),
                ("start", "<", (last + day).astimezone(utc).replace(tzinfo=None)),
            ]
        )
        if but:
            calls = calls.filtered(lambda call: call.event_id != but)
        return [utc.localize(call.start) for call in calls]

    def _coaching_busy_intervals(self, tz, first, last, but=None):
        """Return when calendar events keep the user from calling.

        All-day events are stored as eight to six: they last from midnight to midnight
        on the clock of ``tz``.
        """
        margin = timedelta(days=1)
        events = self.env["calendar.event"].search(
            self._coaching_busy_domain()
            & Domain("start", "<", (last + margin).astimezone(utc).replace(tzinfo=None))
            & Domain("stop", ">", (first - margin).astimezone(utc).replace(tzinfo=None))
        )
        events -= but or events.browse()
        return plain_intervals(self._coaching_event_span(ev, tz) for ev in events)

    def _coaching_busy_domain(self):
        """Match what the user takes part in, and every coaching call they own: those
        stay taken even where a mail scanner declined the invitation."""
        attends = Domain("partner_id", "=", self.partner_id.id) & Domain(
            "state", "!=", "declined"
        )
        owns = Domain("user_id", "=", self.id) & Domain(
            "coaching_call_ids", "!=", False
        )
        return Domain("show_as", "=", "busy") & (
            Domain("attendee_ids", "any", attends) | owns
        )

    @staticmethod
    def _coaching_event_span(event, tz):
        if not event.allday:
            return utc.localize(event.start), utc.localize(event.stop)
        first = datetime.combine(event.start_date, time.min)
        after = datetime.combine(event.stop_date + timedelta(days=1), time.min)
        return tz.localize(first), tz.localize(after)

    # -- away -------------------------------------------------------------------------

    def _coaching_is_away(self, start, stop):
        """Tell whether the user has leave or a day off at that time, or says now to be
        out of office.

        :param datetime start: and ``stop``, naive and in UTC
        """
        self.ensure_one()
        user = self.sudo()  # sudo: visitors are handed to who is there
        out_from, out_to = user.out_of_office_from, user.out_of_office_to
        if out_from and out_from <= stop and (not out_to or out_to >= start):
            return True
        zone = timezone(user.tz or "UTC")
        days = _dates(utc.localize(start), utc.localize(stop), zone)
        for off in user.coaching_coach_ids.day_off_ids:
            if off.date_from <= days[-1] and off.date_to >= days[0]:
                return True
        return bool(
            self.env["resource.calendar.leaves"]
            .sudo()  # sudo: as above
            .search_count(
                [
                    ("resource_id.user_id", "=", user.id),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", stop),
                    ("date_to", ">=", start),
                ],
                limit=1,
            )
        )

    # -- planning at the same time ----------------------------------------------------

    def _coaching_lock_calendar(self):
        """Let one transaction at a time plan calls for this user.

        A row that is only locked does not help: in ``REPEATABLE READ`` who waited for
        it goes on with the old snapshot and books the same slot. A new version of the
        row makes the second one fail with a serialization error; Odoo then runs it
        again, and the slot is seen to be taken.
        """
        self.ensure_one()
        self.env.execute_query(
            SQL(
                "UPDATE res_users SET write_date = write_date WHERE id = %s"
                " RETURNING id",
                self.id,
            )
        )

    def _coaching_now(self):
        """Return this moment, aware and to the minute."""
        return utc.localize(fields.Datetime.now().replace(second=0))


def _dates(first, last, tz):
    """The days between two aware moments on the clock of ``tz``."""
    day, end = first.astimezone(tz).date(), last.astimezone(tz).date()
    return [day + timedelta(days=n) for n in range((end - day).days + 1)]
