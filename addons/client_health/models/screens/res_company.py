from odoo import models

COUNTED_WITH = {
    "client_health_window_months",
    "client_health_grace_days",
    "client_health_calendar_id",
}


class ResCompany(models.Model):
    """A setting that facts are counted with is felt within minutes."""

    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if not COUNTED_WITH.isdisjoint(vals):
            self.env["client.health"]._request_refresh()
        return result
