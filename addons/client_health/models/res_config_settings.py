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
    client_health_discount_product_ids = fields.Many2many(
        related="company_id.client_health_discount_product_ids", readonly=False
    )
    client_health_retention_months = fields.Integer(
        related="company_id.client_health_retention_months", readonly=False
    )
    client_health_usual_term_days = fields.Integer(
        related="company_id.client_health_usual_term_days", readonly=False
    )
    client_health_small_amount = fields.Float(
        related="company_id.client_health_small_amount", readonly=False
    )
    client_health_bank_complete_until = fields.Date(
        related="company_id.client_health_bank_complete_until", readonly=False
    )
    client_health_loss_account_ids = fields.Many2many(
        related="company_id.client_health_loss_account_ids", readonly=False
    )
    client_health_paid_account_ids = fields.Many2many(
        related="company_id.client_health_paid_account_ids", readonly=False
    )
    client_health_ticket_minutes = fields.Integer(
        related="company_id.client_health_ticket_minutes", readonly=False
    )
    client_health_message_minutes = fields.Integer(
        related="company_id.client_health_message_minutes", readonly=False
    )
    client_health_hourly_cost = fields.Monetary(
        related="company_id.client_health_hourly_cost", readonly=False
    )
    client_health_late_interest = fields.Float(
        related="company_id.client_health_late_interest", readonly=False
    )
