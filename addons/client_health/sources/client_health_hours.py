from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.period import get_day
from ..engine.working_hours import SLOTS, WEEK, get_open_times


class ClientHealthHours(models.AbstractModel):
    """What is after hours, by the calendars of companies and teams.

    A working day lasts from its first to its last hour of work, breaks included.
    Days off of a whole company count as closed. A calendar without fixed hours is
    never closed.
    """

    _name = "client.health.hours"
    _description = "Working Hours for Client Health"

    @api.model
    def _get_after_hours_sql(self, periods):
        """Return whether ``message.date`` is after hours for ``ticket``.

        A team's own calendar goes before the company's, where a helpdesk addon gives
        teams one.

        The hours are constants of the query: ``width_bucket`` finds the last time it
        opened before the message, which came too late when it had closed since.

        :param list periods: the periods the messages are from
        """
        if not periods:
            return SQL("FALSE")
        first = min(period.window_start for period in periods)
        last = max(period.today for period in periods)
        cases = [
            SQL(
                "WHEN %s THEN (message.date < (%s::timestamp[])[width_bucket("
                "message.date, %s::timestamp[])]) IS NOT TRUE",
                calendar.id,
                self._get_literal(closes),
                self._get_literal(opens),
            )
            for calendar, opens, closes in self._get_open_times(periods, first, last)
        ]
        if not cases:
            return SQL("FALSE")
        calendar_id = SQL("period.calendar_id")
        if self._have_teams_calendars():
            calendar_id = SQL("COALESCE(team.resource_calendar_id, period.calendar_id)")
        return SQL("CASE %s %s ELSE FALSE END", calendar_id, SQL(" ").join(cases))

    @api.model
    def _get_day_off_sql(self, periods, day):
        """Return whether a date is a day without working hours in ``period``.

        :param list periods: the periods the dates are from
        :param SQL day: the date
        """
        if not periods:
            return SQL("FALSE")
        first = min(period.window_start for period in periods)
        last = max(period.today for period in periods)
        used = {period.calendar_id for period in periods}
        cases = []
        for calendar, opens, _closes in self._get_open_times(periods, first, last):
            if calendar.id in used:
                days = {get_day(moment, calendar.tz or "UTC") for moment in opens}
                literal = self._get_literal(sorted(days))
                cases.append(
                    SQL("WHEN %s THEN %s <> ALL(%s::date[])", calendar.id, day, literal)
                )
        if not cases:
            return SQL("FALSE")
        return SQL("CASE period.calendar_id %s ELSE FALSE END", SQL(" ").join(cases))

    @api.model
    def _have_teams_calendars(self):
        return "resource_calendar_id" in self.env["helpdesk.ticket.team"]._fields

    @api.model
    def _get_literal(self, moments):
        # one literal is read much faster than an array of many
        return f"{{{','.join(map(str, moments))}}}"

    @api.model
    def _get_open_times(self, periods, first, last):
        """Yield each calendar with fixed hours, when it opens and when it closes."""
        # sudo: working hours hold for whoever looks
        Calendar = self.sudo().env["resource.calendar"].with_context(active_test=False)
        calendars = Calendar.search_fetch(
            self._get_calendar_domain(periods),
            ["company_id", "flexible_hours", "tz"],
        )
        slots = self._get_slots(calendars)
        leaves = self._get_leaves(calendars)
        for calendar in calendars.filtered(lambda c: c in slots):
            zone = calendar.tz or "UTC"
            yield (
                calendar,
                *get_open_times(zone, slots[calendar], leaves[calendar], first, last),
            )

    @api.model
    def _get_calendar_domain(self, periods):
        domain = Domain("id", "in", [period.calendar_id for period in periods])
        if self._have_teams_calendars():
            # sudo: working hours hold for whoever looks
            Team = self.sudo().env["helpdesk.ticket.team"]
            teams = Team._search([("resource_calendar_id", "!=", False)])
            domain |= Domain("id", "in", teams.subselect("resource_calendar_id"))
        return domain

    @api.model
    def _get_slots(self, calendars):
        """Return the hours of 14 days for each calendar that has fixed hours."""
        groups = calendars.env["resource.calendar.attendance"]._read_group(
            Domain("calendar_id", "in", calendars.ids)
            & Domain("calendar_id.flexible_hours", "=", False)
            & Domain("day_period", "!=", "lunch")
            & Domain("display_type", "=", False),
            ["calendar_id", "week_type", "dayofweek"],
            ["hour_from:min", "hour_to:max"],
        )
        slots = {}
        for calendar, week_type, day, opens, closes in groups:
            own = slots.setdefault(calendar, [None] * SLOTS)
            for week in [int(week_type)] if week_type else [0, 1]:
                own[WEEK * week + int(day)] = (opens, closes)
        return {calendar: tuple(own) for calendar, own in slots.items()}

    @api.model
    def _get_leaves(self, calendars):
        """Return the days off that are nobody's in particular, per calendar."""
        leaves = calendars.env["resource.calendar.leaves"].search_fetch(
            [("resource_id", "=", False), ("time_type", "=", "leave")],
            ["calendar_id", "company_id", "date_from", "date_to"],
        )
        return {
            calendar: tuple(
                (leave.date_from, leave.date_to)
                for leave in leaves
                if (leave.calendar_id or calendar) == calendar
                and (leave.company_id or calendar.company_id) == calendar.company_id
            )
            for calendar in calendars
        }
