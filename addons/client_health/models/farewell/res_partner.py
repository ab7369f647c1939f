from odoo import models
from odoo.exceptions import AccessError


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_start_farewell(self):
        """Open the client's open farewell, or a new one.

        :return: a window action
        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        if not self.env.user.has_group("client_health.client_health_group_user"):
            raise AccessError(self.env._("You have no access to farewells."))
        client = self.commercial_partner_id
        found = self.env["client.farewell"].search(
            [
                ("partner_id", "=", client.id),
                ("company_id", "=", self.env.company.id),
                ("state", "in", ("draft", "approved", "sent")),
            ],
            limit=1,
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Farewell"),
            "res_model": "client.farewell",
            "res_id": found.id,
            "view_mode": "form",
            "context": {"default_partner_id": client.id},
        }
