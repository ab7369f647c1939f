from odoo import api, models

from ..sources.marking import MarksClients


class AccountBankStatementLine(MarksClients, models.Model):
    """Money in suspense that carries a client, and the bank that is known again."""

    _inherit = "account.bank.statement.line"
    _marking_fields = frozenset({"amount", "date", "partner_id"})

    @api.model_create_multi
    def create(self, vals_list):
        # sudo: until when the bank is known is the same for whoever imports it
        companies = self.env["res.company"].sudo().search_fetch([]).root_id
        before = companies._get_client_health_known_days()
        lines = super().create(vals_list)
        if companies._get_client_health_known_days() != before:
            # everybody's open debts count to another day
            self.env["client.health"]._request_refresh()
        return lines

    def _get_marked_contacts(self):
        for company, lines in self.grouped("company_id").items():
            yield lines.partner_id, company
