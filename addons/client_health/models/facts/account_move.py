from odoo import models

MARKING_FIELDS = {
    "client_health_disputed",
    "client_health_offered",
    "invoice_date",
    "invoice_date_due",
    "partner_id",
    "payment_state",
    "state",
}


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        result = super().write(vals)
        if not MARKING_FIELDS.isdisjoint(vals):
            self._mark_client_health()
        return result

    def _mark_client_health(self):
        """Ask for fresh facts on the clients these invoices are for."""
        # sudo: the stale list belongs to the engine, not to the user
        Stale = self.env["client.health.stale"].sudo()
        invoices = self.filtered(lambda m: m.move_type in ("out_invoice", "out_refund"))
        for company, moves in invoices.grouped("company_id").items():
            Stale._mark(moves.commercial_partner_id.ids, company.id)
