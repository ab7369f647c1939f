import os
import random
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from odoo import Command
from odoo.tests import tagged

from ..engine.period import get_month_ends
from .common import new_test_user
from .facts_common import TODAY
from .facts_oracle import FactsOracle, at
from .ledger_common import LedgerCase

SEED = int(os.environ.get("CLIENT_HEALTH_BOOK", 20261123))
"""Which random book; another number in the environment makes another one."""


@tagged("post_install", "-at_install")
class TestFactsOracle(LedgerCase):
    """A random book, made through the ORM, counted twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.env.user.tz = "UTC"
        cls.foreign = cls.setup_other_currency(
            "HRK", rates=[("2020-01-01", 3.0), ("2026-05-01", 2.5)]
        )
        cls.terms = cls.env["account.payment.term"].create(
            {
                "name": "30 % now, 70 % in 30 days",
                "line_ids": [
                    Command.create({"value_amount": 30, "nb_days": 0}),
                    Command.create({"value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        cls.colleagues = [
            new_test_user(
                cls.env,
                login=f"colleague{number}",
                groups="client_health.client_health_group_user",
            )
            for number in range(2)
        ]
        stages = cls.env["helpdesk.ticket.stage"].search([])
        cls.opened = stages.filtered(lambda stage: not stage.closed)[:1]
        cls.closed = stages.filtered("closed")[:1]
        cls.clients = cls.env["res.partner"]
        cls.contacts = {}
        for number in range(6):
            client = cls.make_client(f"Client {number}")
            cls.clients |= client
            cls.contacts[client] = client | cls.env["res.partner"].create(
                {"name": f"Contact {number}", "parent_id": client.id}
            )
        other_data = cls.setup_other_company(name="Other")
        cls.other = other_data["company"]
        cls.clients[0].client_health_agreed_discount = 10
        for company in (cls.company, cls.other):
            company.client_health_discount_product_ids = cls.product.create(
                {"name": "Discount", "type": "service"}
            )
        cls.other.resource_calendar_id.tz = "America/New_York"
        cls.other.client_health_window_months = 6
        cls.other.client_health_grace_days = 0
        cls.company.client_health_hourly_cost = 60
        cls.other.client_health_ticket_minutes = 20
        cls.fill(cls.company_data, 40, 30)
        cls.fill(other_data, 12, 10)

    @classmethod
    def fill(cls, company_data, invoices, tickets):
        env, data, company = cls.env, cls.company_data, company_data["company"]
        cls.env = env(context=dict(env.context, allowed_company_ids=company.ids))
        cls.company_data = company_data
        cls.use_books(company_data)
        for number in range(invoices):
            if not number % 10:
                cls.analyze()
            cls.add_invoice()
            cls.add_oddity()
        for _number in range(tickets):
            cls.add_ticket(company)
        cls.add_records(company)
        if "project_id" in cls.env["account.analytic.line"]._fields:
            cls.add_timesheets(company)
        cls.env, cls.company_data = env, data
        cls.use_books(data)

    @classmethod
    def analyze(cls):
        """Let PostgreSQL know how the book grows.

        Nothing is committed, so it takes the tables for as empty as they were and a
        payment's own queries for cheap: those can then take a minute each.
        """
        cls.env.cr.execute(
            "ANALYZE account_move, account_move_line, account_payment,"
            " account_partial_reconcile"
        )

    @classmethod
    def maybe(cls, share):
        return cls.random.random() < share

    @classmethod
    def any_day(cls, months):
        return TODAY - timedelta(days=cls.random.randrange(30 * months))

    @classmethod
    def get_contact(cls):
        client = cls.random.choice(cls.clients)
        return cls.random.choice(cls.contacts[client])

    @classmethod
    def add_invoice(cls):
        day = cls.any_day(28)
        move = cls.env["account.move"].create(
            {
                "move_type": "out_receipt" if cls.maybe(0.1) else "out_invoice",
                "partner_id": cls.get_contact().id,
                "invoice_date": day,
                "currency_id": (
                    cls.foreign if cls.maybe(0.2) else cls.env.company.currency_id
                ).id,
                "invoice_line_ids": [
                    Command.create(vals) for vals in cls.prepare_lines()
                ],
                **(
                    {"invoice_payment_term_id": cls.terms.id}
                    if cls.maybe(0.3)
                    else {
                        "invoice_payment_term_id": False,
                        "invoice_date_due": day
                        + timedelta(days=cls.random.choice((0, 14, 30, 60))),
                    }
                ),
            }
        )
        move.client_health_disputed = cls.maybe(0.1)
        move.client_health_offered = cls.maybe(0.1)
        if cls.maybe(0.05):
            return
        move.action_post()
        if cls.maybe(0.05):
            move.button_cancel() if cls.maybe(0.5) else move.button_draft()
            return
        cls.settle_somehow(move)

    # what bookkeepers do besides

    @classmethod
    def add_oddity(cls):
        oddity = cls.random.choice(
            (
                cls.add_money_on_account,
                cls.add_note,
                cls.add_bounce,
                cls.add_opening_balance,
                cls.add_receipt,
                cls.add_own_terms,
                cls.add_settled,
                cls.add_settled,
                cls.add_settled,
                cls.add_transfer,
                cls.add_entry_of_several,
                cls.add_cash_or_card,
                cls.add_bill,
                cls.add_wrong_year,
            )
        )
        oddity(cls.get_contact(), cls.any_day(24), 100.0 * cls.random.randint(1, 40))

    @classmethod
    def add_money_on_account(cls, client, day, amount):
        kind = cls.random.choice(("payment", "booked", "suspense", "back"))
        if kind == "payment":
            cls.pay_on_account(day, amount, client)
        elif kind == "booked":
            cls.bank(day, amount, client, to=cls.receivable)
        else:
            cls.bank(day, amount if kind == "suspense" else -amount / 4, client)

    @classmethod
    def add_wrong_year(cls, client, day, amount):
        """Paid on a day to come, as it was typed; at times on account."""
        invoice = cls.sell(day, amount, client)
        typed = TODAY + timedelta(days=300)
        if cls.maybe(0.5):
            cls.pay(invoice, typed)
        else:
            cls.pay_on_account(typed, amount, client)

    @classmethod
    def add_note(cls, client, day, amount):
        note = cls.note(day, amount, client)
        if cls.maybe(0.4):
            out = cls.bank(day, -amount, client, to=cls.receivable)
            if cls.maybe(0.5):
                cls.match(cls.get_open_lines(note), cls.get_open_lines(out))

    @classmethod
    def add_bounce(cls, client, day, amount):
        cls.pay_by_bank(cls.sell(day, amount, client), day)
        back = cls.bank(cls.later(day), -amount, client, to=cls.receivable)
        if cls.maybe(0.5):
            cls.pay_by_bank(back, cls.later(day, 60))

    @classmethod
    def add_opening_balance(cls, client, day, amount):
        due = cls.random.choice((None, day, cls.later(day, 40)))
        sign = -1 if cls.maybe(0.2) else 1
        cls.entry(
            day,
            (cls.receivable, sign * amount, client, due),
            (cls.equity, -sign * amount),
        )

    @classmethod
    def add_receipt(cls, client, day, amount):
        receipt = cls.invoice(
            due=day, amount=amount, client=client, move_type="out_receipt"
        )
        if cls.maybe(0.5):
            cls.pay_by_bank(receipt, cls.later(day, 60))

    @classmethod
    def add_own_terms(cls, client, day, amount):
        """Terms nobody agreed, a due date typed too early, one agreed later."""
        invoice = cls.invoice(due=day, amount=amount, client=client, invoiced=day)
        days = cls.random.choice((-40, 0, 50))
        cls.get_open_lines(invoice).date_maturity = day + timedelta(days=days)
        if cls.maybe(0.7):
            cls.pay(invoice, cls.later(day, 80))

    @classmethod
    def add_settled(cls, client, day, amount):
        """Settled otherwise than by a payment, in full or in part."""
        invoice = cls.sell(day, amount, client)
        part = round(amount * cls.random.choice((1, 1, 0.5, 0.03, 0.0001)), 2)
        rest = round(amount - part, 2)
        account = cls.random.choice(
            (cls.expense, cls.expense, cls.payable, cls.clearing, cls.receivable)
        )
        sides = [(account, part, client if account == cls.payable else None)]
        if rest:
            sides.append((cls.current, rest))
        cls.settle(invoice, cls.later(day, 100), *sides)

    @classmethod
    def add_transfer(cls, client, day, amount):
        """Moved to another account or client, at times unmatched or twice."""
        invoice = cls.sell(day, amount, client)
        to = cls.get_contact() if cls.maybe(0.3) else client
        sides = (cls.receivable, -amount, client), (cls.doubtful, amount, to)
        entry = cls.entry(cls.later(day, 100), *sides)
        if cls.maybe(0.3):
            return
        cls.match(
            cls.get_open_lines(invoice), cls.get_open_lines(entry, cls.receivable)
        )
        if cls.maybe(0.3):
            cls.settle(entry, cls.later(entry.date, 50), (cls.doubtful, amount, to))

    @classmethod
    def add_entry_of_several(cls, client, day, amount):
        other, third = cls.get_contact(), cls.get_contact()
        invoice = cls.sell(day, amount, client)
        sides = cls.random.choice(
            (
                [(cls.doubtful, amount, third), (cls.expense, amount)],
                [(cls.expense, amount / 2), (cls.current, 1.5 * amount)],
                [(cls.doubtful, 2 * amount, third)],
                [(cls.doubtful, amount / 2, third), (cls.current, 1.5 * amount)],
            )
        )
        entry = cls.entry(
            cls.later(day, 60),
            (cls.receivable, -amount, client),
            (cls.receivable, -amount, other),
            *sides,
        )
        if cls.maybe(0.8):
            own = entry.line_ids.filtered(lambda line: line.balance < 0).sorted("id")
            cls.match(cls.get_open_lines(invoice), own[:1])

    @classmethod
    def add_cash_or_card(cls, client, day, amount):
        """Paid into the till or by card, at times on account or still in suspense."""
        for journal in (cls.cash_journal, cls.card_journal):
            invoice = cls.sell(day, amount, client)
            kind = cls.random.choice(("matched", "matched", "on account", "suspense"))
            to = None if kind == "suspense" else cls.receivable
            paid = cls.bank(cls.later(day, 80), amount, client, to=to, journal=journal)
            if kind == "matched":
                cls.match(cls.get_open_lines(invoice), cls.get_open_lines(paid))

    @classmethod
    def add_bill(cls, client, day, amount):
        """Set off against what we owe the client, or their bill left open."""
        bill = cls.invoice(
            due=day, amount=amount, client=client, move_type="in_invoice"
        )
        invoice = cls.sell(day, amount, client)
        if cls.maybe(0.3):
            return
        entry = cls.settle(invoice, cls.later(day, 80), (cls.payable, amount, client))
        cls.match(
            (bill | entry).line_ids.filtered(
                lambda line: line.account_id == cls.payable
            )
        )

    @classmethod
    def later(cls, day, days=30):
        return min(day + timedelta(days=cls.random.randrange(days)), TODAY)

    @classmethod
    def prepare_lines(cls):
        lines = [
            {
                "product_id": cls.product.id,
                "quantity": cls.random.randint(1, 5),
                "price_unit": 20 * cls.random.randint(3, 50),
                "discount": cls.random.choice((0, 0, 0, 5, 20, 100)),
                "tax_ids": [],
            }
            for _number in range(cls.random.randint(1, 3))
        ]
        if cls.maybe(0.1):
            lines[0]["price_unit"] = 0
        elif cls.maybe(0.2):
            price = 121 * cls.random.randint(1, 9)
            lines[0].update(price_unit=price, tax_ids=cls.get_included_tax().ids)
        if cls.maybe(0.1):
            lines.append({"name": "Advance", "price_unit": -10, "tax_ids": []})
        if cls.maybe(0.2):
            product = cls.env.company.client_health_discount_product_ids
            asked = {"product_id": product.id, "price_unit": -30, "tax_ids": []}
            lines += [asked, {**asked, "price_unit": -15}]
        if cls.maybe(0.1):
            deposit = {"name": "Deposit", "price_unit": 50, "tax_ids": []}
            lines.append({**deposit, "account_id": cls.get_deposit_account().id})
        lines.append({"name": "Base", "price_unit": 100, "quantity": 1, "tax_ids": []})
        return lines

    @classmethod
    def get_included_tax(cls):
        tax = cls.company_data["default_tax_sale"]
        tax.write({"amount": 21, "price_include_override": "tax_included"})
        return tax

    @classmethod
    def get_deposit_account(cls):
        return cls.env["account.account"].search(
            [
                ("account_type", "=", "liability_current"),
                ("company_ids", "in", cls.env.company.ids),
            ],
            limit=1,
        )

    @classmethod
    def settle_somehow(cls, move):
        kind = cls.random.choice(
            ("paid", "paid", "paid", "parts", "credit", "credited", "off", "open")
        )
        day = min(move.invoice_date + timedelta(days=cls.random.randrange(130)), TODAY)
        later = min(day + timedelta(days=cls.random.randrange(60)), TODAY)
        if kind == "paid":
            cls.pay(move, day)
        elif kind == "parts":
            cls.pay(move, day, round(move.amount_total / 3, 2))
            if cls.maybe(0.6):
                cls.pay(move, later)
        elif kind == "credit":
            cls.credit(move, day, 50)
            if cls.maybe(0.6):
                cls.pay(move, later)
        elif kind == "credited":
            cls.credit(move, day)
        elif kind == "off":
            cls.pay(move, day, round(move.amount_total / 2, 2))
            cls.write_off(move, later, round(move.amount_residual_signed, 2))

    @classmethod
    def credit(cls, invoice, day, amount=None):
        refund = invoice._reverse_moves([{"invoice_date": day, "date": day}])
        if amount is not None:
            refund.invoice_line_ids[1:].unlink()
            refund.invoice_line_ids.write(
                {"price_unit": amount, "quantity": 1, "discount": 0}
            )
        refund.action_post()
        cls.reconcile(invoice, refund)

    @classmethod
    def add_ticket(cls, company):
        contact = cls.get_contact()
        created = at(cls.any_day(14), cls.random.randrange(24))
        ticket = cls.env["helpdesk.ticket"].create(
            {
                "name": "Help",
                "description": "Help",
                "partner_id": contact.id,
                "company_id": company.id,
                "stage_id": cls.opened.id,
            }
        )
        ticket.client_health_own_fault = cls.maybe(0.1)
        cls.talk(ticket, contact, created)
        if cls.maybe(0.6):
            cls.reopen(ticket, created)
        if cls.maybe(0.5):
            cls.env["rating.rating"].create(
                {
                    "res_model_id": cls.env["ir.model"]._get_id("helpdesk.ticket"),
                    "res_id": ticket.id,
                    "rating": cls.random.choice((1, 3, 5)),
                    "consumed": cls.maybe(0.8),
                }
            )
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s",
            (created, ticket.id),
        )
        ticket.invalidate_recordset()

    @classmethod
    def talk(cls, ticket, contact, moment):
        """Let the client, we and strangers write; at times the client is in a rush."""
        staff = cls.env.ref("base.user_admin").partner_id
        nobody = cls.env["res.partner"]
        for _number in range(cls.random.randrange(8)):
            author = cls.random.choice((contact, contact, staff, cls.client, nobody))
            cls.add_message(ticket, author, moment)
            if cls.maybe(0.3):
                cls.add_odd_message(ticket, contact, moment)
            moment += timedelta(hours=cls.random.choice((1, 5, 13, 23, 14 * 24, 400)))
        if cls.maybe(0.4):
            cls.add_message(ticket, staff, moment, message_type="comment")
            moment += timedelta(days=cls.random.choice((13, 14, 15)))
            step = cls.random.choice((16, 24, 25))
            for number in range(3):
                then = moment + timedelta(hours=step * number)
                cls.add_message(ticket, contact, then, message_type="email")

    @classmethod
    def add_message(cls, ticket, author, moment, **vals):
        if moment > at(TODAY, 0):
            return None
        kinds = ("email", "comment", "comment", "notification", "email_outgoing")
        subtype = "mail.mt_note" if not vals and cls.maybe(0.1) else "mail.mt_comment"
        return cls.env["mail.message"].create(
            {
                "model": "helpdesk.ticket",
                "res_id": ticket.id,
                "date": moment,
                "author_id": author.id,
                "message_type": cls.random.choice(kinds),
                "subtype_id": cls.env.ref(subtype).id,
                **vals,
            }
        )

    @classmethod
    def add_odd_message(cls, ticket, contact, moment):
        """Let something arrive that is not what it seems."""
        kind = cls.random.choice(("automatic", "removed", "unknown", "late"))
        if kind == "automatic":
            vals = {"message_type": "email", "client_health_automatic": True}
            cls.add_message(ticket, contact, moment, **vals)
        elif kind == "removed":
            said = {"message_type": "comment", "body": "<p>Said</p>"}
            message = cls.add_message(ticket, contact, moment, **said)
            if message:
                ticket._message_update_content(message, body="")
        elif kind == "unknown":
            sender = cls.random.choice(("a@client.nl", "A <A@client.nl>", "b@c.nl"))
            vals = {"message_type": "email", "email_from": sender}
            nobody = cls.env["res.partner"]
            cls.add_message(ticket, nobody, moment, **vals)
            ticket.partner_email = "a@client.nl"
        else:
            message = cls.add_message(ticket, contact, moment, message_type="email")
            cls.reach(message, moment + timedelta(hours=cls.random.choice((9, 60))))

    @classmethod
    def reach(cls, message, moment):
        """Let a message have reached us at a moment."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE mail_message SET create_date = %s WHERE id = ANY(%s)",
            (moment, message.ids if message else []),
        )
        cls.env.invalidate_all()

    @classmethod
    def reopen(cls, ticket, moment):
        """Close and open a ticket some times, by mistake or days later."""
        cls.env.cr.flush()
        tracked = ticket.with_context(tracking_disable=False, mail_notrack=False)
        for stage in (cls.closed, cls.opened, cls.closed, cls.opened):
            moment += timedelta(hours=cls.random.choice((1, 30, 200)))
            with freeze_time(moment):
                tracked.stage_id = stage
                cls.env.cr.flush()

    @classmethod
    def add_timesheets(cls, company):
        """Let some clients have time sheets, with a cost or without, in days off too.

        Written as they are stored: what an addon makes of employees is its own.
        """
        for client in cls.clients[:3]:
            project = (
                cls.env["project.project"]
                # sudo: nobody of this test keeps projects
                .sudo()
                .create(
                    {
                        "name": "Work",
                        "partner_id": cls.random.choice(cls.contacts[client]).id,
                        "company_id": company.id,
                        "allow_timesheets": True,
                    }
                )
            )
            for _number in range(12):
                hours = cls.random.choice((0.25, 1, 1.5, 4))
                line = (
                    cls.env["account.analytic.line"]
                    # sudo: nobody of this test books hours
                    .sudo()
                    .create(
                        {
                            "name": "Work",
                            "project_id": project.id,
                            "employee_id": cls.get_employee(company).id,
                            "date": cls.any_day(15),
                            "unit_amount": hours,
                        }
                    )
                )
                line.amount = -hours * cls.random.choice((0, 40, 55))

    @classmethod
    def get_employee(cls, company):
        # sudo: nobody of this test keeps employees
        Employee = cls.env["hr.employee"].sudo()
        own = [("company_id", "=", company.id)]
        return Employee.search(own, limit=1) or Employee.create(
            {"name": "Employee", "company_id": company.id}
        )

    @classmethod
    def add_records(cls, company):
        for _number in range(40):
            # sudo: nobody but the tests reports in another's name
            cls.env["client.health.incident"].sudo().create(
                {
                    "partner_id": cls.get_contact().id,
                    "company_id": company.id,
                    "kind": cls.random.choice(
                        ("integrity", "demand", "conduct", "conduct", "freebie")
                    ),
                    "date": cls.any_day(15),
                    "description": "What happened",
                    "severe": cls.maybe(0.6),
                    "user_id": cls.random.choice(cls.colleagues).id,
                }
            )
            promise = cls.env["client.health.promise"].create(
                {
                    "partner_id": cls.get_contact().id,
                    "company_id": company.id,
                    "description": "What was promised",
                    "date_promised": cls.any_day(15),
                }
            )
            # sudo: settled by a button elsewhere
            promise.sudo().state = cls.random.choice(
                ("open", "kept", "kept", "partly", "broken")
            )

    def assert_equal_to_oracle(self, company, today=TODAY):
        self.env.flush_all()
        self.env.invalidate_all()
        oracle = FactsOracle(self.env, company, today)
        expected = oracle.get_all(self.clients)
        found = (
            self.env["client.health"]
            .sudo()
            .search([("company_id", "=", company.id)])
            .grouped("partner_id")
        )
        seen = dict.fromkeys(self.env["client.health"]._get_facts(), 0)
        for client in self.clients:
            for fact in self.env["client.health"]._get_facts():
                value = found[client][fact] if client in found else 0
                with self.subTest(client=client.name, fact=fact, company=company.name):
                    self.assertAlmostEqual(expected[client][fact], value, 2)
                seen[fact] += bool(value)
        return [fact for fact, count in seen.items() if not count]

    def test_every_fact_is_what_slow_and_obvious_python_says(self):
        self.env["client.health"]._refresh()
        never_seen = self.assert_equal_to_oracle(self.company)
        # midnight in UTC is the evening before in New York
        nor_there = self.assert_equal_to_oracle(self.other, TODAY - timedelta(days=1))
        never_seen = set(never_seen) & set(nor_there)
        self.assertEqual(never_seen, set(), "the book has to show every fact")

    def test_the_book_has_entries_in_every_kind_of_journal(self):
        types = self.env["account.journal"]._fields["type"].get_values(self.env)
        companies = self.company | self.other
        moves = self.env["account.move"].search(
            [("company_id", "in", companies.ids), ("state", "=", "posted")]
        )
        self.assertEqual(set(moves.journal_id.mapped("type")), set(types))

    def test_refreshing_some_gives_the_same_as_refreshing_all(self):
        self.env["client.health"]._refresh()
        self.env.cr.execute(
            "UPDATE client_health SET late_count = 99, ticket_count = 99,"
            " discount_amount = 99, message_count = 99, workload_ratio = 99"
        )
        self.env.invalidate_all()
        contacts = self.env["res.partner"].union(*self.contacts.values())
        self.env["client.health"]._refresh(contacts - self.clients)
        self.assert_equal_to_oracle(self.company)
        self.assert_equal_to_oracle(self.other, TODAY - timedelta(days=1))

    def test_refreshing_each_alone_gives_the_same_as_refreshing_all(self):
        for client in self.clients:
            self.env["client.health"]._refresh(client)
        # the first time nobody has a median yet: the full refresh keeps it
        self.env["client.health"]._refresh_medians()
        self.assert_equal_to_oracle(self.company)
        self.assert_equal_to_oracle(self.other, TODAY - timedelta(days=1))

    def test_each_number_is_what_its_evidence_adds_up_to(self):
        self.env["client.health"]._refresh()
        opened = dict.fromkeys(self.env["client.health"]._get_facts(), 0)
        for company in (self.company, self.other):
            records = self.env["client.health"].search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", self.clients.ids),
                ]
            )
            env = self.env(context={"allowed_company_ids": company.ids})
            for health in records.with_env(env):
                for fact in self.env["client.health"]._get_facts():
                    rows = self.open_evidence(health, fact)
                    value = COUNTED[fact](rows, health)
                    with self.subTest(client=health.partner_id.name, fact=fact):
                        self.assertAlmostEqual(health[fact], value, delta=0.0051)
                    opened[fact] += bool(rows) and bool(value)
        self.assertEqual(set(COUNTED), set(self.env["client.health"]._get_facts()))
        never = [fact for fact, count in opened.items() if not count]
        self.assertEqual(never, [], "the book has to show evidence of every fact")

    def open_evidence(self, health, fact):
        """Return the rows that the button beside the number opens."""
        action = health.with_context(fact=fact).action_open_evidence()
        return health.env[action["res_model"]].search(action["domain"])


def _share(part, whole):
    return part / whole if whole else 0


def _sum(name):
    return lambda rows, health: sum(rows.mapped(name))


def _count(rows, health):
    return len(rows)


def _count_months(rows, health):
    """Return at how many month ends one of these rows was long overdue."""
    period = health.company_id._get_client_health_period()
    return sum(
        any(
            (end - row.date_maturity).days > 14 and (row.is_open or row.paid_date > end)
            for row in rows
        )
        for end in get_month_ends(period.known_until)
    )


def _count_discounted(rows, health):
    totals = {
        move: sum(own.mapped("discount_amount"))
        for move, own in rows.grouped("move_id").items()
    }
    return sum(total > 0 for total in totals.values())


def _get_credit_share(rows, health):
    action = health.with_context(fact="sale_invoice_count").action_open_evidence()
    invoices = health.env["account.move"].search(action["domain"])
    return _share(sum(rows.mapped("credited_amount")), _get_revenue(invoices, health))


def _get_revenue(rows, health):
    return FactsOracle(health.env, health.company_id, TODAY).get_revenue(rows)


def _get_months(rows, health):
    last = max(rows.mapped("invoice_date"), default=None)
    gap = (
        relativedelta(health.company_id._get_client_health_period().today, last)
        if last
        else relativedelta()
    )
    return gap.years * 12 + gap.months


def _get_list_amount(rows, health):
    oracle = FactsOracle(health.env, health.company_id, TODAY)
    return sum(oracle.get_list_and_discount(line)[0] for line in rows)


def _get_workload(rows, health):
    median = health.sudo().company_id.client_health_workload_median
    work = len(rows) + sum(rows.mapped("message_count"))
    if not rows or health.revenue_amount <= 0 or not median:
        return 0
    return work * 1000 / health.revenue_amount / median


def _get_days_late(rows, health):
    weights = [row.paid_amount + row.open_amount for row in rows]
    total = sum(row.days_late * weight for row, weight in zip(rows, weights, strict=1))
    return _share(total, sum(weights))


def _get_share_of_debts(name):
    def get_share(rows, health):
        action = health.with_context(fact="late_share").action_open_evidence()
        debts = health.env["client.health.payment"].search(action["domain"])
        base = debts.mapped(
            lambda debt: debt.paid_amount + debt.open_amount + debt.written_off_amount
        )
        return _share(sum(rows.mapped(name)), sum(base))

    return get_share


def _get_per_hour(rows, health):
    return _share(health.revenue_amount, sum(rows.mapped("hours")))


def _get_per_hour_ratio(rows, health):
    median = health.sudo().company_id.client_health_hour_median
    return max(_share(_get_per_hour(rows, health), median), 0)


def _get_net(rows, health):
    costs = health.time_cost + health.late_cost + health.written_off_amount
    return _get_revenue(rows, health) - costs


# What each fact is, counted from the rows that its button opens.
COUNTED = {
    "instalment_due_count": _count,
    "late_count": _count,
    "late_share": lambda rows, health: _share(len(rows.filtered("is_late")), len(rows)),
    "days_late_avg": _get_days_late,
    "overdue_amount": _sum("overdue_amount"),
    "overdue_days_max": lambda rows, health: max(
        rows.mapped("overdue_days"), default=0
    ),
    "overdue_month_count": _count_months,
    "written_off_amount": _sum("written_off_amount"),
    "late_amount_share": _get_share_of_debts("late_amount"),
    "written_off_share": _get_share_of_debts("written_off_amount"),
    "invoice_count": _count,
    "revenue_amount": lambda rows, health: -sum(rows.mapped("balance")),
    "sale_invoice_count": _count,
    "list_amount": _get_list_amount,
    "discount_amount": _sum("discount_amount"),
    "discount_share": lambda rows, health: _share(
        sum(rows.mapped("discount_amount")), health.list_amount
    ),
    "discounted_invoice_count": _count_discounted,
    "credit_note_share": _get_credit_share,
    "months_since_last_invoice": _get_months,
    "ticket_count": _count,
    "message_count": _sum("message_count"),
    "messages_per_ticket": lambda rows, health: _share(
        sum(rows.mapped("message_count")), len(rows)
    ),
    "reopen_count": _sum("reopen_count"),
    "after_hours_share": lambda rows, health: _share(
        sum(rows.mapped("after_hours_count")), health.message_count
    ),
    "rush_count": _sum("rush_count"),
    "rating_count": _sum("rating_count"),
    "rating_avg": lambda rows, health: _share(
        sum(row.rating_avg * row.rating_count for row in rows),
        sum(rows.mapped("rating_count")),
    ),
    "rating_low_share": lambda rows, health: _share(
        sum(rows.mapped("rating_low_count")), health.rating_count
    ),
    "workload_ratio": _get_workload,
    "hours_spent": _sum("hours"),
    "hours_estimated": _sum("hours"),
    "hours_after_hours_share": lambda rows, health: _share(
        sum(rows.mapped("after_hours")), health.hours_spent
    ),
    "hours_without_cost": _sum("hours"),
    "time_cost": _sum("cost"),
    "revenue_per_hour": _get_per_hour,
    "revenue_per_hour_ratio": _get_per_hour_ratio,
    "discount_given_amount": _sum("given_amount"),
    "late_cost": _sum("late_cost"),
    "net_amount": _get_net,
    "promise_count": _count,
    "promise_broken_count": _count,
    "promise_kept_share": lambda rows, health: _share(
        rows.mapped("state").count("kept"), len(rows)
    ),
    "integrity_incident_count": _count,
    "demand_incident_count": _count,
    "freebie_incident_count": _count,
    "conduct_incident_count": _count,
    "conduct_reporter_count": lambda rows, health: len(rows.user_id),
    "conduct_day_count": lambda rows, health: len(set(rows.mapped("date"))),
    "conduct_severe_count": _count,
}
