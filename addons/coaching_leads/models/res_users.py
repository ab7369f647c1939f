from datetime import datetime, time, timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from pytz import timezone, utc

from .coaching_slots import call_starts, free_intervals, plain_intervals


class ResUsers(models.Model):
    _inherit = "res.users"

    def _coaching_call_starts(self, company, first, last, length, buffer, but=None):
        """Return when this user is free to call, as aware datetimes in UTC.

        Free is what is left of the working hours, without leaves and public
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
        calendar = user._coaching_work_calendar(company)
        tz = timezone(calendar.tz or user.tz or "UTC")
        until = last + length
        work = user._coaching_work_intervals(calendar, company, first, until)
        busy = user._coaching_busy_intervals(tz, first - buffer, until + buffer, but)
        return call_starts(free_intervals(work, busy, buffer), length, first, last, tz)

    def _coaching_work_calendar(self, company):
        resource = self.resource_ids.filtered(lambda r: r.company_id == company)[:1]
        return resource.calendar_id or company.resource_calendar_id

    def _coaching_work_intervals(self, calendar, company, first, last):
        """Return the working hours less leaves, of the user's resource if any."""
        resource = self.resource_ids.filtered(lambda r: r.company_id == company)[:1]
        # without a resource core would also subtract other companies' holidays
        leaves = [
            ("time_type", "=", "leave"),
            ("company_id", "in", [False, company.id]),
        ]
        work = calendar._work_intervals_batch(first, last, resource, leaves)
        return plain_intervals(work[resource.id])

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
            "coaching_lead_ids", "!=", False
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
