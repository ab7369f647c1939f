from odoo import fields, models


class ClientHealthIncident(models.Model):
    """Something a colleague saw that no system records; facts only."""

    _name = "client.health.incident"
    _description = "Client Health Incident"
    _order = "date desc, id desc"

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
    kind = fields.Selection(
        selection=[
            ("integrity", "Agreement not kept"),
            ("demand", "Unreasonable claim on our time"),
            ("conduct", "Disrespectful conduct"),
            ("freebie", "Asked for free work or a discount"),
        ],
        required=True,
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    description = fields.Text(required=True)
    severe = fields.Boolean()
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Reported by",
        required=True,
        default=lambda self: self.env.user,
    )
    ticket_id = fields.Many2one(comodel_name="helpdesk.ticket", ondelete="set null")
    move_id = fields.Many2one(comodel_name="account.move", ondelete="set null")
