from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .facts_common import TODAY, FactsCase

# how a fact follows from its evidence: by the number of rows, or by a measure
BY_ROWS = (
    "invoice_count",
    "instalment_due_count",
    "late_count",
    "sale_invoice_count",
    "ticket_count",
    "promise_count",
    "promise_broken_count",
    "integrity_incident_count",
    "demand_incident_count",
    "freebie_incident_count",
    "conduct_incident_count",
    "conduct_severe_count",
)
BY_MEASURE = {
    "revenue_amount": "amount_untaxed_signed",
    "overdue_amount": "overdue_amount",
    "written_off_amount": "written_off_amount",
    "discount_amount": "discount_amount",
    "message_count": "message_count",
    "reopen_count": "reopen_count",
    "rush_count": "rush_count",
    "rating_count": "rating_count",
}


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

    def test_the_rows_are_exactly_what_was_counted(self):
        for fact in BY_ROWS:
            with self.subTest(fact=fact):
                self.assertTrue(self.health[fact])
                self.assertEqual(len(self.get_rows(fact)), self.health[fact])

    def test_the_measures_add_up_to_the_fact(self):
        for fact, measure in BY_MEASURE.items():
            with self.subTest(fact=fact):
                rows = self.get_rows(fact)
                total = sum(rows.mapped(measure))
                self.assertAlmostEqual(total, self.health[fact], 2)
                if fact != "discount_amount":  # its share counts the other lines too
                    self.assertEqual(rows.filtered(measure), rows, "no row for nothing")

    def test_averages_and_shares_follow_from_their_rows(self):
        rows = self.get_rows("days_late_avg")
        weights = [row.paid_amount + row.open_amount for row in rows]
        days = sum(
            weight * row.days_late for weight, row in zip(weights, rows, strict=True)
        )
        self.assertAlmostEqual(days / sum(weights), self.health.days_late_avg, 4)
        self.assertEqual(
            max(self.get_rows("overdue_days_max").mapped("overdue_days")),
            self.health.overdue_days_max,
        )
        tickets = self.get_rows("after_hours_share")
        self.assertAlmostEqual(
            sum(tickets.mapped("after_hours_count")) / self.health.message_count,
            self.health.after_hours_share,
        )
        self.assertEqual(
            len(self.get_rows("discounted_invoice_count").move_id),
            self.health.discounted_invoice_count,
        )
        self.assertEqual(len(self.get_rows("conduct_day_count").mapped("date")), 2 * 2)

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
