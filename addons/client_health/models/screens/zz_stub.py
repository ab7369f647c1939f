from odoo import models


class ClientHealth(models.Model):
    _inherit = "client.health"

    def action_refresh(self):
        return super().action_refresh() if hasattr(super(), "action_refresh") else True

    def action_open_evidence(self):
        parent = super()
        if hasattr(parent, "action_open_evidence"):
            return parent.action_open_evidence()
        return True

    def _get_evidence_action(self, name):
        parent = super()
        if hasattr(parent, "_get_evidence_action"):
            return parent._get_evidence_action(name)
        return False
