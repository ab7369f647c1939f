from unittest.mock import patch

from odoo.tests import Form, tagged

from .ledger_common import LedgerCase, ago


@tagged("post_install", "-at_install")
class TestLedgerMore(LedgerCase):
    """Ordinary books that the other cases do not hold."""

    def book_doubtful_and_lost(self):
        """Move two invoices of the client and lose one of another in one entry."""
        other = self.make_client("Other")
        debts = (
            (self.sell(ago(200), amount=600.0), -600.0),
            (self.sell(ago(180), amount=400.0), -400.0),
            (self.sell(ago(200), amount=500.0, client=other), -500.0),
        )
        entry = self.entry(
            ago(20),
            *((self.receivable, asked, sold.partner_id) for sold, asked in debts),
            (self.doubtful, 1000.0, self.client),
            (self.expense, 500.0),
        )
        for sold, asked in debts:
            own = entry.line_ids.filtered(lambda line, of=asked: line.balance == of)
            self.match(self.get_open_lines(sold), own)
        return other

    def test_what_one_client_moved_is_not_what_another_lost(self):
        other = self.book_doubtful_and_lost()
        self.assert_facts(
            instalment_due_count=1,
            overdue_amount=1000.0,
            overdue_days_max=180,
            written_off_amount=0.0,
            level="flag",
        )
        self.assert_facts(other, written_off_amount=500.0, level="flag")

    def test_money_on_account_in_the_currency_of_the_debt_pays_it(self):
        """The rate fell between invoice and payment: 4,000 are worth 800 now."""
        foreign = self.setup_other_currency(
            "HRK", rates=[("2020-01-01", 4.0), (str(ago(50)), 5.0)]
        )
        self.sell(ago(40), amount=4000.0, currency_id=foreign.id)
        self.pay_on_account(ago(41), 3000.0, currency_id=foreign.id)
        self.assert_facts(overdue_amount=250.0, late_amount_share=0.25, late_count=1)
        self.pay_on_account(ago(41), 1000.0, currency_id=foreign.id)
        self.assert_facts(overdue_amount=0.0, late_count=0, written_off_amount=0.0)

    def test_a_payment_without_entry_in_the_invoices_currency_pays_it(self):
        foreign = self.setup_other_currency(
            "HRK", rates=[("2020-01-01", 4.0), (str(ago(50)), 5.0)]
        )
        invoice = self.sell(ago(40), amount=4000.0, currency_id=foreign.id)
        self.bank_journal.inbound_payment_method_line_ids.payment_account_id = False
        with patch.object(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        ):
            payment = self.pay(invoice, ago(41))
        self.assertFalse(payment.move_id)
        self.assert_facts(overdue_amount=0.0, late_count=0)

    def test_ocas_reconciliation_is_a_payment(self):
        """From the bank line in suspense to the match, by the addon's own screen."""
        Line = self.env["account.bank.statement.line"]
        if "reconcile_data_info" not in Line._fields:
            self.skipTest("account_reconcile_oca is not installed")
        self.sell_punctually()
        invoice = self.sell(ago(100))
        line = self.bank(ago(101), 1000.0, self.client).statement_line_id
        self.assert_facts(late_count=0, overdue_amount=0.0)
        view = "account_reconcile_oca.bank_statement_line_form_reconcile_view"
        with Form(line, view=view) as form:
            form.add_account_move_line_id = self.get_open_lines(invoice)
        line.reconcile_bank_line()
        self.assertFalse(self.get_open_lines(invoice))
        self.assert_facts(
            late_count=0, overdue_amount=0.0, written_off_amount=0.0, days_late_avg=0.0
        )
        row = self.get_rows().filtered(lambda own: own.date_maturity == ago(100))
        self.assertEqual((row.settlement, row.paid_date), ("paid", ago(101)))

    def test_ocas_statement_tells_what_is_overdue(self):
        wizard = "outstanding.statement.wizard"
        if wizard not in self.env:
            self.skipTest("partner_statement is not installed")
        self.sell_punctually()
        self.sell(ago(100))
        self.sell(ago(40), amount=300.0)
        self.pay_on_account(ago(10), 600.0)
        told = self.env[wizard].with_context(active_ids=self.client.ids).create({})
        report = self.env["report.partner_statement.outstanding_statement"]
        values = report._get_report_values(self.client.ids, told._prepare_statement())
        own = values["data"][self.client.id]["currencies"][self.company.currency_id.id]
        self.assertEqual(own["amount_due"], 700.0)
        self.assert_facts(overdue_amount=own["amount_due"], level="flag")
