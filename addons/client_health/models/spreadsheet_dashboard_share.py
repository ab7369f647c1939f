from odoo import api, models
from odoo.exceptions import UserError


class SpreadsheetDashboardShare(models.Model):
    """Core shares any dashboard by a public link; not one about clients' health."""

    _inherit = "spreadsheet.dashboard.share"

    @api.constrains("dashboard_id")
    def _check_no_clients(self):
        """Refuse ours, and what was copied or made from it."""
        own = ("client.health", "client.farewell")
        for share in self:
            data = share.dashboard_id.spreadsheet_data or ""
            if any(model in data for model in own):
                raise UserError(
                    self.env._(
                        "This dashboard names clients: it is not shared by a link."
                    )
                )
