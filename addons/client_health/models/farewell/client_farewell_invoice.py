from babel.lists import format_list as babel_format_list
from babel.numbers import format_currency
from odoo import models
from odoo.fields import Domain
from odoo.tools.misc import babel_locale_parse


class ClientFarewell(models.Model):
    """What is still to be paid, either way, as the letter lists it."""

    _inherit = "client.farewell"

    def _get_open_lines(self):
        """Return the client's open receivable lines in this company."""
        self.ensure_one()
        client = self.partner_id
        whose = Domain("move_id.commercial_partner_id", "=", client.id) | Domain(
            "partner_id", "child_of", client.id
        )
        return self.env["account.move.line"].search(
            whose
            & Domain("company_id", "=", self.company_id.id)
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", "!=", 0),
            order="currency_id, date_maturity, id",
        )

    def _get_invoice_values(self):
        """Return the open amounts of the letter as text.

        :return: ``rows`` (name, due date, amount) by currency, ``totals`` of the
            currencies with more rows than one, ``refund`` where we owe the client;
            ``hidden`` if this user may not see invoices
        """
        values = {"rows": [], "totals": [], "refund": "", "hidden": False}
        if not self.partner_id or not self._sees_amounts():
            return {**values, "hidden": bool(self.partner_id)}
        refunds = []
        for currency, lines in self._get_open_lines().grouped("currency_id").items():
            balance = sum(lines.mapped("amount_residual_currency"))
            owed = currency.compare_amounts(balance, 0) < 0
            if owed:
                refunds.append(self._format_amount(-balance, currency))
            if len(lines) > 1:
                values["totals"].append(self._format_amount(balance, currency))
            if len(lines) > 1 or not owed:
                values["rows"] += [self._prepare_invoice_row(line) for line in lines]
        values["refund"] = self._join(refunds)
        return values

    def _join(self, amounts):
        return babel_format_list(amounts, locale=babel_locale_parse(self.lang))

    def _get_refund_line(self):
        """Return the sentence on what we still owe the client, if anything."""
        refund = self._get_invoice_values()["refund"]
        if not refund:
            return ""
        date = self._format_date(self.end_date) if self.end_date else ""
        if self.tone == "informal":
            return self.env._(
                "You still have %(amount)s with us; we transfer it by %(date)s.",
                amount=refund,
                date=date,
            )
        return self.env._(
            "Your account with us shows a credit of %(amount)s, which we will "
            "transfer by %(date)s.",
            amount=refund,
            date=date,
        )

    def _prepare_invoice_row(self, line):
        return {
            "name": line.move_id.name,
            "due": self._format_date(line.date_maturity) if line.date_maturity else "",
            "amount": self._format_amount(
                line.amount_residual_currency, line.currency_id
            ),
        }

    def _format_amount(self, amount, currency):
        """Return an amount as the letter's language writes it, sign and all."""
        locale = babel_locale_parse(self.lang)
        return format_currency(amount, currency.name, locale=locale)
