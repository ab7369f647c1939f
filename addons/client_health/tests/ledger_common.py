from datetime import date, timedelta

from odoo import Command

from .facts_common import TODAY, FactsCase


def ago(days) -> date:
    """Return the day so many days before today."""
    return TODAY - timedelta(days=days)


class LedgerCase(FactsCase):
    """A client's books as people keep them: a few words for each kind of entry.

    Invoices of 1,000 without tax, terms of 30 days, the bank known until today.
    Amounts of entries are signed: a debit is positive.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.client_health_usual_term_days = 30
        cls.company.client_health_bank_complete_until = False
        cls.late_payer = cls.env.ref("client_health.client_health_trait_late_payer")
        cls.terms = cls.env["account.payment.term"].create(
            {"name": "30 days", "line_ids": [Command.create({"nb_days": 30})]}
        )
        cls.use_books(cls.company_data)
        cls.bank(TODAY, -1.0)

    @classmethod
    def use_books(cls, data):
        """Book in this company from now on."""
        cls.bank_journal = data["default_journal_bank"]
        cls.cash_journal = data["default_journal_cash"]
        cls.card_journal = data["default_journal_credit"]
        cls.misc = data["default_journal_misc"]
        cls.receivable = data["default_account_receivable"]
        cls.payable = data["default_account_payable"]
        cls.expense = data["default_account_expense"]
        cls.income = data["default_account_revenue"]
        cls.doubtful = cls.make_account("Doubtful", "asset_receivable", reconcile=True)
        cls.current = cls.make_account("Current account", "asset_current")
        cls.clearing = cls.make_account("Clearing", "asset_current", reconcile=True)
        cls.equity = cls.make_account("Opening", "equity")

    @classmethod
    def make_account(cls, name, account_type, **vals):
        cls.account_count = getattr(cls, "account_count", 0) + 1
        return cls.env["account.account"].create(
            {
                "name": name,
                "code": f"CH{cls.account_count:04}",
                "account_type": account_type,
                **vals,
            }
        )

    # what is asked

    @classmethod
    def sell(cls, due, amount=1000.0, client=None, **vals):
        """Return an invoice at 30 days, due on that day."""
        return cls.invoice(
            due=due,
            amount=amount,
            client=client,
            invoiced=due - timedelta(days=30),
            **{"invoice_payment_term_id": cls.terms.id, **vals},
        )

    @classmethod
    def sell_punctually(cls, client=None, count=3):
        """Invoices that are paid a day before they are due."""
        for number in range(count):
            due = ago(200 - 30 * number)
            cls.pay(cls.sell(due, client=client), due - timedelta(days=1))

    # entries

    @classmethod
    def entry(cls, day, *lines, journal=None):
        """Return a posted entry.

        :param lines: tuples of account, amount and perhaps a client and a due date
        """
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": (journal or cls.misc).id,
                "line_ids": [Command.create(cls.prepare_line(*own)) for own in lines],
            }
        )
        move.action_post()
        return move

    @classmethod
    def prepare_line(cls, account, amount, client=None, due=None):
        return {
            "name": account.name,
            "account_id": account.id,
            "partner_id": client.id if client else False,
            "debit": max(amount, 0),
            "credit": max(-amount, 0),
            "date_maturity": due,
        }

    @classmethod
    def settle(cls, invoice, day, *others, journal=None):
        """Settle an invoice by an entry with these other sides; return the entry."""
        lines = cls.get_open_lines(invoice)
        total = sum(amount for _account, amount, *_rest in others)
        own = (lines.account_id, -total, lines.partner_id)
        entry = cls.entry(day, own, *others, journal=journal)
        cls.match(lines, entry.line_ids.filtered(lambda line: line.balance < 0)[:1])
        return entry

    @classmethod
    def bank(cls, day, amount, client=None, *sides, to=None, journal=None):
        """Return the entry of a bank line; in suspense unless told where it is booked.

        :param to: the account it is booked on, for the client
        :param sides: tuples as of ``entry`` instead
        :param journal: cash or card instead of the bank
        """
        line = cls.env["account.bank.statement.line"].create(
            {
                "journal_id": (journal or cls.bank_journal).id,
                "date": day,
                "payment_ref": "Bank",
                "partner_id": client.id if client else False,
                "amount": amount,
            }
        )
        if to:
            sides = ((to, -amount, client),)
        if sides:
            _bank, suspense, _other = line._seek_for_lines()
            line.move_id.with_context(
                force_delete=True, skip_readonly_check=True
            ).line_ids = [
                Command.delete(suspense.id),
                *(Command.create(cls.prepare_line(*own)) for own in sides),
            ]
        return line.move_id

    @classmethod
    def pay_by_bank(cls, invoice, day, amount=None):
        """Pay an invoice by a bank line that is matched with it."""
        lines = cls.get_open_lines(invoice)
        move = cls.bank(
            day,
            amount or sum(lines.mapped("amount_residual")),
            lines.partner_id,
            to=lines.account_id,
        )
        cls.match(lines, cls.get_open_lines(move))
        return move

    @classmethod
    def pay_on_account(cls, day, amount, client=None, **vals):
        """Return a payment from the client's screen, not allocated to an invoice."""
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (client or cls.client).id,
                "amount": amount,
                "date": day,
                "journal_id": cls.bank_journal.id,
                **vals,
            }
        )
        payment.action_post()
        return payment

    @classmethod
    def note(cls, day, amount, client=None, **vals):
        """Return a credit note typed by hand, not matched."""
        return cls.invoice(
            due=day, amount=amount, client=client, move_type="out_refund", **vals
        )

    @classmethod
    def get_open_lines(cls, move, account=None):
        return move.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and not line.reconciled
                and line.account_id == (account or line.account_id)
            )
        )

    @classmethod
    def match(cls, *lines):
        cls.env["account.move.line"].union(*lines).reconcile()

    # what comes of it

    def assert_facts(self, client=None, level="none", **facts):
        """Compare the facts, and whether the shipped rule watches or flags."""
        health = self.refresh(client)
        found = {name: health[name] for name in facts}
        if health:
            found = health.read(list(facts), load="")[0] if facts else {}
            found.pop("id", None)
        expected = {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in facts.items()
        }
        found = {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in found.items()
        }
        self.assertEqual(found, expected)
        self.assertEqual(self.get_level(health), level)

    def get_level(self, health):
        flag = self.env["client.health.flag"].search(
            [("health_id", "in", health.ids), ("trait_id", "=", self.late_payer.id)]
        )
        return flag.level or "none"

    def get_rows(self, client=None):
        return self.env["client.health.payment"].search(
            [("partner_id", "=", (client or self.client).id)]
        )
