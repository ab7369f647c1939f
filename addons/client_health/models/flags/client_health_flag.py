from odoo import fields, models


class ClientHealthFlag(models.Model):
    """What one trait says of one client in one company, and what staff decided."""

    _name = "client.health.flag"
    _description = "Client Health Flag"
    _rec_name = "trait_id"

    health_id = fields.Many2one(
        comodel_name="client.health", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="health_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="health_id.company_id", store=True, index=True)
    trait_id = fields.Many2one(
        comodel_name="client.health.trait",
        required=True,
        index=True,
        ondelete="cascade",
    )
    level = fields.Selection(
        selection=[("none", "None"), ("watch", "Watch"), ("flag", "Flag")],
        default="none",
        required=True,
    )
    origin = fields.Selection(
        selection=[("auto", "Automatic"), ("manual", "By hand")],
        default="auto",
        required=True,
    )
    decision = fields.Selection(
        selection=[
            ("none", "Undecided"),
            ("confirmed", "Confirmed"),
            ("dismissed", "Dismissed"),
        ],
        default="none",
        required=True,
    )
    decision_reason = fields.Text()
    decision_user_id = fields.Many2one(comodel_name="res.users")
    decision_date = fields.Datetime()
    decision_until = fields.Date()
