from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import new_test_user
from .facts_common import TODAY
from .ledger_common import LedgerCase, ago


@tagged("post_install", "-at_install")
class TestLedgerMoney(LedgerCase):
    """Money that came counts, wherever it was booked."""

    def test_a_payment_that_nobody_allocated_is_a_payment(self):
        self.sell_punctually()
        self.sell(ago(20))
        self.pay_on_account(ago(22), 1000.0)
        self.assert_facts(late_count=0, overdue_amount=0.0, instalment_due_count=4)

    def test_a_bank_line_booked_on_receivables_is_a_payment(self):
        self.sell_punctually()
        self.sell(ago(100))
        self.bank(ago(101), 1000.0, self.client, to=self.receivable)
        self.assert_facts(late_count=0, overdue_amount=0.0)

    def test_a_bank_line_in_suspense_that_carries_the_client_is_a_payment(self):
        self.sell_punctually()
        self.sell(ago(100))
        self.bank(ago(101), 1000.0, self.client)
        self.assert_facts(late_count=0, overdue_amount=0.0)

    def test_a_bank_line_of_nobody_is_no_payment(self):
        self.sell(ago(100))
        self.bank(ago(101), 1000.0)
        self.assert_facts(overdue_amount=1000.0, level="flag")

    def test_a_credit_note_that_nobody_matched_lessens_the_debt(self):
        self.sell_punctually()
        self.sell(ago(100))
        self.note(ago(50), 1000.0)
        self.assert_facts(late_count=0, overdue_amount=0.0, instalment_due_count=3)

    def test_money_on_account_counts_from_its_own_day(self):
        self.sell(ago(100))
        self.pay_on_account(ago(10), 600.0)
        self.assert_facts(
            overdue_amount=400.0,
            days_late_avg=94.0,
            late_amount_share=1.0,
            level="flag",
        )
        [row] = self.get_rows()
        self.assertEqual((row.on_account_amount, row.settlement), (600.0, "on_account"))
        self.assertEqual(row.paid_date, ago(10))

    def test_a_payment_with_a_wrong_year_came_today_at_the_latest(self):
        self.sell_punctually()
        self.pay(self.sell(ago(3)), ago(-362))
        self.sell(ago(2))
        self.pay_on_account(ago(-362), 1000.0)
        self.assert_facts(late_count=0, days_late_avg=1.0, overdue_amount=0.0)

    def test_money_on_account_goes_to_the_oldest_debt(self):
        self.sell(ago(100))
        self.sell(ago(40))
        self.pay_on_account(ago(100), 1000.0)
        self.assert_facts(overdue_amount=1000.0, overdue_days_max=40)

    def test_a_disputed_invoice_takes_no_money_on_account(self):
        self.sell(ago(100)).client_health_disputed = True
        self.sell(ago(40))
        self.pay_on_account(ago(41), 1000.0)
        self.assert_facts(instalment_due_count=1, late_count=0, overdue_amount=0.0)

    def test_what_left_in_suspense_lessens_the_money_on_account(self):
        self.sell(ago(40))
        self.bank(ago(45), 1000.0, self.client)
        self.bank(ago(43), -400.0, self.client)
        self.assert_facts(overdue_amount=400.0)

    def test_a_bounced_direct_debit_in_suspense_that_is_paid_again_counts_once(self):
        self.sell(ago(40))
        self.bank(ago(40), 1000.0, self.client)
        self.bank(ago(35), -1000.0, self.client)
        self.bank(ago(5), 1000.0, self.client)
        self.assert_facts(overdue_amount=0.0, late_count=1, days_late_avg=35.0)

    def test_a_payment_without_entry_of_an_invoice_counts_from_its_date(self):
        """As with an accounting app: the method has no outstanding account."""
        self.sell_punctually()
        invoice = self.sell(ago(100))
        payment = self.pay_without_entry(invoice, ago(101))
        self.assertFalse(payment.move_id)
        self.assertEqual(payment.state, "in_process")
        self.assertEqual(invoice.amount_residual, 1000.0)
        self.assert_facts(late_count=0, overdue_amount=0.0)

    def test_a_payment_without_entry_that_is_on_the_bank_now_counts_once(self):
        invoice = self.sell(ago(100))
        payment = self.pay_without_entry(invoice, ago(101), 400.0)
        self.pay_by_bank(invoice, ago(99), 400.0)
        self.assertEqual(payment.state, "paid")
        self.assert_facts(overdue_amount=600.0, level="flag")

    def test_a_payment_without_entry_or_invoice_is_money_on_account(self):
        self.sell(ago(100))
        with self.accounting_app():
            payment = self.pay_on_account(ago(101), 1000.0)
        self.assertFalse(payment.move_id)
        self.assert_facts(late_count=0, overdue_amount=0.0)

    def pay_without_entry(self, invoice, day, amount=None):
        with self.accounting_app():
            return self.pay(invoice, day, amount)

    def accounting_app(self):
        """Have payments without entry, as accounting apps do by this hook."""
        self.bank_journal.inbound_payment_method_line_ids.payment_account_id = False
        return patch.object(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        )

    def test_money_paid_back_is_no_debt(self):
        """Paid twice, and the second time sent back."""
        self.pay(self.sell(ago(100)), ago(101))
        self.pay_on_account(ago(95), 1000.0)
        self.bank(ago(90), -1000.0, self.client, to=self.receivable)
        self.assert_facts(instalment_due_count=1, late_count=0, overdue_amount=0.0)
        back = self.get_open_lines_of_client()
        self.match(back)
        self.assert_facts(instalment_due_count=1, late_count=0, overdue_amount=0.0)

    def test_a_credit_note_that_is_paid_out_is_no_debt(self):
        note = self.note(ago(95), 300.0)
        out = self.bank(ago(60), -300.0, self.client, to=self.receivable)
        self.assert_facts(instalment_due_count=0)
        self.match(self.get_open_lines(note), self.get_open_lines(out))
        self.assert_facts(instalment_due_count=0)

    def get_open_lines_of_client(self):
        return self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.client.id),
                ("account_id", "=", self.receivable.id),
                ("reconciled", "=", False),
                ("parent_state", "=", "posted"),
            ]
        )

    def test_paid_is_the_day_of_the_payment_not_of_the_locked_invoice(self):
        """The quarter was locked: the invoice is booked after it was paid."""
        invoice = self.sell(ago(100))
        payment = self.pay_on_account(ago(100), 1000.0)
        invoice.button_draft()
        invoice.date = ago(36)
        invoice.action_post()
        self.match(self.get_open_lines(invoice), self.get_open_lines(payment.move_id))
        self.assertEqual(invoice.line_ids.matched_credit_ids.max_date, ago(36))
        self.assert_facts(late_count=0, days_late_avg=0.0)


@tagged("post_install", "-at_install")
class TestLedgerDebts(LedgerCase):
    """What is a debt, and since when."""

    def test_an_opening_balance_is_a_debt(self):
        self.entry(
            ago(350),
            (self.receivable, 50000.0, self.client, ago(320)),
            (self.equity, -50000.0),
        )
        self.assert_facts(
            overdue_amount=50000.0, overdue_days_max=320, level="flag", late_count=1
        )
        self.assertEqual(self.get_rows().due_basis, "entry")

    def test_a_bounced_direct_debit_is_a_debt_from_the_return_on(self):
        self.sell_punctually()
        invoice = self.sell(ago(140))
        self.pay_by_bank(invoice, ago(140))
        self.bank(ago(89), -1000.0, self.client, to=self.receivable)
        self.assertEqual(invoice.payment_state, "paid")
        self.assert_facts(overdue_amount=1000.0, overdue_days_max=89, level="none")

    def test_a_bounced_direct_debit_is_flagged_after_ninety_days(self):
        self.sell_punctually()
        self.pay_by_bank(self.sell(ago(140)), ago(140))
        self.bank(ago(90), -1000.0, self.client, to=self.receivable)
        self.assert_facts(overdue_amount=1000.0, overdue_days_max=90, level="flag")

    def test_a_debt_moved_by_the_wizard_goes_on(self):
        self.sell_punctually()
        invoice = self.sell(ago(30))
        self.move(invoice, ago(31), self.doubtful)
        self.assertEqual(invoice.payment_state, "paid")
        self.assert_facts(
            overdue_amount=1000.0,
            overdue_days_max=30,
            written_off_amount=0.0,
            instalment_due_count=4,
            late_count=1,
        )
        row = self.get_rows().filtered("is_open")
        self.assertEqual(row.due_basis, "moved")

    def move(self, invoice, day, account, client=None):
        """Move what is open of an invoice, as the automatic entry wizard does."""
        lines = self.get_open_lines(invoice)
        amount = sum(lines.mapped("amount_residual"))
        return self.settle(invoice, day, (account, amount, client or lines.partner_id))

    def test_a_doubtful_debt_does_not_grow_young(self):
        invoice = self.sell(ago(200))
        self.move(invoice, ago(20), self.doubtful)
        self.assert_facts(
            overdue_amount=1000.0,
            overdue_days_max=200,
            written_off_amount=0.0,
            level="flag",
        )

    def test_a_debt_moved_twice_keeps_its_age(self):
        worse = self.make_account("Worse", "asset_receivable", reconcile=True)
        first = self.move(self.sell(ago(200)), ago(50), self.doubtful)
        self.move(first, ago(20), worse)
        self.assert_facts(
            overdue_amount=1000.0, overdue_days_max=200, late_count=1, level="flag"
        )

    def test_several_debts_moved_together_keep_the_latest_due_date(self):
        invoices = [self.sell(ago(200)), self.sell(ago(150))]
        entry = self.entry(
            ago(20),
            (self.receivable, -2000.0, self.client),
            (self.doubtful, 2000.0, self.client),
        )
        self.match(
            *(self.get_open_lines(move) for move in invoices),
            self.get_open_lines(entry, self.receivable),
        )
        self.assert_facts(overdue_amount=2000.0, overdue_days_max=150, level="flag")

    def test_a_transfer_that_nobody_matched_is_neither_money_nor_debt(self):
        self.sell(ago(200))
        self.entry(
            ago(20),
            (self.receivable, -1000.0, self.client),
            (self.doubtful, 1000.0, self.client),
        )
        self.assert_facts(
            instalment_due_count=1,
            overdue_amount=1000.0,
            overdue_days_max=200,
            level="flag",
        )

    def test_a_moved_debt_that_is_paid_is_paid(self):
        entry = self.move(self.sell(ago(30)), ago(31), self.doubtful)
        self.pay_by_bank(entry, ago(29))
        self.assert_facts(instalment_due_count=1, late_count=0, days_late_avg=1.0)

    def test_an_invoice_moved_to_the_right_client_is_owed_by_that_one(self):
        right = self.make_client("Right")
        invoice = self.sell(ago(60))
        self.settle(invoice, ago(50), (self.receivable, 1000.0, right, ago(50)))
        self.assert_facts(instalment_due_count=0, written_off_amount=0.0)
        self.assert_facts(right, overdue_amount=1000.0, overdue_days_max=50)

    def test_an_invoice_moved_to_the_right_client_by_an_unmatched_entry(self):
        right = self.make_client("Right")
        self.sell(ago(60))
        self.entry(
            ago(50),
            (self.receivable, -1000.0, self.client),
            (self.receivable, 1000.0, right),
        )
        self.assert_facts(instalment_due_count=0, written_off_amount=0.0)
        self.assert_facts(right, overdue_amount=1000.0, overdue_days_max=50)

    def test_sales_receipts_are_debts(self):
        for number in range(6):
            self.invoice(
                due=ago(40 + 30 * number),
                amount=1000.0,
                move_type="out_receipt",
                invoice_payment_term_id=self.terms.id,
                invoiced=ago(70 + 30 * number),
            )
        self.assert_facts(overdue_amount=6000.0, instalment_due_count=6, level="flag")

    def test_a_due_date_before_the_invoice_date_is_the_invoice_date(self):
        for number in range(3):
            day = ago(40 + 30 * number)
            invoice = self.invoice(due=day, invoiced=day)
            self.get_open_lines(invoice).date_maturity = ago(400)
            self.pay(invoice, day)
        self.assert_facts(late_count=0, days_late_avg=0.0, instalment_due_count=3)

    def test_without_agreed_terms_thirty_days_are_allowed(self):
        for number in range(6):
            invoiced = ago(60 + 30 * number)
            invoice = self.invoice(due=invoiced, invoiced=invoiced, amount=1000.0)
            self.pay(invoice, ago(39 + 30 * number))
        self.assert_facts(late_count=0, days_late_avg=0.0, instalment_due_count=6)
        self.assertEqual(set(self.get_rows().mapped("due_basis")), {"usual"})
        self.company.client_health_usual_term_days = 14
        self.assert_facts(late_count=6, days_late_avg=7.0, level="watch")

    def test_a_due_date_agreed_later_counts(self):
        invoice = self.sell(ago(60))
        self.get_open_lines(invoice).date_maturity = ago(10)
        self.pay(invoice, ago(11))
        self.assert_facts(late_count=0, days_late_avg=0.0)

    def test_documents_without_accounting_tell_nothing(self):
        invoice = self.sell(ago(100))
        invoice.payment_state = "invoicing_legacy"
        self.assert_facts(instalment_due_count=0, overdue_amount=0.0)

    def test_a_company_of_this_database_is_no_client(self):
        sister = self.env["res.company"].create({"name": "Sister"}).partner_id
        self.sell(ago(100), client=sister)
        self.env["client.health"]._refresh()
        health = self.env["client.health"].search([("partner_id", "=", sister.id)])
        self.assertFalse(health.instalment_due_count)
        self.assertFalse(health.overdue_amount)
        self.assertFalse(self.get_rows(sister))


@tagged("post_install", "-at_install")
class TestLedgerSettlement(LedgerCase):
    """How it was settled goes by the other side of the entry."""

    def test_set_off_against_a_vendor_bill_is_paid(self):
        self.sell_punctually()
        self.settle(self.sell(ago(40)), ago(41), (self.payable, 1000.0, self.client))
        self.assert_facts(late_count=0, written_off_amount=0.0)
        row = self.get_rows().filtered(lambda found: found.date_maturity == ago(40))
        self.assertEqual((row.settlement, row.set_off_amount), ("set_off", 1000.0))

    def test_sold_to_a_factor_is_paid(self):
        self.sell_punctually()
        self.settle(self.sell(ago(40)), ago(60), (self.current, 1000.0))
        self.assert_facts(late_count=0, written_off_amount=0.0)

    def test_a_clearing_account_is_paid(self):
        for number in range(4):
            due = ago(40 + 30 * number)
            self.settle(self.sell(due), ago(68 + 30 * number), (self.clearing, 1000.0))
        self.assert_facts(late_count=0, written_off_amount=0.0)

    def test_a_cent_is_no_loss_and_no_debt(self):
        for number, rest in enumerate(("lost", "open")):
            due = ago(100 + number)
            invoice = self.sell(due)
            self.pay(invoice, ago(103 + number), 999.99)
            if rest == "lost":
                self.settle(invoice, ago(10), (self.expense, 0.01))
        self.assert_facts(
            late_count=0,
            written_off_amount=0.0,
            overdue_amount=0.0,
            instalment_due_count=2,
        )

    def test_a_loss_within_a_payment_is_a_loss(self):
        self.sell_punctually()
        invoice = self.sell(ago(20))
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create(
            {
                "payment_date": ago(3),
                "amount": 10.0,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.expense.id,
            }
        )._create_payments()
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        self.assert_facts(written_off_amount=990.0, level="flag")

    def test_a_loss_within_a_bank_line_is_a_loss(self):
        self.sell_punctually()
        invoice = self.sell(ago(20))
        move = self.bank(
            ago(3),
            10.0,
            self.client,
            (self.receivable, -1000.0, self.client),
            (self.expense, 990.0),
        )
        self.match(self.get_open_lines(invoice), self.get_open_lines(move))
        self.assert_facts(written_off_amount=990.0, level="flag")

    def test_one_invoice_never_paid_and_written_off_is_enough(self):
        invoice = self.sell(ago(150), amount=5000.0)
        self.settle(invoice, TODAY, (self.expense, 5000.0))
        self.assert_facts(
            written_off_amount=5000.0, written_off_share=1.0, level="flag"
        )
        self.assertEqual(self.get_rows().settlement, "lost")

    def test_a_loss_counts_in_the_year_it_is_booked(self):
        self.sell_punctually()
        self.settle(self.sell(ago(470), amount=8000.0), ago(3), (self.expense, 8000.0))
        self.assert_facts(
            written_off_amount=8000.0, written_off_share=8 / 11, level="flag"
        )

    def test_the_tax_beside_a_loss_is_lost_too(self):
        tax = self.company_data["default_tax_sale"]
        account = tax.invoice_repartition_line_ids.account_id
        self.settle(
            self.sell(ago(100), amount=1210.0),
            ago(3),
            (self.expense, 1000.0),
            (account, 210.0),
        )
        self.assert_facts(written_off_amount=1210.0, level="flag")

    def test_a_loss_booked_in_a_cash_journal_is_a_loss(self):
        cash = self.company_data["default_journal_cash"]
        self.settle(self.sell(ago(100)), ago(3), (self.expense, 1000.0), journal=cash)
        self.assert_facts(written_off_amount=1000.0, level="flag")

    def test_a_loss_that_nobody_matched_is_a_loss(self):
        self.sell(ago(100))
        self.entry(
            ago(3), (self.receivable, -1000.0, self.client), (self.expense, 1000.0)
        )
        self.assert_facts(written_off_amount=1000.0, overdue_amount=0.0, level="flag")

    def test_payments_that_come_a_year_late_count_in_the_year_they_come(self):
        for _number in range(3):
            self.pay(self.sell(ago(422)), ago(2))
        self.assert_facts(late_count=3, days_late_avg=420.0, level="flag")

    def test_a_company_says_which_accounts_mean_a_loss(self):
        provision = self.make_account("Provision", "asset_current")
        self.settle(self.sell(ago(100)), ago(100), (provision, 1000.0))
        self.assert_facts(written_off_amount=0.0)
        self.company.client_health_loss_account_ids = provision
        self.assert_facts(written_off_amount=1000.0, level="flag")

    def test_a_company_says_which_accounts_mean_no_loss(self):
        charges = self.make_account("Bank charges", "expense")
        self.settle(
            self.sell(ago(100)), ago(100), (self.current, 940.0), (charges, 60.0)
        )
        self.assert_facts(written_off_amount=60.0, level="flag")
        self.company.client_health_paid_account_ids = charges
        self.assertEqual(self.refresh().written_off_amount, 0.0)

    def test_a_cash_discount_is_no_loss(self):
        gain = self.company.account_journal_early_pay_discount_loss_account_id
        self.settle(self.sell(ago(40)), ago(60), (self.current, 900.0), (gain, 100.0))
        self.assert_facts(written_off_amount=0.0, late_count=0)

    def test_a_cash_discount_taken_too_late_and_let_go_is_not_late(self):
        self.sell_punctually()
        invoice = self.sell(ago(100))
        self.pay(invoice, ago(101), 980.0)
        self.settle(invoice, ago(10), (self.expense, 20.0))
        self.assert_facts(late_count=0, written_off_amount=20.0)

    def test_the_till_is_no_other_client(self):
        """Point of Sale books what it took on a receivable line without a client."""
        self.settle(self.sell(ago(40)), ago(40), (self.receivable, 1000.0))
        self.assert_facts(instalment_due_count=1, late_count=0, written_off_amount=0.0)

    def test_an_entry_of_several_clients_moves_what_has_the_same_amount(self):
        others = self.make_client("Old"), self.make_client("New")
        invoice = self.sell(ago(60))
        entry = self.entry(
            ago(50),
            (self.receivable, -1000.0, self.client),
            (self.receivable, 1000.0, others[1]),
            (self.receivable, -300.0, others[0]),
            (self.expense, 300.0),
        )
        own = entry.line_ids.filtered(lambda line: line.partner_id == self.client)
        self.match(self.get_open_lines(invoice), own)
        self.assert_facts(instalment_due_count=0, written_off_amount=0.0)

    def test_an_entry_of_several_clients_loses_in_proportion(self):
        other = self.make_client("Other")
        invoice = self.sell(ago(60))
        entry = self.entry(
            ago(50),
            (self.receivable, -1000.0, self.client),
            (self.receivable, -500.0, other),
            (self.expense, 500.0),
            (self.current, 1000.0),
        )
        own = entry.line_ids.filtered(lambda line: line.partner_id == self.client)
        self.match(self.get_open_lines(invoice), own)
        self.assert_facts(written_off_amount=333.33, level="flag")

    def test_a_credit_in_an_opening_balance_is_money_on_account(self):
        other = self.make_client("Other")
        self.sell(ago(60))
        self.entry(
            ago(300),
            (self.receivable, -1000.0, self.client),
            (self.receivable, 7000.0, other),
            (self.equity, -6000.0),
        )
        self.assert_facts(late_count=0, overdue_amount=0.0, written_off_amount=0.0)


@tagged("post_install", "-at_install")
class TestLedgerJudgement(LedgerCase):
    """Small things are small, and a habit is a habit."""

    def test_three_small_invoices_in_one_late_bank_run_are_no_habit(self):
        for amount in (9000.0, 9000.0):
            self.pay(self.sell(ago(60), amount=amount), ago(61))
        for _number in range(3):
            self.pay(self.sell(ago(60), amount=50.0), ago(44))
        self.assert_facts(late_count=3, late_share=0.6, late_amount_share=150 / 18150)

    def test_a_weekly_bank_run_is_no_habit(self):
        for number in range(6):
            due = ago(60 + 30 * number)
            self.pay(self.sell(due), ago(54 + 30 * number))
        self.assert_facts(late_count=6, days_late_avg=6.0, late_amount_share=1.0)

    def test_a_little_kept_back_is_a_note(self):
        self.sell_punctually()
        self.pay(self.sell(ago(100)), ago(101), 980.0)
        self.assert_facts(overdue_amount=20.0, overdue_days_max=100, late_count=1)

    def test_many_small_payments_are_payments(self):
        invoice = self.sell(ago(40), amount=200.0)
        for _number in range(10):
            self.pay_by_bank(invoice, ago(20), 2.0)
        self.pay_by_bank(invoice, ago(41), 180.0)
        self.assert_facts(late_count=1, days_late_avg=2.0)

    def make_branch(self, name):
        self.company.child_ids = [Command.create({"name": name})]
        self.cr.precommit.run()  # loads the chart of accounts
        branch = self.company.child_ids.filtered(lambda own: own.name == name)
        self.env.user.company_ids |= branch
        return branch

    def test_two_branches_are_judged_together(self):
        branches = self.make_branch("North") | self.make_branch("South")
        for branch in branches:
            for number in range(2):
                due = ago(100 + 40 * number)
                invoice = self.sell(due, company_id=branch.id)
                self.pay(invoice.with_company(branch), ago(65 + 40 * number))
        self.assert_facts(late_count=4, days_late_avg=35.0, level="flag")
        self.assertEqual(self.get_rows().branch_id, branches)
        incident = self.env["client.health.incident"].create(
            {
                "partner_id": self.client.id,
                "company_id": branches[0].id,
                "kind": "demand",
                "description": "Asked for a report each day.",
                "date": TODAY,
            }
        )
        self.env["client.health"]._refresh()
        [health] = self.env["client.health"].search(
            [("partner_id", "=", self.client.id)]
        )
        self.assertEqual(health.company_id, self.company, "one row a legal entity")
        self.assertEqual(incident.health_id, health)
        self.assertEqual((health.invoice_count, health.demand_incident_count), (4, 1))

    def test_the_discount_products_of_the_company_are_those_of_its_branches(self):
        branch = self.make_branch("North")
        product = self.env["product.product"].create({"name": "Goodwill"})
        self.company.client_health_discount_product_ids = product
        self.invoice(
            due=ago(40),
            company_id=branch.id,
            invoice_line_ids=[
                Command.create(
                    {"product_id": own.id, "price_unit": price, "tax_ids": []}
                )
                for own, price in ((self.product, 100.0), (product, -20.0))
            ],
        )
        self.assertRecordValues(
            self.refresh(), [{"list_amount": 100.0, "discount_amount": 20.0}]
        )

    def test_a_colleague_of_a_branch_sees_the_clients_of_the_firm(self):
        branch = self.make_branch("North")
        self.sell(ago(100), company_id=branch.id)
        health = self.refresh(self.client)
        colleague = new_test_user(
            self.env,
            login="north",
            groups="client_health.client_health_group_user,base.group_partner_manager",
            company_id=branch.id,
            company_ids=branch.ids,
        )
        own = self.client.with_user(colleague).with_company(branch)
        self.assertEqual(own.client_health_id, health)
        self.assertEqual(own.client_health_id.overdue_days_max, 100)
        found = own.search([("client_health_state", "=", health.state)])
        self.assertIn(self.client.id, found.ids)


@tagged("post_install", "-at_install")
class TestKnownUntil(LedgerCase):
    """What is open counts to the day the bank is known until."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        statement = cls.env["account.bank.statement.line"].search(
            [("company_id", "=", cls.company.id)]
        )
        statement.unlink()

    def known(self):
        return self.company._get_client_health_known_until()

    def test_without_any_movement_it_is_today(self):
        self.assertEqual(self.known(), TODAY)

    def test_it_is_the_last_bank_line(self):
        self.bank(ago(81), 5.0)
        self.bank(ago(90), 5.0)
        self.assertEqual(self.known(), ago(81))

    def test_a_punctual_client_is_not_late_because_the_bank_is_behind(self):
        for number in range(6):
            client = self.make_client(f"Client {number}")
            self.sell_punctually(client)
            for days in (75, 50, 20):
                self.sell(ago(days), client=client)
        self.bank(ago(81), 5.0)
        for client in self.env["res.partner"].search([("name", "like", "Client _")]):
            self.assert_facts(client, late_count=0, overdue_amount=0.0)
        health = self.refresh(client)
        self.assertEqual(health.known_until, ago(81))
        self.assertTrue(health.is_bank_behind)

    def test_what_is_open_counts_to_that_day(self):
        self.sell(ago(100))
        self.bank(ago(45), 5.0)
        self.assert_facts(overdue_days_max=55, overdue_amount=1000.0)

    def test_month_ends_after_that_day_are_not_counted(self):
        self.sell(ago(160))
        self.bank(ago(90), 5.0)
        before = self.refresh().overdue_month_count
        self.bank(TODAY, 5.0)
        self.assertEqual(self.refresh().overdue_month_count, before + 3)

    def test_the_inbox_says_how_far_the_bank_is_known(self):
        self.bank(ago(45), 5.0)
        notice = self.env["client.health"].get_bank_notice()
        self.assertIn(self.company.name, notice)
        self.assertIn("10/09/2026", notice)
        stranger = new_test_user(self.env, login="stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["client.health"].with_user(stranger).get_bank_notice()
        self.bank(ago(3), 5.0)
        self.assertFalse(self.env["client.health"].get_bank_notice())

    def test_a_week_behind_is_not_said(self):
        self.bank(ago(7), 5.0)
        self.sell(ago(100))
        self.assertFalse(self.refresh().is_bank_behind)

    def test_a_bank_book_without_statements_is_known_by_its_entries(self):
        self.entry(
            ago(30), (self.current, -5.0), (self.equity, 5.0), journal=self.bank_journal
        )
        self.assertEqual(self.known(), ago(30))

    def test_payments_registered_since_do_not_make_the_statements_known(self):
        self.bank(ago(81), 5.0)
        self.pay(self.sell(ago(60)), ago(10))
        self.assertEqual(self.known(), ago(81))

    def test_cash_tells_only_where_no_bank_does(self):
        cash = self.company_data["default_journal_cash"]
        self.entry(ago(3), (self.current, -5.0), (self.equity, 5.0), journal=cash)
        self.assertEqual(self.known(), ago(3))
        self.bank(ago(200), 5.0)
        self.assertEqual(self.known(), ago(200))

    def test_locked_books_are_known(self):
        self.bank(ago(81), 5.0, None, (self.equity, -5.0))
        self.company.fiscalyear_lock_date = ago(40)
        self.assertEqual(self.known(), ago(40))

    def test_a_manager_says_until_when_the_bank_is_complete(self):
        self.bank(ago(81), 5.0)
        self.company.client_health_bank_complete_until = ago(2)
        self.assertEqual(self.known(), ago(2))
        self.company.client_health_bank_complete_until = ago(100)
        self.assertEqual(self.known(), ago(81))

    def test_a_bank_line_of_the_future_does_not_count(self):
        self.bank(ago(-400), 5.0)
        self.bank(ago(81), 5.0)
        self.assertEqual(self.known(), ago(81))

    def test_a_statement_without_lines_tells_nothing(self):
        self.bank(ago(81), 5.0)
        self.env["account.bank.statement"].create({"name": "Empty", "date": TODAY})
        self.assertEqual(self.known(), ago(81))

    def test_a_bank_that_is_imported_once_a_month(self):
        for days in (22, 52, 83):
            self.bank(ago(days), 5.0)
        self.sell(ago(20))
        self.sell(ago(50))
        self.assert_facts(
            instalment_due_count=1, overdue_amount=1000.0, overdue_days_max=28
        )
        self.assertTrue(self.refresh().is_bank_behind)

    def test_one_company_is_behind_and_another_is_not(self):
        self.bank(ago(90), 5.0)
        self.sell(ago(60))
        data, first = self.setup_other_company(name="Up to date"), self.company
        other = data["company"]
        self.env.user.company_ids |= other
        other.client_health_usual_term_days = 30
        env = self.env(context={"allowed_company_ids": other.ids})
        env["account.bank.statement.line"].create(
            {
                "journal_id": data["default_journal_bank"].id,
                "date": TODAY,
                "payment_ref": "Bank",
                "amount": 5.0,
            }
        )
        line = {"name": "Advice", "price_unit": 1000.0, "tax_ids": []}
        env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.client.id,
                "invoice_date": ago(90),
                "invoice_date_due": ago(60),
                "invoice_line_ids": [Command.create(line)],
            }
        ).action_post()
        self.env["client.health"]._refresh(self.client)
        rows = self.env["client.health"].search([("partner_id", "=", self.client.id)])
        found = {
            row.company_id: (row.overdue_days_max, row.known_until) for row in rows
        }
        self.assertEqual(found, {first: (0, ago(90)), other: (60, TODAY)})

    def test_a_branch_is_known_as_its_company(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.bank(ago(81), 5.0)
        self.assertEqual(branch._get_client_health_known_until(), ago(81))


@tagged("post_install", "-at_install")
class TestLedgerRows(LedgerCase):
    """A row opens what it was settled with."""

    def test_it_opens_the_entries_it_was_settled_with(self):
        invoice = self.sell(ago(40))
        entry = self.settle(invoice, ago(41), (self.current, 400.0))
        payment = self.pay_on_account(ago(10), 600.0)
        [row] = self.get_rows()
        action = row.action_open_settlements()
        moves = self.env["account.move"].search(action["domain"])
        self.assertEqual(moves, entry | payment.move_id)
        self.assertEqual(row.action_open_document()["res_id"], invoice.id)

    def test_it_opens_the_bank_line_that_only_knows_the_bank_account(self):
        Account = self.env["res.partner.bank"]
        shared = self.make_client("Shares an account")
        for number, client in (
            ("NL91ABNA0417164300", self.client),
            ("NL39RABO0300065264", self.client),
            ("NL39RABO0300065264", shared),
        ):
            Account.create({"acc_number": number, "partner_id": client.id})
        self.sell(ago(40))
        own, of_two = (
            self.bank(ago(41), 1000.0).statement_line_id for _line in range(2)
        )
        own.account_number = "NL91 ABNA 0417 1643 00"
        of_two.account_number = "NL39RABO0300065264"
        [row] = self.get_rows()
        action = row.action_open_settlements()
        moves = self.env["account.move"].search(action["domain"])
        self.assertEqual(moves, own.move_id)

    def test_rows_of_one_client_are_worked_out_alone(self):
        other = self.make_client("Other")
        self.sell(ago(40))
        self.sell(ago(40), client=other)
        rows = self.env["client.health.payment"].search([])
        self.assertLessEqual(self.client | other, rows.partner_id)
        self.env.invalidate_all()
        self.assertEqual(rows.sudo().mapped("amount"), [1000.0] * len(rows))
        with self.assertQueryCount(4):
            found = self.env["client.health.payment"].search(
                [("partner_id", "=", other.id), ("is_open", "=", True)]
            )
        self.assertEqual(found.partner_id, other)

    def test_terms_in_parts_are_debts_of_their_own(self):
        halves = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value_amount": 50, "nb_days": days})
                    for days in (30, 60)
                ],
            }
        )
        invoice = self.sell(ago(60), invoice_payment_term_id=halves.id)
        self.pay(invoice, ago(60), 500.0)
        self.assert_facts(instalment_due_count=2, late_count=1, overdue_amount=500.0)
