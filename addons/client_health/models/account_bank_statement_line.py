from odoo import api, models
from odoo.addons.base.models.res_bank import sanitize_account_number

from ..sources.marking import MarksClients


class AccountBankStatementLine(MarksClients, models.Model):
    """Money in suspense that carries a client, and the bank that is known again."""

    _inherit = "account.bank.statement.line"
    _marking_fields = frozenset(
        {"account_number", "amount", "date", "partner_id"}
    )

    @api.model_create_multi
    def create(self, vals_list):
        return self._watch_known_until(super().create, vals_list)

    def write(self, vals):
        if "date" not in vals:
            return super().write(vals)
        return self._watch_known_until(super().write, vals)

    def unlink(self):
        return self._watch_known_until(super().unlink)

    @api.model
    def _watch_known_until(self, change, *args):
        """Count everybody anew where a change moves the day the bank is known until.

        :param change: the method that makes the change, called with ``args``
        """
        # sudo: until when the bank is known is the same for whoever imports it
        companies = self.env["res.company"].sudo().search_fetch([]).root_id
        before = companies._get_client_health_known_days()
        result = change(*args)
        if companies._get_client_health_known_days() != before:
            self.env["client.health"]._request_refresh()
        return result

    def _get_marked_contacts(self):
        for company, lines in self.grouped("company_id").items():
            yield lines.partner_id | lines._find_client_health_owners(), company

    def _find_client_health_owners(self):
        """Return whose bank accounts lines came from that name no contact."""
        numbers = self.filtered(lambda line: not line.partner_id).mapped(
            "account_number"
        )
        numbers = [sanitize_account_number(number) for number in numbers if number]
        if not numbers:
            return self.env["res.partner"]
        # sudo: whose account it is, whoever imports the bank
        Account = self.env["res.partner.bank"].sudo()
        return Account.search([("sanitized_acc_number", "in", numbers)]).partner_id
