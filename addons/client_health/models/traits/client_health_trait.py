from odoo import fields, models


class ClientHealthTrait(models.Model):
    """A kind of behaviour, with the rules that say when a client shows it."""

    _name = "client.health.trait"
    _description = "Client Health Trait"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(comodel_name="res.company", ondelete="cascade")
    weight = fields.Integer(default=20)
    color = fields.Integer(string="Colour")
    icon = fields.Char(default="fa-flag")
    clear_after_days = fields.Integer(default=30)
    guidance = fields.Text(translate=True)
    ready_domain = fields.Char(required=True, default="[]")
    watch_domain = fields.Char(default="[(0, '=', 1)]")
    flag_domain = fields.Char(default="[(0, '=', 1)]")
