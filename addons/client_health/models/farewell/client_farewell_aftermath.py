from odoo import fields, models

from ...access import AMOUNT_GROUPS


class ClientFarewell(models.Model):
    """What came of it: the room that a client took in the window before."""

    _inherit = "client.farewell"

    revenue_window = fields.Monetary(
        string="Revenue Before",
        readonly=True,
        copy=False,
        groups=AMOUNT_GROUPS,
        help="Revenue in the window before the letter was sent.",
    )
    ticket_window = fields.Integer(string="Tickets Before", readonly=True, copy=False)
    message_window = fields.Integer(string="Messages Before", readonly=True, copy=False)
    hours_window = fields.Float(
        string="Hours Before",
        readonly=True,
        copy=False,
        help="Hours on timesheets in the same window, where those are used.",
    )

    def _prepare_window_vals(self):
        """Return what this client meant in the window before the letter went out."""
        health = self._get_health()
        return {
            "revenue_window": health.revenue_amount,
            "ticket_window": health.ticket_count,
            "message_window": health.message_count,
            "hours_window": self._get_hours(),
        }

    def _get_health(self):
        self.ensure_one()
        return self.env["client.health"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )

    def _get_hours(self):
        """Return the hours of the window before, where timesheets are used."""
        Line = self.env["account.analytic.line"]
        if "project_id" not in Line._fields:
            return 0
        period = self.company_id._get_client_health_period()
        [(hours,)] = Line._read_group(
            [
                ("project_id", "!=", False),
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("date", ">", period.window_start),
                ("date", "<=", period.today),
            ],
            aggregates=["unit_amount:sum"],
        )
        return hours
