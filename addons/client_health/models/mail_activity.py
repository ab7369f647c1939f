from odoo import api, models
from odoo.exceptions import ValidationError

CONFIDENTIAL = ("client.health", "client.farewell")
"""Models whose activities name a client, and often why."""


class MailActivity(models.Model):
    """What is planned on a client is planned for who may know."""

    _inherit = "mail.activity"

    @api.constrains("user_id", "res_model", "res_id")
    def _check_may_know(self):
        """Refuse a colleague without access: they would read their own activity."""
        for activity in self:
            if activity.res_model not in CONFIDENTIAL or not activity.user_id:
                continue
            record = self.env[activity.res_model].browse(activity.res_id)
            if not record._may_know(activity.user_id):
                raise ValidationError(
                    self.env._(
                        "%(colleague)s may not see this client's health: plan it for "
                        "a colleague who may.",
                        colleague=activity.user_id.name,
                    )
                )
