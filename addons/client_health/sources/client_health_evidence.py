from odoo import api, fields, models
from odoo.fields import Domain


class ClientHealthEvidence(models.AbstractModel):
    """A source whose rows are read-only SQL: one instalment, one line, one ticket.

    A row belongs to a commercial partner and a company. The same SQL gives the
    rows to the user and to the refresh, so a number and its evidence agree.
    """

    _name = "client.health.evidence"
    _description = "Client Health Evidence"
    _inherit = "client.health.source"
    _auto = False
    _depends = {
        "res.company": ["partner_id"],
        "res.partner": ["commercial_partner_id"],
        "res.users": ["partner_id", "share"],
    }

    _evidence_view_mode = "list,kanban,pivot,graph"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Client", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)

    @property
    def _table_query(self):
        periods = self.env["res.company"]._get_client_health_periods()
        return self._get_of_clients_sql(self._get_rows_sql(periods))

    @api.model
    def _get_client_domain(self, health):
        return Domain("partner_id", "=", health.partner_id.id) & Domain(
            "company_id", "=", health.company_id.id
        )
