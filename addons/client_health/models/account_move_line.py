from odoo import models

MARKING_FIELDS = frozenset({"account_id", "date_maturity", "partner_id"})


class AccountMoveLine(models.Model):
    """Receivable lines: whose debt or money they are.

    New lines come with their entry, which asks for fresh facts itself.
    """

    _inherit = "account.move.line"

    def write(self, vals):
        if MARKING_FIELDS.isdisjoint(vals):
            return super().write(vals)
        self._mark_client_health()  # whose it was before
        result = super().write(vals)
        self._mark_client_health()
        return result

    def _mark_client_health(self):
        """Ask for fresh facts on the clients of these lines, where they are posted."""
        # sudo: whoever changes an entry, the stale list belongs to the engine
        lines = self.sudo().filtered(lambda line: line.parent_state == "posted")
        for company, owed in lines._get_client_health_owed().items():
            lines.env["client.health.stale"]._mark(owed.partner_id.ids, company.id)

    def _get_client_health_owed(self):
        """Return the receivable lines of clients, by company."""
        owed = self.filtered(
            lambda line: (
                line.partner_id and line.account_id.account_type == "asset_receivable"
            )
        )
        return owed.grouped("company_id")
