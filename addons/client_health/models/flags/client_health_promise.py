from odoo import fields, models


class ClientHealthPromise(models.Model):
    """What a client promised, and whether it came true."""

    _name = "client.health.promise"
    _description = "Client Health Promise"
    _order = "date_promised desc, id desc"

    health_id = fields.Many2one(
        comodel_name="client.health", index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        comodel_name="account.move", string="Invoice", ondelete="cascade"
    )
    description = fields.Char()
    date_promised = fields.Date(required=True)
    amount = fields.Monetary()
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("kept", "Kept"),
            ("partly", "Partly kept"),
            ("broken", "Broken"),
        ],
        default="open",
        required=True,
        readonly=True,
    )
