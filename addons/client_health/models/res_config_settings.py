from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    client_health_window_months = fields.Integer(
        related="company_id.client_health_window_months", readonly=False
    )
    client_health_grace_days = fields.Integer(
        related="company_id.client_health_grace_days", readonly=False
    )
    client_health_calendar_id = fields.Many2one(
        related="company_id.client_health_calendar_id", readonly=False
    )
    client_health_retention_months = fields.Integer(
        related="company_id.client_health_retention_months", readonly=False
    )
