from odoo import models

from ..sources.marking import MarksClients


class AccountAnalyticLine(MarksClients, models.Model):
    _inherit = "account.analytic.line"
    _marking_fields = frozenset(
        {
            "amount",
            "company_id",
            "date",
            "partner_id",
            "product_uom_id",
            "project_id",
            "task_id",
            "ticket_id",
            "unit_amount",
        }
    )

    _client_health_index = models.Index("(partner_id, date)")

    def _get_marked_contacts(self):
        """Only time sheets count, where an addon keeps them."""
        if "project_id" not in self._fields:
            return
        for company, lines in self.filtered("project_id").grouped("company_id").items():
            contacts = lines.partner_id
            if self.env["client.health.effort"]._have_ticket_lines():
                contacts |= lines.ticket_id.commercial_partner_id
            yield contacts, company
