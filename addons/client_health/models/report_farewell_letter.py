from odoo import api, models


class ReportFarewellLetter(models.AbstractModel):
    """What the report's template gets: finished letters, no records."""

    _name = "report.client_health.report_farewell_letter"
    _description = "Farewell Letter"

    @api.model
    def _get_report_values(self, docids, data=None):
        farewells = self.env["client.farewell"].browse(docids)
        farewells.check_access("read")
        return {
            "letters": [
                farewell._render_plain(
                    "client_health.farewell_letter_body",
                    {"letter": farewell._get_letter_values()},
                )
                for farewell in farewells
            ]
        }
