from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    coaching_retention_months = fields.Integer(
        related="company_id.coaching_retention_months", readonly=False
    )
    coaching_spam_days = fields.Integer(
        related="company_id.coaching_spam_days", readonly=False
    )
    coaching_embed_origins = fields.Text(
        related="website_id.coaching_embed_origins", readonly=False
    )
    coaching_thanks_url = fields.Char(
        related="website_id.coaching_thanks_url", readonly=False
    )
    coaching_text_reminder = fields.Boolean(
        related="company_id.coaching_text_reminder", readonly=False
    )
