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
            order="date_maturity, id",
        )

    def _get_invoice_values(self):
        """Return the open amounts of the letter as text.

        :return: ``rows`` (name, due date, amount), ``total`` where there are
            more rows in one currency, ``refund`` where the balance is the client's
        """
        if not self.partner_id or not self.env["account.move"].has_access("read"):
            hidden = bool(self.partner_id)
            return {"rows": [], "total": "", "refund": "", "hidden": hidden}
        lines = self._get_open_lines()
        rows = [self._prepare_invoice_row(line) for line in lines]
        balance = sum(lines.mapped("amount_residual_currency"))
        single = len(lines.currency_id) == 1
        owed = single and lines.currency_id.compare_amounts(balance, 0) < 0
        return {
            "rows": [] if owed and len(rows) == 1 else rows,
            "total": self._format_amount(balance, lines.currency_id)
            if single and len(rows) > 1
            else "",
            "refund": self._format_amount(-balance, lines.currency_id) if owed else "",
            "hidden": False,
        }

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
