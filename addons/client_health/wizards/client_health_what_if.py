from odoo import api, fields, models
from odoo.exceptions import UserError

from ..access import AMOUNT_GROUPS


class ClientHealthWhatIf(models.TransientModel):
    """What would be free, and what would go, without some clients: a comparison."""

    _name = "client.health.what.if"
    _description = "What If"

    health_ids = fields.Many2many(
        comodel_name="client.health", string="Clients", required=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company", compute="_compute_company_id", store=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    revenue_amount = fields.Monetary(
        string="Revenue", compute="_compute_amounts", groups=AMOUNT_GROUPS
    )
    revenue_share = fields.Float(
        string="Of All Revenue", compute="_compute_amounts", groups=AMOUNT_GROUPS
    )
    net_amount = fields.Monetary(
        string="Left Over", compute="_compute_amounts", groups=AMOUNT_GROUPS
    )
    hours_month = fields.Float(string="Hours a Month", compute="_compute_hours")
    hours_share = fields.Float(string="Of All Hours", compute="_compute_hours")
    room = fields.Text(string="What Would Be Free", compute="_compute_hours")

    @api.model
    def default_get(self, fields_list):
        """Begin with the clients that are selected in the list."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "client.health":
            chosen = self.env["client.health"].browse(
                self.env.context.get("active_ids", ())
            )
            values["health_ids"] = [fields.Command.set(chosen.exists().ids)]
        return values

    @api.constrains("health_ids")
    def _check_health_ids(self):
        for what_if in self:
            what_if.health_ids.check_access("read")
            if len(what_if.health_ids.company_id) > 1:
                raise UserError(
                    self.env._(
                        "Choose clients of one company: others have other books."
                    )
                )

    @api.depends("health_ids")
    def _compute_company_id(self):
        for what_if in self:
            what_if.company_id = what_if.health_ids.company_id[:1]

    @api.depends("health_ids")
    def _compute_amounts(self):
        for what_if in self:
            balance = what_if._get_clients()._sum_balance()
            for name in ("revenue_amount", "revenue_share", "net_amount"):
                what_if[name] = balance.get(name, 0)

    @api.depends("health_ids")
    def _compute_hours(self):
        for what_if in self:
            clients = what_if._get_clients()
            balance = clients._sum_balance()
            what_if.hours_month = balance["hours_month"]
            what_if.hours_share = balance["hours_share"]
            what_if.room = clients._word_room()

    def _get_clients(self):
        """Return the clients as they are stored, also before the dialog is saved."""
        self._check_health_ids()
        return self.health_ids._origin or self.health_ids
