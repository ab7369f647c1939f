from odoo import models

from .res_partner import HEALTH_FIELDS


class ClientHealth(models.Model):
    _inherit = "client.health"

    def _refresh_scores(self, health_ids=None):
        result = super()._refresh_scores(health_ids)
        # they are not stored and were read from tables that SQL has just written
        self.env["res.partner"].invalidate_model(HEALTH_FIELDS)
        return result
