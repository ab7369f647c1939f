from odoo import api, models


class ClientHealthIncident(models.Model):
    """The dialog in which staff log an incident where it happened."""

    _inherit = "client.health.incident"

    @api.model
    def _get_log_action(self, partner, **defaults):
        """Return the action that opens the dialog for one client.

        :param partner: the client; its company where it is a contact person
        :param defaults: values to begin with, by field name
        """
        dialog = self.env.ref("client_health.client_health_incident_view_dialog")
        context = {f"default_{name}": value for name, value in defaults.items()}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log an Incident"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(dialog.id, "form")],
            "target": "new",
            "context": {
                **context,
                "default_partner_id": partner.commercial_partner_id.id,
                "dialog_size": "medium",
            },
        }
