from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..access import GROUP_USER

TOLD = {"author_id", "body", "date", "email_from", "model", "res_id"}
"""Fields of a message that say who told what of which record."""


class MailMessage(models.Model):
    """Messages: what no person wrote, and what stays told of a client."""

    _inherit = "mail.message"

    client_health_automatic = fields.Boolean(
        readonly=True,
        groups=GROUP_USER,
        help="An answer while away, a bounce or the like: no person wrote it.",
    )

    def write(self, vals):
        if not TOLD.isdisjoint(vals):
            self._check_client_health_traces()
        if "res_id" in vals:
            self._note_merged_tickets(vals)
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

    def _note_merged_tickets(self, vals):
        """Note of tickets whose messages move to another that they were merged."""
        moving = self.filtered(
            lambda message: (
                message.model == "helpdesk.ticket"
                and message.res_id != vals["res_id"]
                and vals.get("model", message.model) == message.model
            )
        )
        if moving:
            # sudo: whoever merges tickets, it is noted for the engine
            tickets = self.env["helpdesk.ticket"].sudo().browse(moving.mapped("res_id"))
            tickets.exists().client_health_merged_into_id = vals["res_id"]
