from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..access import AMOUNT_GROUPS, GROUP_MANAGER, require

SETTINGS = {
    "window_months": "client_health_window_months",
    "grace_days": "client_health_grace_days",
    "calendar_id": "client_health_calendar_id",
    "retention_months": "client_health_retention_months",
    "usual_term_days": "client_health_usual_term_days",
    "small_amount": "client_health_small_amount",
    "ticket_minutes": "client_health_ticket_minutes",
    "message_minutes": "client_health_message_minutes",
    "hourly_cost": "client_health_hourly_cost",
    "late_interest": "client_health_late_interest",
    "bank_complete_until": "client_health_bank_complete_until",
    "loss_account_ids": "client_health_loss_account_ids",
    "paid_account_ids": "client_health_paid_account_ids",
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
        default=lambda self: self.env.company.root_id,
    )
    window_months = fields.Integer(string="Window (Months)", required=True)
    grace_days = fields.Integer(string="Bank Grace (Days)", required=True)
    calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Working Calendar",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    retention_months = fields.Integer(string="Retention (Months)", required=True)
    usual_term_days = fields.Integer(string="Usual Term (Days)", required=True)
    small_amount = fields.Float(
        string="Small Difference", digits=(16, 2), required=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    ticket_minutes = fields.Integer(string="Minutes per Ticket", required=True)
    message_minutes = fields.Integer(string="Minutes per Message", required=True)
    hourly_cost = fields.Monetary(string="Cost of an Hour", groups=GROUP_MANAGER)
    late_interest = fields.Float(
        string="Interest on Late Payment (%)", digits=(16, 2), required=True
    )
    bank_complete_until = fields.Date(string="The Bank Is Complete Until")
    bank_known_until = fields.Date(compute="_compute_bank_known_until")
    loss_account_ids = fields.Many2many(
        comodel_name="account.account",
        relation="client_health_settings_loss_account_rel",
        string="Accounts That Mean a Loss",
        domain="[('company_ids', 'in', company_id)]",
        groups=AMOUNT_GROUPS,
    )
    paid_account_ids = fields.Many2many(
        comodel_name="account.account",
        relation="client_health_settings_paid_account_rel",
        string="Accounts That Mean No Loss",
        domain="[('company_ids', 'in', company_id)]",
        groups=AMOUNT_GROUPS,
    )

    @api.model
    def default_get(self, fields_list):
        """Begin with what holds in the firm of the company that is on.

        :raise AccessError: for who works in a branch only
        """
        company = self.env.company.root_id
        self._check_may_change(company)
        current = {
            name: self._fields[name].convert_to_write(company[kept], company)
            for name, kept in self._get_own_settings().items()
        }
        return current | super().default_get(fields_list)

    @api.depends("company_id")
    def _compute_bank_known_until(self):
        for settings in self:
            known_until = settings.company_id._get_client_health_known_until()
            settings.bank_known_until = known_until

    def action_save(self):
        """Write the settings on the company; clients follow within minutes.

        :raise AccessError: for who is no manager, or not of this company
        """
        self.ensure_one()
        self._check_may_save()
        # sudo: a company is for administrators, these values of it are not
        self.company_id.sudo().write(
            {kept: self[name] for name, kept in self._get_own_settings().items()}
        )
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _get_own_settings(self):
        """Return the settings that who asks may see: accounts take more rights."""
        return {
            name: kept
            for name, kept in SETTINGS.items()
            if self._has_field_access(self._fields[name], "write")
        }

    def _check_may_save(self):
        require(
            self.env,
            GROUP_MANAGER,
            self.env._("Only a Client Health manager may change settings."),
        )
        self._check_may_change(self.company_id)

    @api.model
    def _check_may_change(self, company):
        """Refuse a company that the user does not work in.

        The firm of a branch that is on need not be on itself.
        """
        on = self.env.companies | self.env.companies.root_id & self.env.user.company_ids
        if company not in on and not self.env.su:
            raise AccessError(
                self.env._(
                    "You may not change the settings of %(company)s.",
                    company=company.sudo().name,  # sudo: of a branch's company
                )
            )
