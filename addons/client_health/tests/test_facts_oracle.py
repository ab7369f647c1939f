import random
from datetime import timedelta

from odoo import Command
from odoo.tests import new_test_user, tagged

from ..models.facts.fact import FACTS
from .facts_common import TODAY, FactsCase
from .facts_oracle import FactsOracle, at

SEED = 20261123


@tagged("post_install", "-at_install")
class TestFactsOracle(FactsCase):
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
        cls.other.resource_calendar_id.tz = "America/New_York"
        cls.other.client_health_window_months = 6
        cls.other.client_health_grace_days = 0
        cls.fill(cls.company_data, 60, 30)
        cls.fill(other_data, 15, 10)

    @classmethod
    def fill(cls, company_data, invoices, tickets):
        env, data, company = cls.env, cls.company_data, company_data["company"]
        cls.env = env(context=dict(env.context, allowed_company_ids=company.ids))
        cls.company_data = company_data
        for _number in range(invoices):
            cls.add_invoice()
        for _number in range(tickets):
            cls.add_ticket(company)
        cls.add_records(company)
        cls.env, cls.company_data = env, data

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
                "move_type": "out_invoice",
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
        cls.settle(move)

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
        if cls.maybe(0.1):
            lines.append({"name": "Because", "price_unit": -10, "tax_ids": []})
        lines.append({"name": "Base", "price_unit": 100, "quantity": 1, "tax_ids": []})
        return lines

    @classmethod
    def settle(cls, move):
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
        if cls.maybe(0.4):
            cls.reopen(ticket)
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
            return
        kinds = ("email", "comment", "comment", "notification", "email_outgoing")
        subtype = "mail.mt_note" if not vals and cls.maybe(0.1) else "mail.mt_comment"
        cls.env["mail.message"].create(
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
    def reopen(cls, ticket):
        tracked = ticket.with_context(tracking_disable=False, mail_notrack=False)
        for stage in (cls.closed, cls.opened, cls.closed):
            tracked.stage_id = stage
            cls.env.cr.flush()

    @classmethod
    def add_records(cls, company):
        for _number in range(20):
            cls.env["client.health.incident"].create(
                {
                    "partner_id": cls.get_contact().id,
                    "company_id": company.id,
                    "kind": cls.random.choice(
                        ("integrity", "demand", "conduct", "conduct", "freebie")
                    ),
                    "date": cls.any_day(15),
                    "description": "What happened",
                    "severe": cls.maybe(0.3),
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
        seen = dict.fromkeys(FACTS, 0)
        for client in self.clients:
            for fact in FACTS:
                value = found[client][fact] if client in found else 0
                with self.subTest(client=client.name, fact=fact, company=company.name):
                    self.assertAlmostEqual(expected[client][fact], value, 2)
                seen[fact] += bool(value)
        return [fact for fact, count in seen.items() if not count]

    def test_every_fact_is_what_slow_and_obvious_python_says(self):
        self.env["client.health"]._refresh()
        never_seen = self.assert_equal_to_oracle(self.company)
        self.assertEqual(never_seen, [], "the book has to show every fact")
        # midnight in UTC is the evening before in New York
        self.assert_equal_to_oracle(self.other, TODAY - timedelta(days=1))

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
