from odoo import models

from ..sources.marking import MarksClients


class AccountPartialReconcile(MarksClients, models.Model):
    _inherit = "account.partial.reconcile"

    def _get_marked_contacts(self):
        for company, partials in self.grouped("company_id").items():
            lines = partials.debit_move_id.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            yield lines.partner_id, company
