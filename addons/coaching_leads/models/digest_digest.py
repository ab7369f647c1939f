from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    """Calls to hold, in the mail that Odoo sends by day or week to sales."""

    _inherit = "digest.digest"

    kpi_coaching_calls = fields.Boolean(string="Calls to Hold")
    kpi_coaching_calls_value = fields.Integer(
        compute="_compute_kpi_coaching_calls_value"
    )

    def _compute_kpi_coaching_calls_value(self):
        """Count calls that were asked for since and still are to be held."""
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            # core leaves it out of this receiver's mail
            raise AccessError(self.env._("Only sales may see leads."))
        self._calculate_company_based_kpi(
            "crm.lead",
            "kpi_coaching_calls_value",
            additional_domain=[
                ("coaching_session_state", "in", ("requested", "planned"))
            ],
        )

    def _compute_kpis_actions(self, company, user):
        menu = self.env.ref("crm.crm_menu_root").id
        pipeline = f"crm.crm_lead_action_pipeline?menu_id={menu}"
        return super()._compute_kpis_actions(company, user) | {
            "kpi_coaching_calls": pipeline
        }
