from datetime import timedelta

from odoo import Command

from .base import Base
from .clients import BOOK, Late


class Invoices(Base):
    """What was invoiced, credited, paid and written off."""

    def _create_invoices(self):
        """Post every invoice of the book, and let the clients pay."""
        plan = [
            (client, months_ago, nth)
            for client in BOOK
            for nth, months_ago in enumerate(client.months)
        ]
        # by date, so that the numbers go up with it
        plan.sort(key=lambda item: self._invoice_date(item[0], item[1]))
        invoices = self.env["account.move"].create(
            [self._prepare_invoice_vals(*item) for item in plan]
        )
        invoices.action_post()
        self._create_credit_notes(plan, invoices)
        # before the payments: a promise is about what is open when it is made
        self._create_promises(plan, invoices)
        self._create_payments(plan, invoices)
        self._write_off(plan, invoices)

    def _prepare_invoice_vals(self, client, months_ago, nth):
        return {
            "move_type": "out_invoice",
            "partner_id": self._ref(client.code).id,
            "invoice_date": self._invoice_date(client, months_ago),
            "invoice_payment_term_id": self.env.ref(client.term).id,
            "invoice_user_id": self._get_user("sanne").id,
            "client_health_offered": client.offered,
            "client_health_disputed": months_ago in client.disputed,
            "invoice_line_ids": self._prepare_line_commands(client, nth),
        }

    def _get_product(self, name):
        return self.env.ref(f"client_health.product_{name}_demo")

    def _prepare_line_commands(self, client, nth):
        product = self._get_product(client.product)
        lines = [
            {
                "product_id": product.id,
                "quantity": client.quantity,
                "discount": client.discounts[nth % len(client.discounts)],
            }
        ]
        if client.free_product and nth % 2:
            free = self._get_product(client.free_product)
            lines.append({"product_id": free.id, "quantity": 2, "price_unit": 0})
        if client.rebate and nth % 3 == 0:
            lines.append({"name": "Korting", "price_unit": -client.rebate})
        return [Command.create(line) for line in lines]

    def _create_credit_notes(self, plan, invoices):
        """Credit a share of some invoices; posting settles the one with the other."""
        refunds = self.env["account.move"].create(
            [
                self._prepare_refund_vals(client, invoice, client.credited[months_ago])
                for (client, months_ago, _nth), invoice in zip(
                    plan, invoices, strict=True
                )
                if months_ago in client.credited
            ]
        )
        refunds.action_post()

    def _prepare_refund_vals(self, client, invoice, share):
        line = {
            "product_id": self._get_product(client.product).id,
            "quantity": client.quantity * share,
        }
        return {
            "move_type": "out_refund",
            "partner_id": invoice.partner_id.id,
            "reversed_entry_id": invoice.id,
            "invoice_date": invoice.invoice_date + timedelta(days=6),
            "invoice_line_ids": [Command.create(line)],
        }

    def _get_receivable(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).sorted("date_maturity")

    def _create_payments(self, plan, invoices):
        """Receive on the bank what each client paid, on the day it did."""
        payments = []
        for (client, months_ago, nth), invoice in zip(plan, invoices, strict=True):
            pay = client.exceptions.get(months_ago, client.pays[nth % len(client.pays)])
            for line in self._get_receivable(invoice):
                payments += self._split_payment(line, pay)
        payments = [item for item in payments if item[1] <= self._today()]
        payments.sort(key=lambda item: item[1])
        bank_lines = self.env["account.bank.statement.line"].create(
            [self._prepare_bank_vals(*item) for item in payments]
        )
        self.env["account.move.line"]._reconcile_plan(
            [
                line | self._get_receivable(bank_line.move_id)
                for (line, _date, _amount), bank_line in zip(
                    payments, bank_lines, strict=True
                )
            ]
        )

    def _split_payment(self, line, pay):
        """The payments of one instalment: (instalment, date, amount)."""
        residual = line.amount_residual
        if pay is None or line.currency_id.is_zero(residual):
            return []
        if not isinstance(pay, Late):
            return [(line, line.date_maturity + timedelta(days=pay), residual)]
        first = line.currency_id.round(residual * pay.share)
        parts = [(line, line.date_maturity + timedelta(days=pay.days), first)]
        if pay.rest_days is not None:
            last = line.date_maturity + timedelta(days=pay.rest_days)
            parts.append((line, last, residual - first))
        return parts

    def _prepare_bank_vals(self, line, date, amount):
        journal = self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(self.env.company),
                ("type", "=", "bank"),
            ],
            limit=1,
        )
        return {
            "journal_id": journal.id,
            "date": date,
            "payment_ref": line.move_id.name,
            "partner_id": line.partner_id.id,
            "amount": amount,
            "counterpart_account_id": line.account_id.id,
        }

    def _write_off(self, plan, invoices):
        """Give up what is left of an invoice, four months ago."""
        for (client, months_ago, _nth), invoice in zip(plan, invoices, strict=True):
            if months_ago in client.written_off:
                self._write_off_invoice(invoice)

    def _write_off_invoice(self, invoice):
        open_line = self._get_receivable(invoice)
        loss = self.env["account.account"].search(
            [
                *self.env["account.account"]._check_company_domain(self.env.company),
                ("account_type", "=", "expense"),
            ],
            limit=1,
        )
        amount = open_line.amount_residual
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": self._today() - timedelta(days=120),
                "ref": f"Oninbaar: {invoice.name}",
                "line_ids": [
                    Command.create({"account_id": loss.id, "debit": amount}),
                    Command.create(
                        {
                            "account_id": open_line.account_id.id,
                            "partner_id": invoice.partner_id.id,
                            "credit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        (open_line | self._get_receivable(entry)).reconcile()
