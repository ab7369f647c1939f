from odoo import fields, models


class ClientHealth(models.Model):
    _inherit = "client.health"

    visit_count = fields.Integer(
        string="Visits", fact="visit", readonly=True, help="Visits within the window."
    )
    visit_missed_share = fields.Float(
        string="Visits Missed (Share)",
        fact="visit",
        unit="share",
        evidence=[("missed", "=", True)],
        readonly=True,
        aggregator=None,
        help="Visits where nobody was at home, 0 to 1.",
    )
