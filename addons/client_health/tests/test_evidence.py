from datetime import timedelta
from operator import mul

from dateutil.relativedelta import relativedelta
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import new_test_user
from .facts_common import TODAY, FactsCase


def total(name):
    """Return how a fact follows that adds up a column of its rows."""
    return lambda rows, case: sum(rows.mapped(name))


def part(name, of):
    """Return how a fact follows that is a column of its rows, of all there is."""
    return lambda rows, case: sum(rows.mapped(name)) / of(case)


def get_asked(case):
    """Return what was paid, is open or was lost in all."""
    rows = case.get_rows("instalment_due_count")
    return sum(row.paid_amount + row.open_amount for row in rows) + sum(
        rows.mapped("written_off_amount")
    )


def get_days_late(rows, case):
    weights = [row.paid_amount + row.open_amount for row in rows]
    days = rows.mapped("days_late")
    return sum(map(mul, weights, days)) / sum(weights)


def get_rating(rows, case):
    return sum(map(mul, rows.mapped("rating_avg"), rows.mapped("rating_count"))) / sum(
        rows.mapped("rating_count")
    )


def count(rows, case):
    return len(rows)


def nothing(rows, case):
    """Compared with the client in the middle, whom a full refresh finds."""
    return 0


# how each fact follows from the rows that it opens
FOLLOWS = {
    "invoice_count": count,
    "revenue_amount": lambda rows, case: -sum(rows.mapped("balance")),
    "instalment_due_count": count,
    "late_count": count,
    "late_share": lambda rows, case: len(rows.filtered("is_late")) / len(rows),
    "late_amount_share": part("late_amount", get_asked),
    "days_late_avg": get_days_late,
    "overdue_amount": total("overdue_amount"),
    "overdue_days_max": lambda rows, case: max(rows.mapped("overdue_days")),
    "overdue_month_count": lambda rows, case: max(rows.mapped("overdue_month_count")),
    "written_off_amount": total("written_off_amount"),
    "written_off_share": part("written_off_amount", get_asked),
    "late_cost": total("late_cost"),
    "promise_count": count,
    "promise_broken_count": count,
    "promise_kept_share": lambda rows, case: (
        len(rows.filtered(lambda row: row.state == "kept")) / len(rows)
    ),
    "integrity_incident_count": count,
    "demand_incident_count": count,
    "freebie_incident_count": count,
    "conduct_incident_count": count,
    "conduct_severe_count": count,
    "conduct_reporter_count": lambda rows, case: len(rows.user_id),
    "conduct_day_count": lambda rows, case: len(set(rows.mapped("date"))),
    "ticket_count": count,
    "message_count": total("message_count"),
    "messages_per_ticket": lambda rows, case: (
        sum(rows.mapped("message_count")) / len(rows)
    ),
    "reopen_count": total("reopen_count"),
    "after_hours_share": part(
        "after_hours_count", lambda case: case.health.message_count
    ),
    "rush_count": total("rush_count"),
    "workload_ratio": nothing,
    "rating_count": total("rating_count"),
    "rating_avg": get_rating,
    "rating_low_share": part("rating_low_count", lambda case: case.health.rating_count),
    "sale_invoice_count": count,
    "list_amount": lambda rows, case: sum(
        map(mul, rows.mapped("price_unit"), rows.mapped("quantity"))
    ),
    "discount_amount": total("discount_amount"),
    "discount_share": part("discount_amount", lambda case: case.health.list_amount),
    "discounted_invoice_count": lambda rows, case: len(rows.move_id),
    "discount_given_amount": total("given_amount"),
    "credit_note_share": part(
        "credited_amount",
        lambda case: sum(case.get_rows("sale_invoice_count").mapped(REVENUE)),
    ),
    "months_since_last_invoice": lambda rows, case: (
        relativedelta(TODAY, max(rows.mapped("invoice_date"))).months
    ),
    "hours_spent": total("hours"),
    "hours_estimated": total("hours"),
    "hours_after_hours_share": part(
        "after_hours", lambda case: case.health.hours_spent
    ),
    "hours_without_cost": total("hours"),
    "time_cost": total("cost"),
    "revenue_per_hour": lambda rows, case: (
        case.health.revenue_amount / sum(rows.mapped("hours"))
    ),
    "revenue_per_hour_ratio": nothing,
    "net_amount": lambda rows, case: (
        sum(rows.mapped(REVENUE))
        - case.health.written_off_amount
        - case.health.late_cost
        - case.health.time_cost
    ),
}
REVENUE = "amount_untaxed_signed"


@tagged("post_install", "-at_install")
class TestEvidence(FactsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_book(cls.client)
        cls.make_book(cls.make_client("Somebody else"))
        cls.health = cls.refresh()

    @classmethod
    def make_book(cls, client):
        ago = [TODAY - timedelta(days=days) for days in (20, 100, 400)]
        cls.pay(cls.invoice(due=ago[1], client=client), ago[0])
        cls.write_off(cls.invoice(due=ago[1], client=client), ago[0], 100.0)
        cls.invoice(due=ago[2], client=client)
        discounted = {
            "product_id": cls.product.id,
            "price_unit": 100.0,
            "discount": 20,
            "tax_ids": [],
        }
        lines = [Command.create(discounted), Command.create({**discounted})]
        cls.invoice(due=ago[0], client=client, invoice_line_ids=lines)
        cls.credit(cls.invoice(due=ago[0], client=client), ago[0], 30.0)
        ticket = cls.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "Help", "partner_id": client.id}
        )
        for kind in ("email", "comment", "notification"):
            cls.env["mail.message"].create(
                {
                    "model": "helpdesk.ticket",
                    "res_id": ticket.id,
                    "author_id": client.id,
                    "message_type": kind,
                }
            )
        cls.env["rating.rating"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id("helpdesk.ticket"),
                "res_id": ticket.id,
                "rating": 1,
                "consumed": True,
            }
        )
        for kind in ("integrity", "demand", "conduct", "conduct", "freebie"):
            for day in ago:
                cls.env["client.health.incident"].create(
                    {
                        "partner_id": client.id,
                        "kind": kind,
                        "date": day,
                        "description": "What happened",
                        "severe": True,
                    }
                )
        for state in ("open", "kept", "broken", "broken"):
            promise = cls.env["client.health.promise"].create(
                {
                    "partner_id": client.id,
                    "description": "What was promised",
                    "date_promised": ago[0],
                }
            )
            # sudo: settled by a button elsewhere
            promise.sudo().state = state

    def get_rows(self, fact):
        model, domain = self.health._get_evidence(fact)
        return self.env[model].search(domain)

    def test_each_fact_follows_from_the_rows_it_opens(self):
        self.assertEqual(FOLLOWS.keys(), self.health._get_facts().keys())
        for fact, follows in FOLLOWS.items():
            with self.subTest(fact=fact):
                rows = self.get_rows(fact)
                self.assertAlmostEqual(follows(rows, self), self.health[fact], 2)

    def test_no_row_is_there_for_nothing(self):
        for fact in ("overdue_amount", "written_off_amount", "message_count"):
            with self.subTest(fact=fact):
                rows = self.get_rows(fact)
                self.assertEqual(rows.filtered(fact), rows)

    def test_what_is_no_income_is_not_opened_as_revenue(self):
        deposit = self.env["account.account"].create(
            {"name": "Deposits", "code": "CHD", "account_type": "liability_current"}
        )
        client = self.make_client("Tenant")
        line = {"product_id": self.product.id, "tax_ids": []}
        self.invoice(
            due=TODAY,
            client=client,
            invoice_line_ids=[
                Command.create({**line, "price_unit": 1000.0}),
                Command.create(
                    {**line, "price_unit": 5000.0, "account_id": deposit.id}
                ),
            ],
        )
        health = self.refresh(client)
        model, domain = health._get_evidence("revenue_amount")
        rows = self.env[model].search(domain)
        self.assertEqual(health.revenue_amount, 1000.0)
        self.assertEqual(rows.mapped("credit"), [1000.0])

    def test_every_fact_has_evidence_that_opens(self):
        for fact in self.env["client.health"]._get_facts():
            with self.subTest(fact=fact):
                action = self.health.with_context(fact=fact).action_open_evidence()
                rows = self.env[action["res_model"]].search(action["domain"])
                if action["res_model"].startswith("client.health."):
                    self.assertLessEqual(rows.partner_id, self.client)
        self.assertEqual(len(set(self.env["client.health"]._get_facts())), 49)

    def test_a_row_opens_the_document_that_was_counted(self):
        ticket = self.get_rows("ticket_count")[0]
        action = ticket.action_open_document()
        self.assertEqual(action["res_model"], "helpdesk.ticket")
        self.assertEqual(action["res_id"], ticket.sudo().ticket_id.id)
        for fact in ("late_count", "discount_amount"):
            row = self.get_rows(fact)[0]
            action = row.action_open_document()
            self.assertEqual(action["res_model"], "account.move")
            self.assertEqual(action["res_id"], row.move_id.id)

    def test_what_is_no_fact_has_no_evidence(self):
        for fact in (None, "score", "partner_id"):
            with self.assertRaises(UserError):
                self.health.with_context(fact=fact).action_open_evidence()

    def test_who_may_not_read_invoices_sees_no_amounts(self):
        user = new_test_user(
            self.env,
            login="health_only",
            groups="client_health.client_health_group_user",
        )
        rows = self.env["client.health.payment"].with_user(user).search([])
        self.assertTrue(rows)
        self.assertIn("days_late", rows[0].read()[0])
        self.assertNotIn("amount", rows[0].read()[0])
        health = self.health.with_user(user)
        self.assertNotIn("overdue_amount", health.read()[0])
        with self.assertRaises(AccessError):
            health.read(["overdue_amount"])
        with self.assertRaises(AccessError):
            rows.search([("amount", ">", 0)])
        with self.assertRaises(UserError):
            health.with_context(fact="revenue_amount").action_open_evidence()
        tickets = self.env["client.health.ticket"].with_user(user).search([])
        self.assertNotIn("ticket_id", tickets[0].read()[0])

    def test_others_and_other_companies_see_nothing(self):
        stranger = new_test_user(self.env, login="stranger", groups="base.group_user")
        models = ("payment", "discount", "ticket")
        for model in models:
            Model = self.env[f"client.health.{model}"]
            self.assertTrue(Model.search([]))
            with self.assertRaises(AccessError):
                Model.with_user(stranger).search([])
        other = self.setup_other_company(name="Other")["company"]
        elsewhere = self.env(context={"allowed_company_ids": other.ids})
        for model in models:
            self.assertFalse(elsewhere[f"client.health.{model}"].search([]))
