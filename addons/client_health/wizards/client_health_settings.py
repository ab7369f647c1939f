from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..access import GROUP_MANAGER, require

SETTINGS = {
    "window_months": "client_health_window_months",
    "grace_days": "client_health_grace_days",
    "calendar_id": "client_health_calendar_id",
    "retention_months": "client_health_retention_months",
}
"""What a manager may set, and the field of the company that keeps it."""


class ClientHealthSettings(models.TransientModel):
    """The settings of one company, for managers without administration rights.

    Odoo's own settings page takes administration rights, whatever is on it.
    """

    _name = "client.health.settings"
    _description = "Client Health Settings"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    window_months = fields.Integer(string="Window (Months)", required=True)
    grace_days = fields.Integer(string="Bank Grace (Days)", required=True)
    calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Working Calendar",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    retention_months = fields.Integer(string="Retention (Months)", required=True)

    @api.model
    def default_get(self, fields_list):
        """Begin with what holds in the company that is on."""
        company = self.env.company
        current = {name: company[kept] for name, kept in SETTINGS.items()}
        current["calendar_id"] = company.client_health_calendar_id.id
        return current | super().default_get(fields_list)

    def action_save(self):
        """Write the settings on the company; clients follow within minutes.

        :raise AccessError: for who is no manager, or not of this company
        """
        self.ensure_one()
        self._check_may_save()
        # sudo: a company is for administrators, these values of it are not
        self.company_id.sudo().write(
            {kept: self[name] for name, kept in SETTINGS.items()}
        )
        return {"type": "ir.actions.act_window_close"}

    def _check_may_save(self):
        require(
            self.env,
            GROUP_MANAGER,
            self.env._("Only a Client Health manager may change settings."),
        )
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._(
                    "You may not change the settings of %(company)s.",
                    company=self.sudo().company_id.name,
                )
            )
