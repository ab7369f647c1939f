from odoo import fields, models

from ..access import GROUP_USER


class MailMessage(models.Model):
    _inherit = "mail.message"

    client_health_automatic = fields.Boolean(
        string="Automatic",
        readonly=True,
        groups=GROUP_USER,
        help="An answer while away, a bounce or the like: no person wrote it.",
    )

    def write(self, vals):
        """Note of tickets whose messages move to another that they were merged."""
        if "res_id" in vals:
            moving = self.filtered(
                lambda message: (
                    message.model == "helpdesk.ticket"
                    and message.res_id != vals["res_id"]
                    and vals.get("model", message.model) == message.model
                )
            )
            if moving:
                # sudo: whoever merges tickets, it is noted for the engine
                tickets = (
                    self.env["helpdesk.ticket"].sudo().browse(moving.mapped("res_id"))
                )
                tickets.exists().client_health_merged_into_id = vals["res_id"]
        return super().write(vals)
