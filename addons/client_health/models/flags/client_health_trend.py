from odoo import api, fields, models


class ClientHealth(models.Model):
    """How the score moved since the last months."""

    _inherit = "client.health"

    snapshot_ids = fields.One2many(
        comodel_name="client.health.snapshot", inverse_name="health_id", readonly=True
    )
    score_trend = fields.Integer(
        string="Trend",
        compute="_compute_score_trend",
        help="Points won or lost since the beginning of the month.",
    )

    @api.depends("score", "snapshot_ids.score")
    def _compute_score_trend(self):
        for health in self:
            last = health.snapshot_ids[:1]
            health.score_trend = health.score - last.score if last else 0
