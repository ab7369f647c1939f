from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._mark_client_health()
        return partials

    def unlink(self):
        self._mark_client_health()
        return super().unlink()

    def _mark_client_health(self):
        """Ask for fresh facts on the clients whose invoices were settled."""
        # sudo: the stale list belongs to the engine, not to the user
        Stale = self.env["client.health.stale"].sudo()
        for company, partials in self.grouped("company_id").items():
            lines = partials.debit_move_id.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            Stale._mark(lines.partner_id.ids, company.id)
