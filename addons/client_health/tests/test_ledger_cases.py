from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .facts_common import TODAY
from .ledger_common import LedgerCase, ago


@tagged("post_install", "-at_install")
class TestLedgerPayments(LedgerCase):
    """How money comes in at ordinary firms, beyond the table of examples."""

    def test_parts_over_several_bank_lines_count_by_part(self):
        invoice = self.sell(ago(60))
        for days, amount in ((61, 300.0), (50, 300.0), (40, 400.0)):
            self.pay_by_bank(invoice, ago(days), amount)
        self.assert_facts(late_count=1, days_late_avg=11.0, late_amount_share=0.7)

    def test_one_bank_line_for_several_clients_is_paid_by_each(self):
        """A batch of direct debits is one line on the statement."""
        clients = [self.make_client(f"Direct debit {number}") for number in range(3)]
        invoices = [self.sell(ago(40), client=client) for client in clients]
        move = self.bank(
            ago(40),
            3000.0,
            None,
            *((self.receivable, -1000.0, client) for client in clients),
        )
        for invoice, client in zip(invoices, clients, strict=True):
            own = move.line_ids.filtered(lambda line, of=client: line.partner_id == of)
            self.match(self.get_open_lines(invoice), own)
            self.assert_facts(client, late_count=0, instalment_due_count=1)

    def test_a_return_within_a_batch_is_a_debt_of_that_client_only(self):
        payer, returned = self.make_client("Payer"), self.make_client("Returned")
        invoice = self.sell(ago(40), amount=700.0, client=payer)
        self.pay_by_bank(self.sell(ago(70), client=returned), ago(70))
        move = self.bank(
            ago(40),
            -300.0,
            None,
            (self.receivable, -700.0, payer),
            (self.receivable, 1000.0, returned),
        )
        own = move.line_ids.filtered(lambda line: line.partner_id == payer)
        self.match(self.get_open_lines(invoice), own)
        self.assert_facts(payer, overdue_amount=0.0, written_off_amount=0.0)
        self.assert_facts(returned, overdue_amount=1000.0, overdue_days_max=40)

    def test_a_returned_direct_debit_that_is_paid_again_was_late_by_that(self):
        self.pay_by_bank(self.sell(ago(70)), ago(70))
        back = self.bank(ago(65), -1000.0, self.client, to=self.receivable)
        self.pay_by_bank(back, ago(45))
        self.assert_facts(
            instalment_due_count=2, late_count=1, days_late_avg=10.0, level="none"
        )

    def test_a_return_matched_with_the_payment_opens_the_invoice_again(self):
        invoice = self.sell(ago(70))
        paid = self.pay_by_bank(invoice, ago(70))
        line = paid.line_ids.filtered(lambda own: own.account_id == self.receivable)
        line.remove_move_reconcile()
        back = self.bank(ago(65), -1000.0, self.client, to=self.receivable)
        self.match(line, self.get_open_lines(back))
        self.assert_facts(
            instalment_due_count=1, overdue_amount=1000.0, overdue_days_max=70
        )

    def test_paid_months_before_the_invoice_is_paid_in_time(self):
        payment = self.pay_on_account(ago(200), 1000.0)
        invoice = self.sell(ago(40))
        self.match(self.get_open_lines(invoice), self.get_open_lines(payment.move_id))
        self.assert_facts(late_count=0, days_late_avg=0.0, instalment_due_count=1)

    def test_a_payment_of_a_contact_is_of_the_firm(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.client.id}
        )
        self.sell(ago(40))
        self.pay_on_account(ago(41), 400.0, contact)
        self.bank(ago(41), 600.0, contact)
        self.assert_facts(late_count=0, overdue_amount=0.0)

    def test_a_sister_that_pays_is_a_payment(self):
        sister = self.make_client("Sister of the client")
        payment = self.pay_on_account(ago(41), 1000.0, sister)
        invoice = self.sell(ago(40))
        self.match(self.get_open_lines(invoice), self.get_open_lines(payment.move_id))
        self.assert_facts(late_count=0, overdue_amount=0.0)
        self.assert_facts(sister, instalment_due_count=0)

    def test_paid_to_the_owners_own_account_is_paid(self):
        self.settle(self.sell(ago(40)), ago(41), (self.equity, 1000.0))
        self.assert_facts(late_count=0, written_off_amount=0.0)

    def test_tax_withheld_by_the_client_is_no_loss(self):
        withheld = self.make_account("Tax withheld", "asset_current")
        self.settle(
            self.sell(ago(40)), ago(41), (self.current, 850.0), (withheld, 150.0)
        )
        self.assert_facts(late_count=0, written_off_amount=0.0)

    def test_a_factor_that_keeps_a_reserve_has_paid(self):
        reserve = self.make_account("Reserve of the factor", "asset_current")
        self.settle(
            self.sell(ago(40)), ago(60), (self.current, 800.0), (reserve, 200.0)
        )
        self.assert_facts(late_count=0, written_off_amount=0.0)

    def test_a_sister_company_of_this_database_that_pays_has_paid(self):
        sister = self.env["res.company"].create({"name": "Sister"}).partner_id
        self.settle(self.sell(ago(40)), ago(41), (self.receivable, 1000.0, sister))
        self.assert_facts(late_count=0, instalment_due_count=1)

    def test_a_little_too_much_is_a_payment(self):
        invoice = self.sell(ago(40))
        move = self.bank(
            ago(40),
            1005.0,
            None,
            (self.receivable, -1000.0, self.client),
            (self.income, -5.0),
        )
        self.match(self.get_open_lines(invoice), self.get_open_lines(move))
        self.assert_facts(late_count=0, written_off_amount=0.0)

    def test_charges_of_a_foreign_bank_make_nobody_late(self):
        invoice = self.sell(ago(40))
        move = self.bank(
            ago(41),
            985.0,
            None,
            (self.receivable, -1000.0, self.client),
            (self.expense, 15.0),
        )
        self.match(self.get_open_lines(invoice), self.get_open_lines(move))
        self.assert_facts(late_count=0, written_off_amount=15.0)

    def test_a_bank_line_that_waits_for_its_payment_counts_once(self):
        """The payment was registered; its bank line came and is not matched yet."""
        self.register(self.sell(ago(40)), ago(42))
        self.bank(ago(40), 1000.0, self.client)
        self.sell(ago(30))
        self.assert_facts(overdue_amount=1000.0, overdue_days_max=30, late_count=1)

    def register(self, invoice, day):
        """Register a payment that waits for its line on the bank statement."""
        methods = self.bank_journal.inbound_payment_method_line_ids
        methods.payment_account_id = self.clearing
        payment = self.pay_on_account(day, invoice.amount_total)
        self.match(self.get_open_lines(invoice), self.get_open_lines(payment.move_id))
        self.assertFalse(payment.is_matched)

    def test_next_months_bank_line_of_the_same_amount_counts(self):
        self.register(self.sell(ago(60)), ago(62))
        self.sell(ago(30))
        self.bank(ago(32), 1000.0, self.client)
        self.assert_facts(overdue_amount=0.0, late_count=0)

    def test_paid_in_a_foreign_currency_at_another_rate_is_paid(self):
        foreign = self.setup_other_currency(
            "HRK", rates=[("2020-01-01", 4.0), (str(ago(50)), 5.0)]
        )
        invoice = self.sell(ago(40), currency_id=foreign.id)
        self.pay(invoice, ago(41))
        self.assert_facts(late_count=0, written_off_amount=0.0, overdue_amount=0.0)

    def test_terms_over_the_turn_of_the_year_are_nothing_special(self):
        due = TODAY.replace(year=TODAY.year - 1, month=12, day=20)
        self.pay(self.sell(due), due + timedelta(days=20))
        self.assert_facts(late_count=1, days_late_avg=20.0)


@tagged("post_install", "-at_install")
class TestLedgerDocuments(LedgerCase):
    """What bookkeepers do with the debts themselves."""

    def test_a_credit_note_larger_than_the_invoice_pays_the_next(self):
        invoice = self.sell(ago(60))
        note = self.note(ago(55), 1500.0)
        self.match(self.get_open_lines(invoice), self.get_open_lines(note))
        self.sell(ago(40), amount=500.0)
        self.assert_facts(instalment_due_count=0, overdue_amount=0.0)

    def test_an_invoice_cancelled_and_written_again_counts_once(self):
        self.credit(self.sell(ago(90)), ago(60))
        self.pay(self.sell(ago(30)), ago(31))
        self.assert_facts(instalment_due_count=1, late_count=0)

    def test_a_reversed_payment_leaves_the_invoice_open(self):
        invoice = self.sell(ago(60))
        payment = self.pay(invoice, ago(60))
        payment.move_id._reverse_moves([{"date": ago(50)}], cancel=True)
        self.assertEqual(invoice.amount_residual, 1000.0)
        self.assert_facts(
            instalment_due_count=1, overdue_amount=1000.0, overdue_days_max=60
        )

    def test_a_loss_that_was_reversed_is_a_debt_again(self):
        invoice = self.sell(ago(100))
        entry = self.settle(invoice, ago(50), (self.expense, 1000.0))
        entry._reverse_moves([{"date": ago(40)}], cancel=True)
        self.assert_facts(
            written_off_amount=0.0,
            overdue_amount=1000.0,
            overdue_days_max=100,
            instalment_due_count=1,
            level="flag",
        )

    def test_a_sale_booked_by_entry_without_due_date_has_the_usual_term(self):
        for number in range(3):
            entry = self.entry(
                ago(60 + 30 * number),
                (self.receivable, 1000.0, self.client),
                (self.income, -1000.0),
            )
            self.pay_by_bank(entry, ago(35 + 30 * number))
        self.assert_facts(instalment_due_count=3, late_count=0, days_late_avg=0.0)
        self.assertEqual(set(self.get_rows().mapped("due_basis")), {"usual"})

    def test_an_opening_balance_by_invoice_keeps_each_due_date(self):
        self.entry(
            ago(300),
            (self.receivable, 1000.0, self.client, ago(310)),
            (self.receivable, 500.0, self.client, ago(280)),
            (self.equity, -1500.0),
        )
        self.pay_on_account(ago(290), 1000.0)
        self.assert_facts(
            instalment_due_count=2,
            overdue_amount=500.0,
            overdue_days_max=280,
            level="flag",
        )

    def test_an_instalment_plan_is_due_by_its_parts(self):
        plan = self.env["account.payment.term"].create(
            {
                "name": "Ten months",
                "line_ids": [
                    Command.create({"value_amount": 10, "nb_days": 30 * (number + 1)})
                    for number in range(10)
                ],
            }
        )
        invoice = self.sell(ago(150), amount=10000.0, invoice_payment_term_id=plan.id)
        for number in range(6):
            self.pay_by_bank(invoice, ago(150 - 30 * number), 1000.0)
        self.assert_facts(
            instalment_due_count=6, late_count=0, overdue_amount=0.0, days_late_avg=0.0
        )

    def test_a_payment_booked_on_the_wrong_client_and_moved_is_no_debt_of_that_one(
        self,
    ):
        wrong = self.make_client("Wrong")
        payment = self.pay_on_account(ago(41), 1000.0, wrong)
        invoice = self.sell(ago(40))
        entry = self.entry(
            ago(20),
            (self.receivable, 1000.0, wrong),
            (self.receivable, -1000.0, self.client),
        )
        for client, other in ((self.client, invoice), (wrong, payment.move_id)):
            own = entry.line_ids.filtered(lambda line, of=client: line.partner_id == of)
            self.match(self.get_open_lines(other), own)
        self.assert_facts(wrong, instalment_due_count=0, overdue_amount=0.0)
        self.assert_facts(overdue_amount=0.0, late_count=0, written_off_amount=0.0)

    def test_the_vat_reclaimed_on_a_bad_debt_alone_is_no_payment(self):
        """Rule: with a loss beside it the tax is lost too; here it is the rest."""
        account = self.company_data[
            "default_tax_sale"
        ].invoice_repartition_line_ids.account_id
        invoice = self.sell(ago(200), amount=1210.0)
        self.settle(invoice, ago(30), (self.expense, 1000.0), (account, 210.0))
        self.assert_facts(
            written_off_amount=1210.0, written_off_share=1.0, level="flag"
        )

    def test_a_bad_debt_that_is_paid_after_all_stays_a_loss_of_the_window(self):
        self.settle(self.sell(ago(200)), ago(100), (self.expense, 1000.0))
        self.bank(ago(10), 1000.0, None, (self.income, -1000.0))
        self.assert_facts(written_off_amount=1000.0, level="flag")

    def test_half_moved_half_lost_goes_by_its_parts(self):
        invoice = self.sell(ago(200))
        self.settle(
            invoice,
            ago(20),
            (self.doubtful, 500.0, self.client),
            (self.expense, 500.0),
        )
        self.assert_facts(
            written_off_amount=500.0,
            overdue_amount=500.0,
            overdue_days_max=200,
            level="flag",
        )

    def test_a_debt_of_a_disputed_invoice_that_was_moved_stays_disputed(self):
        invoice = self.sell(ago(200))
        invoice.client_health_disputed = True
        self.settle(invoice, ago(20), (self.doubtful, 1000.0, self.client))
        self.assert_facts(instalment_due_count=0, overdue_amount=0.0)

    def test_a_deposit_of_the_client_is_no_payment_of_rent(self):
        deposit = self.make_account("Deposits", "liability_current")
        self.bank(ago(60), 5000.0, None, (deposit, -5000.0, self.client))
        self.sell(ago(40))
        self.assert_facts(overdue_amount=1000.0, late_count=1)

    def test_a_debit_note_is_a_debt(self):
        invoice = self.sell(ago(60))
        self.pay(invoice, ago(61))
        if "debit_origin_id" in invoice:
            self.sell(ago(40), amount=50.0, debit_origin_id=invoice.id)
        else:
            self.sell(ago(40), amount=50.0)
        self.assert_facts(instalment_due_count=2, overdue_amount=50.0)
