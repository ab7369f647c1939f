from odoo import api, models
from odoo.exceptions import AccessError

TOLD = {"author_id", "body", "date", "email_from", "model", "res_id"}
"""Fields of a message that say who told what of which record."""


class MailMessage(models.Model):
    """What was corrected about a client stays told as long as the record is there."""

    _inherit = "mail.message"

    def write(self, vals):
        if not TOLD.isdisjoint(vals):
            self._check_client_health_traces()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_client_health_traces(self):
        self._check_client_health_traces()

    def _check_client_health_traces(self):
        """Refuse to touch old and new values; with their record they go.

        :raise AccessError: for who would remove, move or reword them
        """
        if self.env.su:
            return
        thread = self.pool["client.health.thread"]
        # sudo: what was tracked is not for who may only read the message
        for message in self.sudo():
            model = self.pool.get(message.model)
            if model and issubclass(model, thread) and message.tracking_value_ids:
                raise AccessError(
                    self.env._("What was changed about a client stays in its history.")
                )
