from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    client_health_disputed = fields.Boolean(
        string="Disputed",
        copy=False,
        groups="client_health.client_health_group_user",
        help="The client disputes this invoice with reason: neither its payment nor "
        "its discounts count in client health.",
    )
    client_health_offered = fields.Boolean(
        string="Discount Offered by Us",
        copy=False,
        groups="client_health.client_health_group_user",
        help="We offered the discount ourselves: it does not count in client health.",
    )
