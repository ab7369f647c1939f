from odoo import models

from ..sources.marking import MarksClients


class AccountPartialReconcile(MarksClients, models.Model):
    """What settles a debt: of who owed it, and of whose money it was."""

    _inherit = "account.partial.reconcile"

    def _get_marked_contacts(self):
        lines = self.debit_move_id | self.credit_move_id
        for company, owed in lines._get_client_health_owed().items():
            yield owed.partner_id, company
