from odoo import Command
from odoo.tests import tagged

from .facts_common import TODAY
from .ledger_common import ago
from .ledger_screens_common import ScreensCase


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
        cls.entry(ago(300), (cls.receivable, -1000.0, cls.client), (cls.equity, 1000.0))
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
    def case_a_loss_that_is_a_draft_again(cls):
        """It is regretted; Odoo keeps it matched, and calls the invoice paid."""
        invoice = cls.sell(ago(60))
        cls.settle(invoice, ago(30), (cls.expense, 1000.0)).button_draft()
        assert not invoice.amount_residual
        return {"late_count": 1, "days_late_avg": 30.0}

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
        cls.settle(invoice, ago(20), (cls.expense, 1000.0), (account, total - 1000.0))
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
        waiting = cls.make_account(
            "Tax on payment", "liability_current", reconcile=True
        )
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
        invoice = cls.sell(ago(40), amount=999.98, invoice_cash_rounding_id=rounding.id)
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
