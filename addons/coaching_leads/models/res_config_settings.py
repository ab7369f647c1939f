from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    coaching_retention_months = fields.Integer(
        related="company_id.coaching_retention_months", readonly=False
    )
    coaching_spam_days = fields.Integer(
        related="company_id.coaching_spam_days", readonly=False
    )
    coaching_text_reminder = fields.Boolean(
        related="company_id.coaching_text_reminder", readonly=False
    )
