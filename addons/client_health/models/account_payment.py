from odoo import models

from ..sources.marking import MarksClients


class AccountPayment(MarksClients, models.Model):
    """A payment without entry counts from its date: nothing else tells of it."""

    _inherit = "account.payment"
    _marking_fields = frozenset(
        {"amount", "date", "invoice_ids", "partner_id", "state"}
    )

    def _get_marked_contacts(self):
        own = self.filtered(
            lambda payment: (
                not payment.move_id and payment.state in ("in_process", "paid")
            )
        )
        for company, payments in own.grouped("company_id").items():
            yield payments.partner_id | payments.invoice_ids.partner_id, company
