from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.intervals import Intervals

SLOTS = 14
"""Days of the two weeks a calendar may alternate between."""
ALWAYS = (0.0, 24.0)


class ClientHealthHours(models.AbstractModel):
    """Working hours as SQL: what is after hours, in the calendar's time zone.

    A working day lasts from its first to its last hour of work, breaks included.
    Days off of a whole company count as closed. A calendar without fixed hours is
    never closed.
    """

    _name = "client.health.hours"
    _description = "Working Hours for Client Health"

    @api.model
    def _get_calendars_sql(self):
        """Return all calendars as a table ``calendar`` to join with.

        ``opens`` and ``closes`` hold hours by day of the first, then the second week;
        ``leave_starts`` and ``leave_ends`` the days off in UTC, in order.
        """
        # sudo: working hours hold for whoever looks
        Calendar = self.sudo().env["resource.calendar"].with_context(active_test=False)
        calendars = Calendar.search_fetch([], ["company_id", "flexible_hours", "tz"])
        hours = self._get_hours(calendars)
        leaves = self._get_leaves(calendars)
        rows = SQL(", ").join(
            SQL(
                "(%s::integer, %s::text, %s::float8[], %s::float8[],"
                " %s::timestamp[], %s::timestamp[])",
                calendar.id,
                calendar.tz or "UTC",
                [opens for opens, _closes in hours[calendar]],
                [closes for _opens, closes in hours[calendar]],
                [start for start, _stop, _records in leaves[calendar]],
                [stop for _start, stop, _records in leaves[calendar]],
            )
            for calendar in calendars
        )
        return SQL(
            "(VALUES %s) AS calendar (id, tz, opens, closes, leave_starts, leave_ends)",
            rows,
        )

    @api.model
    def _get_hours(self, calendars):
        """Return the hours of 14 days per calendar; ``(None, None)`` when closed."""
        hours = {calendar: [ALWAYS] * SLOTS for calendar in calendars}
        groups = calendars.env["resource.calendar.attendance"]._read_group(
            Domain("calendar_id", "in", calendars.ids)
            & Domain("day_period", "!=", "lunch")
            & Domain("display_type", "=", False),
            ["calendar_id", "week_type", "dayofweek"],
            ["hour_from:min", "hour_to:max"],
        )
        for calendar in calendars.filtered(lambda c: not c.flexible_hours):
            own = [group for group in groups if group[0] == calendar]
            if own:
                hours[calendar] = self._get_slots(own)
        return hours

    @api.model
    def _get_slots(self, groups):
        slots = [(None, None)] * SLOTS
        for _calendar, week_type, day, opens, closes in groups:
            weeks = [int(week_type)] if week_type else [0, 1]
            for week in weeks:
                slots[7 * week + int(day)] = (opens, closes)
        return slots

    @api.model
    def _get_leaves(self, calendars):
        """Return the days off that are nobody's in particular, per calendar."""
        leaves = calendars.env["resource.calendar.leaves"].search_fetch(
            [("resource_id", "=", False), ("time_type", "=", "leave")]
        )
        return {
            calendar: list(
                Intervals(
                    (leave.date_from, leave.date_to, leave)
                    for leave in leaves
                    if (leave.calendar_id or calendar) == calendar
                    and (leave.company_id or calendar.company_id) == calendar.company_id
                )
            )
            for calendar in calendars
        }

    @api.model
    def _get_after_hours_sql(self):
        """Return whether ``message.date`` is after hours in ``calendar``.

        Weeks alternate as Odoo has it: by whole weeks since the first of January of
        the year 1.
        """
        return SQL(
            """
            (SELECT calendar.id IS NOT NULL AND (
                    (hour >= calendar.opens[slot] AND hour < calendar.closes[slot])
                    IS NOT TRUE
                    OR (message.date < calendar.leave_ends[
                        width_bucket(message.date, calendar.leave_starts)]) IS TRUE)
               FROM (SELECT extract(epoch FROM local.time::time) / 3600 AS hour,
                            extract(isodow FROM local.time)::integer
                            + 7 * ((local.time::date - date '0001-01-01') / 7 %% 2)
                                AS slot
                       FROM (SELECT message.date AT TIME ZONE 'UTC'
                                    AT TIME ZONE calendar.tz AS time) AS local
                    ) AS moment)
            """
        )
