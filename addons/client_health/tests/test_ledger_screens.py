from odoo import Command
from odoo.tests import tagged

from .facts_common import TODAY
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
            invoice = cls.ask(
                ago(70), terms, invoice_line_ids=[Command.create(line)]
            )
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
        cls.register(cls.sell(ago(40), amount=4000, currency_id=cls.foreign.id), ago(41))

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
    def case_a_payment_confirmed_by_its_bank_line(cls):
        methods = cls.bank_journal.inbound_payment_method_line_ids
        before = methods.payment_account_id
        methods.payment_account_id = cls.clearing
        payment = cls.register(cls.sell(ago(40)), ago(41))
        methods.payment_account_id = before
        move = cls.bank(ago(38), 1000.0, cls.client, to=cls.clearing)
        waiting = payment.move_id.line_ids | move.line_ids
        cls.match(waiting.filtered(lambda line: line.account_id == cls.clearing))

    # ---- bank lines

    @classmethod
    def case_two_of_the_same_amount_in_a_week_one_registered(cls):
        """The second bank line is the second payment."""
        methods = cls.bank_journal.inbound_payment_method_line_ids
        before = methods.payment_account_id
        methods.payment_account_id = cls.clearing
        cls.register(cls.sell(ago(40)), ago(42))
        methods.payment_account_id = before
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
        """Part of a contractor's invoice goes to a blocked account of the tax office."""
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
        return {"days_late_avg": 3.0}

    @classmethod
    def case_paid_on_the_last_day_of_grace(cls):
        for due in (100, 70, 40):
            cls.register(cls.sell(ago(due)), ago(due - 5))
        return {"days_late_avg": 5.0}


@tagged("post_install", "-at_install")
class TestDocumentScreens(ScreensCase):
    """Invoices, credit notes and entries, as they are written in Odoo."""

    def test_a_fair_bookkeeper_says_the_same(self):
        self.assert_cases()

    # ---- credit notes

    @classmethod
    def case_credited_in_part_and_the_rest_paid(cls):
        invoice = cls.sell(ago(40))
        note = cls.reverse(invoice, ago(45))
        note.invoice_line_ids.price_unit = 300.0
        note.action_post()
        cls.match(cls.get_open_lines(invoice), cls.get_open_lines(note))
        cls.register(invoice, ago(20))
        return {"late_count": 1, "days_late_avg": 20.0, "revenue_amount": 700.0}

    @classmethod
    def case_credited_and_written_again(cls):
        invoice = cls.sell(ago(100))
        new = cls.reverse(invoice, ago(60), is_modify=True)
        assert invoice.payment_state == "reversed", invoice.payment_state
        new.invoice_date = ago(60)
        new.invoice_payment_term_id = cls.terms
        new.action_post()
        cls.register(new, ago(31))
        return {"instalment_due_count": 1, "revenue_amount": 1000.0}

    @classmethod
    def case_a_credit_note_of_a_draft_stays_a_draft(cls):
        cls.reverse(cls.sell(ago(40)), ago(30))
        return {"late_count": 1, "overdue_amount": 1000.0, "days_late_avg": 40.0}

    @classmethod
    def case_paid_credited_and_paid_out(cls):
        invoice = cls.sell(ago(60))
        cls.register(invoice, ago(61))
        note = cls.reverse(invoice, ago(50))
        note.action_post()
        cls.register(note, ago(40))
        return {"instalment_due_count": 1, "invoice_count": 0}

    @classmethod
    def case_paid_out_before_the_credit_note(cls):
        invoice = cls.sell(ago(60))
        cls.register(invoice, ago(61))
        back = cls.pay_out(ago(55), 1000.0)
        note = cls.reverse(invoice, ago(50))
        note.action_post()
        cls.match(cls.get_open_lines(note), cls.get_open_lines(back.move_id))
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_credit_note_dated_before_the_invoice(cls):
        cls.note(ago(90), 1000.0)
        cls.sell(ago(40))
        return {"instalment_due_count": 0}

    @classmethod
    def case_a_credit_note_long_after_it_was_due(cls):
        cls.note(ago(5), 1000.0)
        cls.sell(ago(200))
        return {"instalment_due_count": 0}

    @classmethod
    def case_a_credit_note_larger_than_what_is_due(cls):
        cls.sell(ago(40), amount=400.0)
        cls.note(ago(35), 1000.0)
        return {"instalment_due_count": 0, "revenue_amount": -600.0}

    @classmethod
    def case_a_negative_total_is_switched_to_a_credit_note(cls):
        line = {"product_id": cls.product.id, "price_unit": -400.0, "tax_ids": []}
        draft = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.client.id,
                "invoice_date": ago(60),
                "invoice_line_ids": [Command.create(line)],
            }
        )
        draft.action_switch_move_type()
        draft.action_post()
        assert draft.move_type == "out_refund", draft.move_type
        invoice = cls.sell(ago(40))
        cls.register(invoice, ago(41), amount=600.0)
        return {"instalment_due_count": 1, "revenue_amount": 600.0}

    @classmethod
    def case_an_invoice_of_nothing(cls):
        cls.sell(ago(40), amount=0.0)
        return {"instalment_due_count": 0}

    @classmethod
    def case_a_bad_debt_by_credit_note_is_credited(cls):
        line = {"name": "Bad debt", "price_unit": 1000.0, "tax_ids": []}
        line["account_id"] = cls.expense.id
        invoice = cls.sell(ago(100))
        note = cls.note(ago(10), 0, invoice_line_ids=[Command.create(line)])
        cls.match(cls.get_open_lines(invoice), cls.get_open_lines(note))
        return {"instalment_due_count": 0, "revenue_amount": 1000.0}

    # ---- changed afterwards

    @classmethod
    def case_back_to_draft_and_dated_later(cls):
        invoice = cls.sell(ago(100))
        invoice.button_draft()
        invoice.invoice_date = ago(50)
        invoice.action_post()
        return {"late_count": 1, "overdue_amount": 1000.0, "days_late_avg": 20.0}

    @classmethod
    def case_cancelled(cls):
        invoice = cls.sell(ago(100))
        invoice.button_draft()
        invoice.button_cancel()
        return {"instalment_due_count": 0, "revenue_amount": 0.0}

    @classmethod
    def case_a_later_due_date_was_agreed(cls):
        invoice = cls.sell(ago(60))
        cls.get_open_lines(invoice).date_maturity = ago(-10)
        return {"instalment_due_count": 0}

    @classmethod
    def case_booked_in_a_later_quarter(cls):
        invoice = cls.sell(ago(100))
        invoice.button_draft()
        invoice.date = ago(20)
        invoice.action_post()
        cls.register(invoice, ago(101))
        return {"instalment_due_count": 1}

    @classmethod
    def case_dated_in_the_future(cls):
        cls.ask(ago(-5), cls.terms)
        return {"instalment_due_count": 0, "revenue_amount": 0.0}

    @classmethod
    def case_a_disputed_invoice_beside_one_that_is_late(cls):
        cls.sell(ago(200)).client_health_disputed = True
        cls.register(cls.sell(ago(40)), ago(30))
        return {
            "instalment_due_count": 1,
            "late_count": 1,
            "days_late_avg": 10.0,
        }

    @classmethod
    def case_a_subscription_that_posts_itself(cls):
        invoice = cls.sell(ago(40))
        cls.register(invoice, ago(41))
        draft = invoice.copy({"invoice_date": ago(-5), "auto_post": "monthly"})
        assert draft.state == "draft"
        return {"instalment_due_count": 1}

    # ---- who it was

    @classmethod
    def case_an_invoice_to_a_contact_paid_by_the_firm(cls):
        invoice = cls.sell(ago(40), client=cls.make_contact())
        cls.register(invoice, ago(20))
        return {"late_count": 1, "days_late_avg": 20.0}

    @classmethod
    def case_a_contact_that_went_to_another_firm(cls):
        contact, firm = cls.make_contact(), cls.make_client("Firm")
        cls.register(cls.sell(ago(60), client=contact), ago(61))
        contact.parent_id = firm
        cls.register(cls.sell(ago(40), client=contact), ago(20))
        return {
            "instalment_due_count": 1,
            "others": {
                firm: {
                    "instalment_due_count": 1,
                    "late_count": 1,
                    "days_late_avg": 20.0,
                }
            },
        }

    @classmethod
    def case_merged_with_its_double(cls):
        double = cls.make_client("Double")
        cls.sell(ago(40), client=double)
        cls.pay_on_account(ago(41), 1000.0)
        cls.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (cls.client | double).ids, cls.client
        )
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_supplier_whose_bills_we_pay_late(cls):
        cls.make_bill(ago(200), 5000.0, cls.client)
        cls.make_bill(ago(100), 500.0, cls.client, "in_refund")
        return {"instalment_due_count": 0, "revenue_amount": 0.0}

    @classmethod
    def case_set_off_against_their_bill(cls):
        bill = cls.make_bill(ago(50), 1000.0, cls.client)
        entry = cls.settle(
            cls.sell(ago(40)), ago(41), (cls.payable, 1000.0, cls.client)
        )
        cls.match(
            (bill.line_ids | entry.line_ids).filtered(
                lambda line: line.account_id == cls.payable
            )
        )

    @classmethod
    def case_set_off_and_nobody_matched_it(cls):
        cls.make_bill(ago(50), 1000.0, cls.client)
        cls.sell(ago(40))
        cls.entry(
            ago(41),
            (cls.receivable, -1000.0, cls.client),
            (cls.payable, 1000.0, cls.client),
        )

    # ---- entries

    @classmethod
    def case_moved_to_doubtful_by_the_dialog(cls):
        invoice = cls.sell(ago(100))
        cls.transfer(cls.get_open_lines(invoice), ago(20), cls.doubtful)
        assert invoice.payment_state in ("paid", "in_payment"), invoice.payment_state
        return {
            "instalment_due_count": 1,
            "late_count": 1,
            "overdue_amount": 1000.0,
            "overdue_days_max": 100,
            "days_late_avg": 100.0,
            "level": "flag",
        }

    @classmethod
    def case_two_clients_moved_to_doubtful_together(cls):
        other = cls.make_client("Other")
        lines = cls.get_open_lines(cls.sell(ago(100))) | cls.get_open_lines(
            cls.sell(ago(40), amount=300.0, client=other)
        )
        cls.transfer(lines, ago(20), cls.doubtful)
        return {
            "late_count": 1,
            "overdue_amount": 1000.0,
            "days_late_avg": 100.0,
            "level": "flag",
            "others": {
                other: {
                    "late_count": 1,
                    "overdue_amount": 300.0,
                    "days_late_avg": 40.0,
                }
            },
        }

    @classmethod
    def case_doubtful_and_then_lost(cls):
        invoice = cls.sell(ago(200))
        moved = cls.settle(invoice, ago(100), (cls.doubtful, 1000.0, cls.client))
        cls.settle(moved, ago(20), (cls.expense, 1000.0))
        return {
            "instalment_due_count": 1,
            "late_count": 1,
            "written_off_amount": 1000.0,
            "written_off_share": 1.0,
            "level": "flag",
        }

    @classmethod
    def case_doubtful_and_then_paid_in_parts(cls):
        invoice = cls.sell(ago(100))
        moved = cls.settle(invoice, ago(60), (cls.doubtful, 1000.0, cls.client))
        cls.pay_by_bank(moved, ago(50), 500.0)
        cls.pay_by_bank(moved, ago(40), 500.0)
        return {"instalment_due_count": 1, "late_count": 1, "days_late_avg": 55.0}

    @classmethod
    def case_an_opening_balance_in_the_clients_favour(cls):
        cls.entry(
            ago(300), (cls.receivable, -1000.0, cls.client), (cls.equity, 1000.0)
        )
        cls.sell(ago(40))

    @classmethod
    def case_an_opening_balance_paid_next_week(cls):
        opening = cls.entry(
            ago(330),
            (cls.receivable, 1000.0, cls.client, ago(325)),
            (cls.equity, -1000.0),
        )
        cls.pay_by_bank(opening, ago(323))
        return {"instalment_due_count": 1, "days_late_avg": 2.0}

    @classmethod
    def case_an_entry_reversed_by_the_dialog(cls):
        entry = cls.entry(
            ago(60), (cls.receivable, 1000.0, cls.client), (cls.equity, -1000.0)
        )
        cls.reverse(entry, ago(30))
        return {"instalment_due_count": 0}

    @classmethod
    def case_a_year_end_entry_that_is_reversed(cls):
        """Debtors with a credit stand among the creditors on the balance sheet."""
        cls.pay_on_account(ago(60), 1000.0)
        other = cls.make_account("Received in advance", "liability_current")
        entry = cls.entry(
            ago(50), (cls.receivable, 1000.0, cls.client), (other, -1000.0)
        )
        cls.reverse(entry, ago(49))
        cls.sell(ago(40))
        return {"instalment_due_count": 1}

    @classmethod
    def case_a_loss_reversed_by_the_dialog(cls):
        cls.sell_punctually()
        invoice = cls.sell(ago(60))
        entry = cls.settle(invoice, ago(30), (cls.expense, 1000.0))
        cls.reverse(entry, ago(20))
        return {
            "instalment_due_count": 4,
            "late_count": 1,
            "overdue_amount": 1000.0,
            "days_late_avg": 15.0,
        }

    @classmethod
    def case_sold_to_a_factor_who_is_a_contact(cls):
        """It advances 80 % and keeps 20 % back."""
        factor = cls.make_client("Factor")
        advance = cls.make_account("Factor", "asset_current")
        cls.settle(
            cls.sell(ago(40)),
            ago(60),
            (advance, 800.0, factor),
            (advance, 200.0, factor),
        )
        return {"others": {factor: {"instalment_due_count": 0}}}

    @classmethod
    def case_a_loss_with_its_tax(cls):
        line = {
            "product_id": cls.product.id,
            "price_unit": 1000.0,
            "tax_ids": [Command.set(cls.tax.ids)],
        }
        invoice = cls.sell(ago(200), invoice_line_ids=[Command.create(line)])
        total = invoice.amount_total
        account = cls.tax.invoice_repartition_line_ids.account_id
        cls.settle(
            invoice, ago(20), (cls.expense, 1000.0), (account, total - 1000.0)
        )
        return {
            "late_count": 1,
            "written_off_amount": total,
            "written_off_share": 1.0,
            "level": "flag",
        }

    @classmethod
    def case_reminder_costs_by_entry_are_due_at_the_usual_term(cls):
        cls.entry(ago(20), (cls.receivable, 40.0, cls.client), (cls.income, -40.0))
        return {"instalment_due_count": 0}

    # ---- kinds of invoices

    @classmethod
    def case_a_receipt_paid_at_the_counter(cls):
        receipt = cls.ask(ago(40), cls.make_terms((100, 0)), move_type="out_receipt")
        cls.register(receipt, ago(40), journal_id=cls.cash_journal.id)
        return {"instalment_due_count": 1, "revenue_amount": 1000.0}

    @classmethod
    def case_a_warranty_of_five_percent_due_next_year(cls):
        invoice = cls.ask(ago(70), cls.make_terms((95, 30), (5, 365)))
        cls.register(invoice, ago(41), amount=950.0)
        return {"instalment_due_count": 1}

    @classmethod
    def case_tax_on_payment(cls):
        cls.company.tax_exigibility = True
        waiting = cls.make_account("Tax on payment", "liability_current", reconcile=True)
        tax = cls.tax.copy(
            {
                "name": "21 % on payment",
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": waiting.id,
            }
        )
        line = {
            "product_id": cls.product.id,
            "price_unit": 1000.0,
            "tax_ids": [Command.set(tax.ids)],
        }
        invoice = cls.sell(ago(40), invoice_line_ids=[Command.create(line)])
        cls.register(invoice, ago(41), amount=invoice.amount_total / 2)
        cls.register(invoice, ago(39))
        assert not invoice.amount_residual
        return {"instalment_due_count": 1, "days_late_avg": 0.5}

    @classmethod
    def case_rounded_to_five_cents(cls):
        rounding = cls.env["account.cash.rounding"].create(
            {
                "name": "Five cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": cls.make_account("Rounding", "income").id,
                "loss_account_id": cls.make_account("Rounding", "expense").id,
            }
        )
        invoice = cls.sell(
            ago(40), amount=999.98, invoice_cash_rounding_id=rounding.id
        )
        assert invoice.amount_total == 1000.0
        cls.register(invoice, ago(41))
        return {"revenue_amount": 1000.0}

    @classmethod
    def case_a_down_payment_deducted(cls):
        first = cls.sell(ago(90), amount=300.0)
        cls.register(first, ago(91))
        lines = [
            Command.create(
                {"product_id": cls.product.id, "price_unit": price, "tax_ids": []}
            )
            for price in (1000.0, -300.0)
        ]
        cls.register(cls.sell(ago(40), invoice_line_ids=lines), ago(41))
        return {"instalment_due_count": 2, "revenue_amount": 1000.0}

    @classmethod
    def case_immediate_payment_was_agreed(cls):
        invoice = cls.ask(ago(40), cls.make_terms((100, 0)))
        cls.register(invoice, ago(20))
        return {"late_count": 1, "days_late_avg": 20.0}

    @classmethod
    def case_nothing_was_agreed_and_today_is_day_thirty(cls):
        cls.invoice(due=ago(30), amount=1000.0, invoiced=ago(30))
        return {"instalment_due_count": 1}

    @classmethod
    def case_end_of_next_month(cls):
        terms = cls.make_terms((100, 0))
        terms.line_ids.write({"delay_type": "days_after_end_of_next_month"})
        invoice = cls.ask(TODAY.replace(month=9, day=3), terms)
        cls.register(invoice, TODAY.replace(month=10, day=31))
        return {"instalment_due_count": 1}

    @classmethod
    def case_ten_small_invoices_and_one_forgotten(cls):
        for number in range(10):
            due = ago(60 + 20 * number)
            cls.register(cls.sell(due, amount=500.0), due)
        cls.sell(ago(100), amount=60.0)
        return {
            "instalment_due_count": 11,
            "late_count": 1,
            "overdue_amount": 60.0,
            "days_late_avg": 1.1858,
        }

    @classmethod
    def case_a_claim_handed_to_a_bailiff_who_pays_less_costs(cls):
        cls.sell_punctually()
        invoice = cls.sell(ago(100))
        move = cls.bank(
            ago(10),
            850.0,
            None,
            (cls.receivable, -1000.0, cls.client),
            (cls.expense, 150.0),
        )
        cls.match(cls.get_open_lines(invoice), cls.get_open_lines(move))
        return {
            "late_count": 1,
            "days_late_avg": 19.8701,
            "written_off_amount": 150.0,
            "written_off_share": 0.0375,
        }
