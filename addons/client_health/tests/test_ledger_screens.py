from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .ledger_common import ago
from .ledger_screens_common import ScreensCase


@tagged("post_install", "-at_install")
class TestPaymentScreens(ScreensCase):
    """Money, as it is registered in Odoo."""

    def test_a_fair_bookkeeper_says_the_same(self):
        self.assert_cases()

    # ---- register payment

    @classmethod
    def case_one_payment_for_three_invoices(cls):
        invoices = cls.sell(ago(40)) | cls.sell(ago(35)) | cls.sell(ago(30))
        cls.register(invoices, ago(41), group_payment=True)
        return {"instalment_due_count": 3}

    @classmethod
    def case_one_payment_of_which_one_invoice_was_late(cls):
        invoices = cls.sell(ago(60)) | cls.sell(ago(40))
        cls.register(invoices, ago(41), group_payment=True)
        return {"late_count": 1, "days_late_avg": 9.5}

    @classmethod
    def case_a_payment_run_of_two_clients(cls):
        other = cls.make_client("Other")
        invoices = cls.sell(ago(40)) | cls.sell(ago(40), client=other)
        cls.register(invoices, ago(41))
        return {"others": {other: {"instalment_due_count": 1}}}

    @classmethod
    def case_a_part_and_the_rest_kept_open(cls):
        cls.register(
            cls.sell(ago(40)),
            ago(41),
            amount=400.0,
            payment_difference_handling="open",
        )
        return {
            "late_count": 1,
            "days_late_avg": 24.0,
            "overdue_amount": 600.0,
            "late_amount_share": 0.6,
        }

    @classmethod
    def write_off_by_wizard(cls, invoice, day, amount, account=None):
        return cls.register(
            invoice,
            day,
            amount=amount,
            payment_difference_handling="reconcile",
            writeoff_account_id=(account or cls.expense).id,
        )

    @classmethod
    def case_five_euros_let_go(cls):
        cls.write_off_by_wizard(cls.sell(ago(40)), ago(41), 995.0)

    @classmethod
    def case_sixty_euros_let_go_of_four_invoices(cls):
        cls.sell_punctually()
        cls.write_off_by_wizard(cls.sell(ago(40)), ago(41), 940.0)
        return {"written_off_amount": 60.0, "written_off_share": 0.015}

    @classmethod
    def case_ten_euros_too_much_taken_as_income(cls):
        cls.write_off_by_wizard(cls.sell(ago(40)), ago(41), 1010.0, cls.income)

    @classmethod
    def case_the_difference_moved_to_doubtful(cls):
        cls.write_off_by_wizard(cls.sell(ago(200)), ago(20), 400.0, cls.doubtful)
        return {
            "instalment_due_count": 2,
            "late_count": 2,
            "overdue_amount": 600.0,
            "overdue_days_max": 200,
            "days_late_avg": 192.0,
            "level": "flag",
        }

    @classmethod
    def case_the_difference_is_kept_for_a_warranty(cls):
        kept = cls.make_account("Warranty", "asset_current")
        cls.write_off_by_wizard(cls.sell(ago(40)), ago(41), 950.0, kept)

    @classmethod
    def case_a_cash_discount_taken_in_time(cls):
        terms = cls.make_terms(
            (100, 30), early_discount=True, discount_days=10, discount_percentage=2
        )
        invoice = cls.ask(ago(70), terms)
        payment = cls.register(invoice, ago(62))
        assert payment.amount == 980.0, payment.amount

    @classmethod
    def case_a_cash_discount_with_tax(cls):
        for kind in ("included", "excluded", "mixed"):
            terms = cls.make_terms(
                (100, 30),
                early_discount=True,
                discount_days=10,
                discount_percentage=5,
                early_pay_discount_computation=kind,
            )
            line = {
                "product_id": cls.product.id,
                "price_unit": 1000.0,
                "tax_ids": [Command.set(cls.tax.ids)],
            }
            invoice = cls.ask(ago(70), terms, invoice_line_ids=[Command.create(line)])
            payment = cls.register(invoice, ago(62))
            assert payment.amount < invoice.amount_total, kind
            assert not invoice.amount_residual, kind
        return {"instalment_due_count": 3}

    @classmethod
    def case_a_cash_discount_taken_too_late(cls):
        cls.sell_punctually()
        terms = cls.make_terms(
            (100, 30), early_discount=True, discount_days=10, discount_percentage=2
        )
        cls.register(
            cls.ask(ago(70), terms),
            ago(45),
            amount=980.0,
            payment_difference_handling="open",
        )
        return {"late_count": 1, "days_late_avg": 0.2, "overdue_amount": 20.0}

    @classmethod
    def case_thirty_seventy_both_in_time(cls):
        invoice = cls.ask(ago(60), cls.make_terms((30, 0), (70, 30)))
        cls.register(invoice, ago(60), amount=300.0)
        cls.register(invoice, ago(30), amount=700.0)
        return {"instalment_due_count": 2}

    @classmethod
    def case_thirty_seventy_the_second_not_due(cls):
        invoice = cls.ask(ago(20), cls.make_terms((30, 0), (70, 30)))
        cls.register(invoice, ago(18), amount=300.0)
        return {"instalment_due_count": 1, "days_late_avg": 2.0}

    @classmethod
    def case_all_at_once_before_the_second_is_due(cls):
        invoice = cls.ask(ago(60), cls.make_terms((30, 0), (70, 30)))
        cls.register(invoice, ago(58), amount=1000.0)
        return {"instalment_due_count": 2, "days_late_avg": 0.6}

    @classmethod
    def case_a_foreign_invoice_paid_at_another_rate(cls):
        cls.register(
            cls.sell(ago(40), amount=4000, currency_id=cls.foreign.id), ago(41)
        )

    @classmethod
    def case_a_foreign_invoice_paid_in_our_currency(cls):
        invoice = cls.sell(ago(40), amount=4000, currency_id=cls.foreign.id)
        cls.register(
            invoice, ago(41), currency_id=cls.company.currency_id.id, amount=800.0
        )
        assert not invoice.amount_residual

    @classmethod
    def case_paid_in_cash(cls):
        cls.register(cls.sell(ago(40)), ago(41), journal_id=cls.cash_journal.id)

    @classmethod
    def case_paid_too_much_pays_the_next(cls):
        cls.register(cls.sell(ago(60)), ago(61), amount=1100.0)
        cls.sell(ago(40), amount=100.0)
        return {"instalment_due_count": 2}

    @classmethod
    def case_paid_twice_and_sent_back(cls):
        cls.register(cls.sell(ago(60)), ago(61))
        again = cls.pay_on_account(ago(55), 1000.0)
        back = cls.pay_out(ago(50), 1000.0)
        cls.match(cls.get_open_lines(again.move_id), cls.get_open_lines(back.move_id))
        return {"instalment_due_count": 1}

    @classmethod
    def case_paid_twice_sent_back_and_not_matched(cls):
        cls.register(cls.sell(ago(60)), ago(61))
        cls.pay_on_account(ago(55), 1000.0)
        cls.pay_out(ago(50), 1000.0)
        return {"instalment_due_count": 1}

    # ---- payments that did not last

    @classmethod
    def case_a_payment_cancelled(cls):
        cls.register(cls.sell(ago(40)), ago(41)).action_cancel()
        return {"late_count": 1, "overdue_amount": 1000.0, "days_late_avg": 40.0}

    @classmethod
    def case_a_payment_back_to_draft(cls):
        """Odoo keeps the match until the payment is deleted: so do we."""
        invoice = cls.sell(ago(40))
        cls.register(invoice, ago(41)).action_draft()
        assert not invoice.amount_residual
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_payment_deleted(cls):
        payment = cls.register(cls.sell(ago(40)), ago(41))
        payment.action_draft()
        payment.unlink()
        return {"late_count": 1, "overdue_amount": 1000.0, "days_late_avg": 40.0}

    @classmethod
    def case_a_payment_of_another_day_after_all(cls):
        payment = cls.register(cls.sell(ago(40)), ago(10))
        payment.action_draft()
        payment.date = ago(41)
        payment.action_post()
        return {"instalment_due_count": 1}

    @classmethod
    def case_unmatched_again(cls):
        invoice = cls.sell(ago(40))
        cls.register(invoice, ago(41))
        invoice.line_ids.remove_move_reconcile()
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_payment_of_the_owner_of_the_firm(cls):
        """Another contact paid, and who keeps the books matched it."""
        owner = cls.make_client("Owner")
        payment = cls.pay_on_account(ago(41), 1000.0, owner)
        cls.match(
            cls.get_open_lines(cls.sell(ago(40))), cls.get_open_lines(payment.move_id)
        )
        return {"others": {owner: {"instalment_due_count": 0}}}

    @classmethod
    def register_waiting(cls, invoice, day):
        """Register a payment that waits for its line on the bank statement."""
        methods = cls.bank_journal.inbound_payment_method_line_ids
        before = methods.payment_account_id
        methods.payment_account_id = cls.clearing
        payment = cls.register(invoice, day)
        methods.payment_account_id = before
        return payment

    @classmethod
    def confirm_by_bank(cls, payment, day):
        move = cls.bank(day, payment.amount, cls.client, to=cls.clearing)
        waiting = payment.move_id.line_ids | move.line_ids
        cls.match(waiting.filtered(lambda line: line.account_id == cls.clearing))
        assert payment.is_matched

    @classmethod
    def case_a_payment_confirmed_by_its_bank_line(cls):
        payment = cls.register_waiting(cls.sell(ago(40)), ago(41))
        cls.confirm_by_bank(payment, ago(33))

    @classmethod
    def case_a_payment_registered_today_that_the_bank_had_in_time(cls):
        """Who enters last month's statement leaves the day of today."""
        for due in (100, 70, 40):
            payment = cls.register_waiting(cls.sell(ago(due)), ago(due - 25))
            cls.confirm_by_bank(payment, ago(due + 1))
        return {"instalment_due_count": 3}

    @classmethod
    def case_on_account_today_and_on_the_bank_in_time(cls):
        payment = cls.register_waiting(cls.sell(ago(40)), ago(10))
        cls.confirm_by_bank(payment, ago(41))
        payment.move_id.line_ids.filtered(
            lambda line: line.account_id == cls.receivable
        ).remove_move_reconcile()
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_credit_note_paid_out_without_entry(cls):
        """As with an accounting app: the note waits for its bank line."""
        note = cls.note(ago(60), 300.0)
        methods = cls.bank_journal.outbound_payment_method_line_ids
        before = methods.payment_account_id
        methods.payment_account_id = False
        with patch.object(
            cls.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        ):
            payment = cls.register(note, ago(50))
        methods.payment_account_id = before
        assert not payment.move_id
        cls.sell(ago(40), amount=300.0)
        return {"late_count": 1, "overdue_amount": 300.0, "days_late_avg": 40.0}

    # ---- bank lines

    @classmethod
    def case_two_of_the_same_amount_in_a_week_one_registered(cls):
        """The second bank line is the second payment."""
        cls.register_waiting(cls.sell(ago(40)), ago(42))
        cls.sell(ago(38))
        cls.bank(ago(41), 1000.0, cls.client)
        cls.bank(ago(39), 1000.0, cls.client)
        return {"instalment_due_count": 2}

    @classmethod
    def add_account(cls, number, client=None):
        return cls.env["res.partner.bank"].create(
            {"acc_number": number, "partner_id": (client or cls.client).id}
        )

    @classmethod
    def case_a_bank_line_that_only_knows_the_bank_account(cls):
        cls.add_account("NL91 ABNA 0417 1643 00")
        cls.sell(ago(40))
        line = cls.bank(ago(41), 1000.0).statement_line_id
        line.account_number = "NL91ABNA0417164300"
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_bank_account_that_two_clients_share(cls):
        other = cls.make_client("Other")
        for client in (cls.client, other):
            cls.add_account("NL39RABO0300065264", client)
        cls.sell(ago(40))
        line = cls.bank(ago(41), 1000.0).statement_line_id
        line.account_number = "NL39RABO0300065264"
        return {"late_count": 1, "overdue_amount": 1000.0, "days_late_avg": 40.0}

    @classmethod
    def case_a_bank_line_of_a_delivery_address(cls):
        address = cls.make_contact("Warehouse", type="delivery")
        cls.sell(ago(40), client=address)
        cls.bank(ago(41), 1000.0, cls.client)
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_bank_line_undone(cls):
        move = cls.pay_by_bank(cls.sell(ago(40)), ago(41))
        move.statement_line_id.action_undo_reconciliation()
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_bank_line_booked_elsewhere_after_all(cls):
        """In suspense it was the client's money; it was a deposit."""
        deposit = cls.make_account("Deposits", "liability_current")
        cls.sell(ago(40))
        move = cls.bank(ago(41), 1000.0, cls.client)
        cls.get_suspense(move).account_id = deposit
        return {"late_count": 1, "overdue_amount": 1000.0, "days_late_avg": 40.0}

    @classmethod
    def case_one_bank_line_less_what_we_owe(cls):
        """600 came: 1,000 of the invoice less their bill of 400."""
        bill = cls.make_bill(ago(50), 400.0, cls.client)
        invoice = cls.sell(ago(40))
        move = cls.bank(
            ago(41),
            600.0,
            cls.client,
            (cls.receivable, -1000.0, cls.client),
            (cls.payable, 400.0, cls.client),
        )
        cls.match(cls.get_open_lines(invoice), cls.get_open_lines(move))
        owed = (bill.line_ids | move.line_ids).filtered(
            lambda line: line.account_id == cls.payable
        )
        cls.match(owed)

    @classmethod
    def case_two_parts_to_two_bank_accounts(cls):
        """Part of a contractor's invoice goes to a blocked account."""
        invoice = cls.sell(ago(40))
        cls.pay_by_bank(invoice, ago(41), 700.0)
        cls.pay_by_bank(invoice, ago(39), 300.0)
        return {"days_late_avg": 0.3}

    @classmethod
    def case_one_bank_line_for_two_invoices_less_charges(cls):
        cls.sell_punctually()
        invoices = cls.sell(ago(40)), cls.sell(ago(38))
        move = cls.bank(
            ago(41),
            1992.0,
            cls.client,
            (cls.receivable, -2000.0, cls.client),
            (cls.expense, 8.0),
        )
        cls.match(*map(cls.get_open_lines, invoices), cls.get_open_lines(move))

    @classmethod
    def case_a_credit_paid_out_waits_in_suspense(cls):
        cls.note(ago(60), 300.0)
        cls.bank(ago(50), -300.0, cls.client)
        cls.sell(ago(40), amount=300.0)
        return {"late_count": 1, "overdue_amount": 300.0, "days_late_avg": 40.0}

    @classmethod
    def case_a_bounced_direct_debit_with_costs(cls):
        cls.sell_punctually()
        cls.pay_by_bank(cls.sell(ago(40)), ago(40))
        cls.bank(
            ago(30),
            -1015.0,
            None,
            (cls.receivable, 1000.0, cls.client),
            (cls.expense, 15.0),
        )
        return {
            "instalment_due_count": 5,
            "late_count": 1,
            "overdue_amount": 1000.0,
            "overdue_days_max": 30,
            "days_late_avg": 6.0,
        }

    @classmethod
    def case_two_bounces_paid_the_same_week(cls):
        for days in (100, 60):
            cls.pay_by_bank(cls.sell(ago(days)), ago(days))
            back = cls.bank(ago(days - 3), -1000.0, cls.client, to=cls.receivable)
            cls.pay_by_bank(back, ago(days - 7))
        return {"instalment_due_count": 4, "days_late_avg": 2.0}

    @classmethod
    def case_money_on_another_receivable_account(cls):
        cls.sell(ago(40))
        cls.bank(ago(41), 1000.0, cls.client, to=cls.doubtful)

    @classmethod
    def case_a_client_with_an_own_receivable_account(cls):
        cls.client.property_account_receivable_id = cls.doubtful
        invoice = cls.sell(ago(40))
        assert cls.get_open_lines(invoice).account_id == cls.doubtful
        cls.register(invoice, ago(20))
        return {"late_count": 1, "days_late_avg": 20.0}

    @classmethod
    def case_a_payment_dated_tomorrow(cls):
        cls.register(cls.sell(ago(2)), ago(-1))
        return {"days_late_avg": 2.0}

    @classmethod
    def case_paid_on_the_last_day_of_grace(cls):
        for due in (100, 70, 40):
            cls.register(cls.sell(ago(due)), ago(due - 5))
        return {"days_late_avg": 5.0}
