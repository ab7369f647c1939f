from odoo import fields, models

GROUP_USER = "client_health.client_health_group_user"


class ResCompany(models.Model):
    _inherit = "res.company"

    client_health_window_months = fields.Integer(
        string="Window (Months)",
        default=12,
        required=True,
        groups=GROUP_USER,
        help="How many months the facts look back; discounts look back twice as far.",
    )
    client_health_grace_days = fields.Integer(
        string="Bank Grace (Days)",
        default=5,
        groups=GROUP_USER,
        help="Days a payment may be on its way before an instalment counts as late. "
        "Days late themselves are counted from the due date.",
    )
    client_health_calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Working Calendar",
        check_company=True,
        groups=GROUP_USER,
        help="Messages outside these hours count as after hours, in the calendar's "
        "time zone. Empty: the company's own working hours.",
    )
    client_health_retention_months = fields.Integer(
        string="Retention (Months)",
        default=24,
        groups=GROUP_USER,
        help="Cleared flags, old incidents and snapshots are removed after this many "
        "months.",
    )
    client_health_workload_median = fields.Float(
        string="Median Workload",
        readonly=True,
        groups=GROUP_USER,
        help="Tickets and inbound messages per 1,000 of revenue of the client in the "
        "middle, of all clients with tickets. Kept by the full refresh.",
    )
    client_health_refreshed_on = fields.Date(
        readonly=True,
        groups=GROUP_USER,
        help="The day of the last full refresh of this company's clients.",
    )

    _client_health_window_positive = models.Constraint(
        "CHECK (client_health_window_months > 0)",
        "The window of client health is at least one month.",
    )
    _client_health_grace_not_negative = models.Constraint(
        "CHECK (client_health_grace_days >= 0)",
        "The bank grace of client health cannot be negative.",
    )
    _client_health_retention_positive = models.Constraint(
        "CHECK (client_health_retention_months > 0)",
        "The retention of client health is at least one month.",
    )

    def _get_client_health_calendar(self):
        """Return the calendar that says what working hours are in this company."""
        self.ensure_one()
        return self.client_health_calendar_id or self.resource_calendar_id
