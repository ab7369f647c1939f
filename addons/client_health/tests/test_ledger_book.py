from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import new_test_user
from .ledger_common import LedgerCase, ago

MONTHS = 36
EACH_DAYS = 120
"""A client buys three times a year for 1,000, and pays three days early."""
LAST_DUE = 60

# What a bookkeeper would say of each client, as a colleague reads it who may see
# invoices. Who is not named here is neither watched nor flagged for anything.
FLAGGED = {
    "Allocated a part": "Was late with 1 of 4 invoices, 25 % of the amount, 24 days on "
    "average; $ 400 is open, the oldest 100 days (past 12 months)",
    "Always 45 days late": "Paid 3 of 3 invoices late, 45 days on average "
    "(past 12 months)",
    "Bad debt of this month": "$ 8,000 was written off, 73 % of what was due "
    "(past 12 months)",
    "Bad debt within a payment": "$ 990 was written off, 25 % of what was due "
    "(past 12 months)",
    "Bounced": "Was late 1 of 4 times, 25 % of the amount, 24 days on average; $ 1,000 "
    "is open, the oldest 95 days (past 12 months)",
    "Doubtful": "Was late with 1 of 4 invoices, 25 % of the amount, 50 days on "
    "average; $ 1,000 is open, the oldest 200 days (past 12 months)",
    "Forgotten": "Was late with 1 of 4 invoices, 25 % of the amount, 33 days on "
    "average; $ 1,000 is open, the oldest 130 days (past 12 months)",
    "Moved to the right client": "Was late 1 of 4 times, 25 % of the amount, 25 days "
    "on average; $ 1,000 is open, the oldest 100 days (past 12 months)",
    "Old and new lost": "$ 500 was written off, 14 % of what was due (past 12 months)",
    "Opening balance": "Was late with the only amount that was due, 320 days on "
    "average; $ 50,000 is open, the oldest 320 days (past 12 months); something was "
    "overdue at 10 of the last 12 month ends",
    "Paid a year late": "Was late 3 of 6 times, 50 % of the amount, 210 days on "
    "average (past 12 months); something was overdue at 12 of the last 12 month ends",
    "Sales receipts": "Was late with 6 of 6 invoices, 115 days on average; $ 6,000 is "
    "open, the oldest 190 days (past 12 months)",
    "Two branches": "Paid 4 of 4 invoices late, 35 days on average (past 12 months)",
}
BARGAINS = (
    "Discount on 3 of 9 invoices, 20 % of the list price, $ 1,800 (past 24 months)"
)


@tagged("post_install", "-at_install")
class TestLedgerBook(LedgerCase):
    """A book of three years with all kinds of entries, judged by the shipped rules."""

    def test_only_those_are_flagged_whom_a_bookkeeper_would_flag(self):
        self.history = []
        clients = {
            kind.replace("book_", "", 1): self.make_client(
                kind.replace("book_", "", 1).replace("_", " ").capitalize()
            )
            for kind in sorted(dir(self))
            if kind.startswith("book_")
        }
        for kind, client in clients.items():
            with patch.object(type(self), "client", client):
                getattr(self, f"book_{kind}")()
        self.make_history()
        self.env["client.health"]._refresh()
        reader = new_test_user(
            self.env,
            login="reader",
            groups="client_health.client_health_group_user,"
            "account.group_account_invoice",
        )
        flags = self.env["client.health.flag"].search([("level", "!=", "none")])
        told = {
            (flag.partner_id.name, flag.trait_id.code, flag.level): (
                flag.reason.replace("\N{NO-BREAK SPACE}", " ")
            )
            for flag in flags.with_user(reader)
        }
        expected = {
            (name, "late_payer", "flag"): reason for name, reason in FLAGGED.items()
        }
        expected["Bargains", "haggler", "flag"] = BARGAINS
        self.maxDiff = None
        self.assertEqual(told, expected)

    # three years of invoices, made in one go

    def buy(self, late=-3, **vals):
        """Invoices of three years, paid so many days after they are due."""
        for days in range(LAST_DUE, MONTHS * 30, EACH_DAYS):
            self.history.append((self.client, ago(days), ago(days - late), vals))

    def make_history(self):
        invoices = self.env["account.move"].create(
            [
                self.prepare_invoice(client, due, **vals)
                for client, due, _day, vals in self.history
            ]
        )
        invoices.action_post()
        payments = self.env["account.move"].create(
            [
                self.prepare_payment(invoice, day)
                for invoice, (_client, _due, day, _vals) in zip(
                    invoices, self.history, strict=True
                )
            ]
        )
        payments.action_post()
        self.env["account.move.line"]._reconcile_plan(
            [
                self.get_open_lines(invoice) | self.get_open_lines(payment)
                for invoice, payment in zip(invoices, payments, strict=True)
            ]
        )

    def prepare_invoice(self, client, due, **vals):
        line = {"price_unit": 1000.0, "product_id": self.product.id, "tax_ids": []}
        invoiced = due - timedelta(days=30)
        line.update(vals.get("line", {}))
        return {
            "move_type": vals.get("move_type", "out_invoice"),
            "partner_id": client.id,
            "invoice_date": invoiced,
            "invoice_date_due": due if vals.get("terms", True) else invoiced,
            "invoice_payment_term_id": vals.get("terms", True) and self.terms.id,
            "invoice_line_ids": [Command.create(line)],
        }

    def prepare_payment(self, invoice, day):
        """Book what is open at the bank, by an entry of its journal."""
        line, amount = self.get_open_lines(invoice), invoice.amount_residual
        sides = (
            (line.account_id, -amount, invoice.partner_id),
            (self.bank_journal.default_account_id, amount),
        )
        return {
            "move_type": "entry",
            "date": day,
            "journal_id": self.bank_journal.id,
            "line_ids": [Command.create(self.prepare_line(*side)) for side in sides],
        }

    # who pays as agreed, whatever the books look like

    def book_punctual(self):
        self.buy()

    def book_without_terms(self):
        """No terms anywhere: paid three weeks after the invoice."""
        self.buy(late=-9, terms=False)

    def book_weekly_bank_run(self):
        self.buy(late=6)

    def book_payment_on_account(self):
        self.buy()
        self.sell(ago(40))
        self.pay_on_account(ago(42), 1000.0)

    def book_bank_line_in_suspense(self):
        self.buy()
        self.sell(ago(100))
        self.bank(ago(101), 1000.0, self.client)

    def book_bank_line_on_receivables(self):
        self.buy()
        self.sell(ago(100))
        self.bank(ago(101), 1000.0, self.client, to=self.receivable)

    def book_credit_note_not_matched(self):
        self.buy()
        self.sell(ago(100))
        self.note(ago(101), 1000.0)

    def book_payment_without_entry(self):
        """As with an accounting app, whose payments wait for the bank."""
        self.buy()
        self.pay_without_entry(self.sell(ago(100)), ago(101))

    def pay_without_entry(self, invoice, day):
        methods = self.bank_journal.inbound_payment_method_line_ids
        accounts = [(method, method.payment_account_id) for method in methods]
        methods.payment_account_id = False
        with patch.object(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        ):
            payment = self.pay(invoice, day)
        self.assertFalse(payment.move_id)
        for method, account in accounts:
            method.payment_account_id = account

    def book_set_off(self):
        self.buy()
        self.settle(self.sell(ago(40)), ago(41), (self.payable, 1000.0, self.client))

    def book_sold_to_a_factor(self):
        self.buy()
        self.settle(self.sell(ago(40)), ago(60), (self.current, 1000.0))

    def book_web_shop(self):
        self.buy()
        for days in (40, 70, 100):
            self.settle(self.sell(ago(days)), ago(days + 28), (self.clearing, 1000.0))

    def book_one_cent_open(self):
        self.buy()
        self.pay(self.sell(ago(100)), ago(103), 999.99)

    def book_one_cent_let_go(self):
        self.buy()
        invoice = self.sell(ago(100))
        self.pay(invoice, ago(103), 999.99)
        self.settle(invoice, ago(10), (self.expense, 0.01))

    def book_cash_discount_let_go(self):
        self.buy()
        invoice = self.sell(ago(100))
        self.pay(invoice, ago(101), 980.0)
        self.settle(invoice, ago(10), (self.expense, 20.0))

    def book_twenty_kept_back(self):
        self.buy()
        self.pay(self.sell(ago(100)), ago(101), 980.0)

    def book_small_ones_late(self):
        self.pay(self.sell(ago(60), amount=9000.0), ago(61))
        self.pay(self.sell(ago(65), amount=9000.0), ago(66))
        for _number in range(3):
            self.pay(self.sell(ago(60), amount=50.0), ago(44))

    def book_locked_quarter(self):
        """The quarter was closed: the invoice is booked after it was paid."""
        self.buy()
        invoice = self.sell(ago(100))
        payment = self.pay_on_account(ago(100), 1000.0)
        invoice.button_draft()
        invoice.date = ago(36)
        invoice.action_post()
        self.match(self.get_open_lines(invoice), self.get_open_lines(payment.move_id))

    def book_foreign_currency(self):
        self.buy()
        foreign = self.setup_other_currency(
            "HRK", rates=[("2020-01-01", 4.0), (str(ago(50)), 5.0)]
        )
        self.pay(self.sell(ago(40), amount=4000.0, currency_id=foreign.id), ago(41))

    def book_moved_just_now(self):
        """Moved to another account on the day before it was due, a month ago."""
        self.buy()
        invoice = self.sell(ago(30))
        self.settle(invoice, ago(31), (self.doubtful, 1000.0, self.client))

    def book_bad_debt_of_years_ago(self):
        self.buy()
        self.settle(self.sell(ago(600)), ago(450), (self.expense, 1000.0))

    def book_disputed(self):
        self.buy()
        self.sell(ago(200), client_health_disputed=True)

    def book_paid_receipts(self):
        self.buy(move_type="out_receipt")

    def book_paid_back(self):
        """Paid twice, and the second time sent back."""
        self.buy()
        self.pay_on_account(ago(95), 1000.0)
        self.bank(ago(90), -1000.0, self.client, to=self.receivable)

    def book_invoiced_by_mistake(self):
        """The invoice of *Moved to the right client*."""
        self.buy()
        mistaken = self.sell(ago(100))
        right = self.env["res.partner"].search(
            [("name", "=", "Moved to the right client")]
        )
        self.settle(mistaken, ago(105), (self.receivable, 1000.0, right, ago(100)))

    def book_gift_card_and_correction(self):
        """Deductions that nobody asked for."""
        self.buy()
        for days in (50, 80, 110):
            lines = [
                {"price_unit": 1000.0, "product_id": self.product.id, "tax_ids": []},
                {"name": "Gift card", "price_unit": -200.0, "tax_ids": []},
                {
                    "price_unit": 100.0,
                    "quantity": -2,
                    "product_id": self.product.id,
                    "tax_ids": [],
                },
                {"price_unit": 0.0, "product_id": self.product.id, "tax_ids": []},
            ]
            invoice = self.sell(
                ago(days), invoice_line_ids=[Command.create(line) for line in lines]
            )
            self.pay(invoice, ago(days + 1))

    def book_agreed_discount(self):
        self.client.client_health_agreed_discount = 20
        self.buy(line={"discount": 20})

    def book_sister_company(self):
        sister = self.env["res.company"].create({"name": "Sister"}).partner_id
        self.sell(ago(200), client=sister)

    # who does not

    def book_always_45_days_late(self):
        self.buy(late=45)

    def book_forgotten(self):
        self.buy()
        self.sell(ago(130))

    def book_allocated_a_part(self):
        self.buy()
        self.sell(ago(100))
        self.pay_on_account(ago(10), 600.0)

    def book_bounced(self):
        self.buy()
        self.bank(ago(95), -1000.0, self.client, to=self.receivable)

    def book_opening_balance(self):
        self.entry(
            ago(350),
            (self.receivable, 50000.0, self.client, ago(320)),
            (self.equity, -50000.0),
        )

    def book_doubtful(self):
        self.buy()
        invoice = self.sell(ago(200))
        self.settle(invoice, ago(20), (self.doubtful, 1000.0, self.client))

    def book_moved_to_the_right_client(self):
        self.buy()

    def book_bad_debt_of_this_month(self):
        self.buy()
        self.settle(self.sell(ago(470), amount=8000.0), ago(3), (self.expense, 8000.0))

    def book_bad_debt_within_a_payment(self):
        self.buy()
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

    def book_old_and_new_lost(self):
        """A loss of long before is over, that of this summer is not."""
        self.buy()
        self.settle(self.sell(ago(900)), ago(800), (self.expense, 1000.0))
        self.settle(self.sell(ago(200), amount=500.0), ago(90), (self.expense, 500.0))

    def book_paid_a_year_late(self):
        self.buy()
        for _number in range(3):
            self.pay(self.sell(ago(422)), ago(2))

    def book_sales_receipts(self):
        for number in range(6):
            self.invoice(
                due=ago(40 + 30 * number),
                amount=1000.0,
                move_type="out_receipt",
                invoice_payment_term_id=self.terms.id,
                invoiced=ago(70 + 30 * number),
            )

    def book_two_branches(self):
        for name in ("North", "South"):
            self.company.child_ids = [Command.create({"name": name})]
            self.cr.precommit.run()  # loads the chart of accounts
            branch = self.company.child_ids.filtered_domain([("name", "=", name)])
            self.env.user.company_ids |= branch
            for days in (100, 140):
                invoice = self.sell(ago(days), company_id=branch.id)
                self.pay(invoice.with_company(branch), ago(days - 35))

    def book_bargains(self):
        self.buy()
        for days in (70, 100, 130):
            line = {
                "price_unit": 1000.0,
                "discount": 60,
                "product_id": self.product.id,
                "tax_ids": [],
            }
            invoice = self.sell(ago(days), invoice_line_ids=[Command.create(line)])
            self.pay(invoice, ago(days + 1))
