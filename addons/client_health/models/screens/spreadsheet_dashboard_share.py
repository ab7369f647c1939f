from odoo import api, models
from odoo.exceptions import UserError


class SpreadsheetDashboardShare(models.Model):
    """Core shares any dashboard by a public link; this one is about people."""

    _inherit = "spreadsheet.dashboard.share"

    @api.model_create_multi
    def create(self, vals_list):
        own = self.env.ref(
            "client_health.client_health_dashboard", raise_if_not_found=False
        )
        if own and any(vals.get("dashboard_id") == own.id for vals in vals_list):
            raise UserError(
                self.env._("This dashboard names clients: it is not shared by a link.")
            )
        return super().create(vals_list)
