from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .facts_common import TODAY
from .test_ticket_facts import MONDAY, TicketCase, local

BALANCE = {
    "hours_spent",
    "hours_estimated",
    "hours_after_hours_share",
    "hours_without_cost",
    "time_cost",
    "late_cost",
    "discount_given_amount",
    "net_amount",
    "revenue_per_hour",
    "revenue_per_hour_ratio",
}


class EffortCase(TicketCase):
    """A client's revenue, tickets, late payments and, where there are, time sheets."""

    def sell(self, amount, days=20, client=None, **vals):
        """Return an invoice of so many days ago, paid when it was due."""
        day = TODAY - timedelta(days=days)
        invoice = self.invoice(day, amount, client, invoiced=day, **vals)
        self.pay(invoice, day)
        return invoice

    def ask(self, messages=0, client=None, hour=10, **vals):
        """Return a ticket with messages of the client on it."""
        contact = client or self.contact
        ticket = self.open_ticket(partner_id=contact.id, **vals)
        for _number in range(messages):
            self.write_message(ticket, local(MONDAY, hour), contact)
        return ticket

    def open_rows(self, health, fact):
        action = health.with_context(fact=fact).action_open_evidence()
        return self.env[action["res_model"]].search(action["domain"])


@tagged("post_install", "-at_install")
class TestBalance(EffortCase):
    def test_hours_are_estimated_from_tickets_and_messages(self):
        """2 × 15 + 3 × 8 = 54 minutes, of which 8 by night."""
        self.ask(messages=2)
        self.ask(messages=1, hour=22)
        self.assert_facts(
            hours_spent=0.9, hours_estimated=0.9, hours_after_hours_share=0.148148
        )

    def test_the_minutes_of_an_estimate_are_settings(self):
        self.ask(messages=2)
        self.company.client_health_ticket_minutes = 30
        self.company.client_health_message_minutes = 15
        self.assert_facts(hours_spent=1.0)

    def test_a_ticket_caused_by_us_costs_the_client_nothing(self):
        self.ask(messages=2, client_health_own_fault=True)
        self.sell(100)
        self.assert_facts(hours_spent=0.0, time_cost=0.0, revenue_per_hour=0.0)

    def test_what_is_left_is_revenue_less_every_cost(self):
        """900 − 0.9 h × 60 = 846 and, below, less 100 of interest and 500 lost."""
        self.company.client_health_hourly_cost = 60
        self.company.client_health_late_interest = 10
        self.ask(messages=2)
        self.ask(messages=1)
        self.sell(900)
        self.assert_facts(
            revenue_amount=900.0, time_cost=54.0, net_amount=846.0,
            revenue_per_hour=1000.0, hours_without_cost=0.0,
        )  # fmt: skip
        due = TODAY - timedelta(days=700)
        late = self.invoice(due, 3650, invoiced=due)
        self.pay(late, due + timedelta(days=100))
        self.assert_facts(late_cost=0.0)  # settled before the window
        due = TODAY - timedelta(days=300)
        late = self.invoice(due, 3650, invoiced=due)
        self.pay(late, due + timedelta(days=100))
        lost = self.invoice(due, 500, invoiced=due)
        self.write_off(lost, TODAY, 500)
        self.assert_facts(
            revenue_amount=900.0 + 3650 + 500,
            late_cost=100.0,
            written_off_amount=500.0,
            net_amount=5050.0 - 54 - 100 - 500,
        )

    def test_late_days_cost_interest_part_by_part(self):
        """1,825 × 100 days and 1,825 × 200 days, still open, at 10 % a year."""
        self.company.client_health_late_interest = 10
        due = TODAY - timedelta(days=200)
        invoice = self.invoice(due, 3650, invoiced=due)
        self.pay(invoice, due + timedelta(days=100), 1825)
        health = self.refresh()
        self.assertEqual(health.late_cost, 150)
        rows = self.open_rows(health, "late_cost")
        self.assertEqual(rows.mapped("late_cost"), [150])

    def test_a_payment_before_the_due_date_costs_nothing(self):
        due = TODAY - timedelta(days=20)
        self.pay(self.invoice(due, 1000, invoiced=due), due - timedelta(days=10))
        self.assert_facts(late_cost=0.0)

    def test_interest_on_foreign_money_is_in_company_currency(self):
        """730 for 2 a piece is 365; 100 days at 10 % a year make 10."""
        foreign = self.setup_other_currency("HRK", rates=[("2020-01-01", 2.0)])
        self.company.client_health_late_interest = 10
        due = TODAY - timedelta(days=200)
        invoice = self.invoice(due, 730, invoiced=due, currency_id=foreign.id)
        self.pay(invoice, due + timedelta(days=100))
        self.assert_facts(revenue_amount=365.0, late_cost=10.0)

    def test_without_the_cost_of_an_hour_time_is_not_known(self):
        self.ask(messages=2)
        self.sell(900)
        health = self.refresh()
        self.assertRecordValues(
            health,
            [{"time_cost": 0, "hours_without_cost": 0.516667, "net_amount": 900}],
        )
        [time] = [
            part for part in health.balance["costs"] if part["name"] == "time_cost"
        ]
        self.assertEqual(time["text"], "not known")
        notes = " ".join(health.balance["notes"])
        self.assertIn("are an estimate: 15 minutes for a ticket and 8", notes)
        self.assertIn("0.5 hours cost is not known", notes)

    def test_a_client_without_revenue_leaves_what_time_costs(self):
        self.company.client_health_hourly_cost = 60
        self.ask()
        health = self.refresh()
        self.assertRecordValues(
            health,
            [{"net_amount": -15, "revenue_per_hour": 0, "revenue_per_hour_ratio": 0}],
        )
        self.assertTrue(health.balance["left"]["is_short"])
        self.assertEqual(health.balance["came"]["share"], 0)

    def test_more_credited_than_invoiced_is_negative_revenue(self):
        self.company.client_health_hourly_cost = 60
        old = self.sell(1000, days=500)
        self.credit(old, TODAY - timedelta(days=5), 200)
        self.ask(messages=0)
        self.env["client.health"]._refresh()
        health = self.refresh()
        self.assertRecordValues(
            health,
            [
                {
                    "revenue_amount": -200,
                    "revenue_per_hour": -800,
                    "revenue_per_hour_ratio": 0,
                    "net_amount": -215,
                }
            ],
        )
        self.assertEqual(health.balance["came"]["share"], 0)

    def test_what_lies_before_the_window_counts_for_nothing(self):
        self.ask(messages=3, created=TODAY - timedelta(days=400))
        self.sell(900, days=400)
        health = self.refresh()
        self.assertRecordValues(
            health, [{"hours_spent": 0, "revenue_amount": 0, "net_amount": 0}]
        )
        self.assertFalse(health.balance)

    def test_what_was_given_is_no_second_cost(self):
        """20 % of 1,000, agreed or not; before the window it is no part of it."""
        line = {"price_unit": 1000, "discount": 20, "tax_ids": [Command.clear()]}
        for days in (20, 400):
            self.sell(0, days, invoice_line_ids=[Command.create(line)])
        self.assert_facts(
            revenue_amount=800.0, discount_given_amount=200.0, net_amount=800.0
        )
        self.client.client_health_agreed_discount = 20
        health = self.refresh()
        self.assertEqual(
            (health.discount_amount, health.discount_given_amount), (0, 200)
        )
        rows = self.open_rows(health, "discount_given_amount")
        self.assertEqual(rows.mapped("given_amount"), [200])

    def test_branches_count_for_their_company(self):
        self.company.write({"child_ids": [Command.create({"name": "North"})]})
        branch = self.company.child_ids
        self.env.user.company_ids |= branch
        self.ask(messages=2, company_id=branch.id)
        health = self.refresh()
        self.assertEqual(health.company_id, self.company)
        self.assertEqual(health.hours_spent, 0.516667)
        self.assertEqual(len(self.open_rows(health, "hours_spent")), 1)

    def test_the_client_in_the_middle_is_kept_by_the_full_refresh(self):
        """A quarter of an hour each: 400, 800 and 1,600 an hour."""
        others = [self.make_client("Other"), self.make_client("Third")]
        for client, amount in zip([self.client, *others], (100, 200, 400), strict=True):
            self.ask(client=client)
            self.sell(amount, client=client)
        self.env["client.health"]._refresh()
        self.assertEqual(self.company.client_health_hour_median, 800)
        ratios = [self.refresh(one).revenue_per_hour_ratio for one in others]
        self.assertEqual([self.refresh().revenue_per_hour_ratio, *ratios], [0.5, 1, 2])

    def test_each_part_opens_the_rows_it_adds_up(self):
        self.company.client_health_hourly_cost = 60
        self.ask(messages=2)
        self.ask(messages=1)
        health = self.refresh()
        rows = self.open_rows(health, "hours_spent")
        self.assertEqual(set(rows.mapped("kind")), {"estimate"})
        self.assertAlmostEqual(sum(rows.mapped("hours")), 0.9)
        self.assertAlmostEqual(sum(rows.mapped("cost")), 54)
        self.assertEqual(rows[0]._get_document()._name, "helpdesk.ticket")
        self.assertIn(rows[0]._get_document(), rows.ticket_id)

    def test_only_those_who_see_invoices_see_the_balance(self):
        self.company.client_health_hourly_cost = 60
        self.ask()
        self.sell(100)
        health = self.refresh()
        user = new_test_user(
            self.env, "reader", groups="client_health.client_health_group_user"
        )
        seen = health.with_user(user)
        self.assertFalse(seen.balance)
        self.assertEqual(seen.hours_spent, 0.25)
        for name in ("time_cost", "late_cost", "net_amount", "revenue_per_hour"):
            with self.assertRaises(AccessError):
                seen.read([name])
        user.group_ids |= self.env.ref("account.group_account_invoice")
        self.assertEqual(health.with_user(user).balance["left"]["name"], "net_amount")

    def test_only_managers_see_what_an_hour_costs(self):
        user = new_test_user(
            self.env,
            "invoices",
            groups="client_health.client_health_group_user,"
            "account.group_account_invoice",
        )
        with self.assertRaises(AccessError):
            self.company.with_user(user).read(["client_health_hourly_cost"])
        self.assertEqual(
            self.company.with_user(user).read(["client_health_ticket_minutes"])[0][
                "client_health_ticket_minutes"
            ],
            15,
        )

    def test_a_manager_sets_what_the_balance_is_counted_with(self):
        settings = self.env["client.health.settings"].create({})
        self.assertEqual(
            (settings.ticket_minutes, settings.late_interest, settings.hourly_cost),
            (15, 10.15, 0),
        )
        settings.write({"hourly_cost": 70, "ticket_minutes": 20})
        settings.action_save()
        self.assertEqual(self.company.client_health_hourly_cost, 70)
        with self.assertRaises(ValidationError):
            self.company.client_health_message_minutes = -1

    def test_it_is_in_no_rule_and_in_no_score(self):
        rules = ("ready_domain", "watch_domain", "flag_domain")
        for trait in self.env["client.health.trait"].search([]):
            words = " ".join(trait[rule] or "" for rule in rules)
            self.assertFalse([name for name in BALANCE if name in words], trait.name)
        self.company.client_health_hourly_cost = 500
        self.ask()
        self.assertEqual(self.refresh().score, 100)

    def test_the_dossier_tells_how_it_was_estimated(self):
        self.ask()
        dossier = self.refresh()._get_dossier()
        facts = {fact["label"]: fact["value"] for fact in dossier["facts"]}
        self.assertEqual(facts["Hours Spent"], "0.3 hours")
        self.assertIn("are an estimate: 15 minutes", " ".join(dossier["notes"]))

    def test_what_if_adds_up_the_clients_that_are_chosen(self):
        other, third = self.make_client("Other"), self.make_client("Third")
        self.company.client_health_hourly_cost = 60
        for client, amount in ((self.client, 100), (other, 200), (third, 700)):
            self.ask(client=client)
            self.sell(amount, client=client)
        chosen = self.refresh() | self.refresh(other)
        self.refresh(third)
        what_if = (
            self.env["client.health.what.if"]
            .with_context(active_model="client.health", active_ids=chosen.ids)
            .create({})
        )
        self.assertRecordValues(
            what_if,
            [
                {
                    "revenue_amount": 300,
                    "net_amount": 270,
                    "revenue_share": 0.3,
                    "hours_month": 0.5 / 12,
                }
            ],
        )
        self.assertAlmostEqual(what_if.hours_share, 2 / 3)
        self.assertIn("(an estimate)", what_if.room)

    def test_what_if_takes_clients_of_one_company(self):
        other = self.setup_other_company(name="Other")["company"]
        self.ask()
        health = self.refresh()
        foreign = self.env["client.health"]._ensure(self.client, other)
        with self.assertRaises(UserError):
            self.env["client.health.what.if"].create(
                {"health_ids": [Command.set((health | foreign).ids)]}
            )

    def test_the_farewell_tells_what_would_be_free(self):
        self.ask(messages=15)  # 135 minutes in 12 months
        self.sell(1200)
        self.company.client_health_hourly_cost = 60
        self.refresh()
        farewell = self.env["client.farewell"].create({"partner_id": self.client.id})
        self.assertAlmostEqual(farewell.hours_month, 2.25 / 12)
        self.assertEqual(farewell.net_amount, 1200 - 135)
        health = self.env["client.health"].search([("partner_id", "=", self.client.id)])
        self.assertAlmostEqual(health.hours_month, 2.25 / 12)
        self.assertEqual(health.balance["room"], farewell.room)
        self.assertIn("About 0.2 hours a month would be free", farewell.room)
        action = farewell.with_context(figure="hours_month").action_open_figure()
        self.assertEqual(action["res_model"], "client.health.effort")


@tagged("post_install", "-at_install")
class TestTimesheets(EffortCase):
    """Where an addon keeps time sheets, those are what counts."""

    def setUp(self):
        super().setUp()
        if "project_id" not in self.env["account.analytic.line"]._fields:
            self.skipTest("timesheets are not installed")
        # sudo: nobody of this test keeps projects or employees
        sudo = self.env(su=True)
        self.project = sudo["project.project"].create(
            {
                "name": "Work",
                "partner_id": self.contact.id,
                "company_id": self.company.id,
                "allow_timesheets": True,
            }
        )
        self.employee = sudo["hr.employee"].create(
            {"name": "Employee", "company_id": self.company.id}
        )

    def book(self, hours, days=7, cost=0.0, **vals):
        """Book hours on the client's project; 7 days ago was a Monday."""
        line = (
            self.env["account.analytic.line"]
            .sudo()  # sudo: nobody of this test books hours
            .create(
                {
                    "name": "Work",
                    "project_id": self.project.id,
                    "employee_id": self.employee.id,
                    "date": TODAY - timedelta(days=days),
                    "unit_amount": hours,
                    **vals,
                }
            )
        )
        line.amount = -cost
        return line

    def test_timesheets_go_before_an_estimate(self):
        self.ask(messages=2)
        self.book(3, cost=120)
        self.book(1, days=8, cost=40)  # on a Sunday
        self.book(7, days=500, cost=280)
        self.sell(800)
        health = self.refresh()
        self.assertRecordValues(
            health,
            [
                {
                    "hours_spent": 4,
                    "hours_estimated": 0,
                    "hours_after_hours_share": 0.25,
                    "hours_without_cost": 0,
                    "time_cost": 160,
                    "revenue_per_hour": 200,
                    "net_amount": 640,
                }
            ],
        )
        rows = self.open_rows(health, "hours_spent")
        self.assertEqual(set(rows.mapped("kind")), {"timesheet"})
        self.assertEqual(sum(rows.mapped("cost")), 160)
        self.assertEqual(rows[0]._get_document()._name, "account.analytic.line")

    def test_hours_without_cost_take_the_companys(self):
        self.book(3, cost=120)
        self.book(2)
        self.assert_facts(time_cost=120.0, hours_without_cost=2.0)
        self.company.client_health_hourly_cost = 50
        self.assert_facts(time_cost=220.0, hours_without_cost=0.0)

    def test_time_noted_in_days_is_counted_in_hours(self):
        self.book(1.5, product_uom_id=self.env.ref("uom.product_uom_day").id)
        self.assert_facts(hours_spent=12.0)

    def test_a_line_asks_for_fresh_facts(self):
        self.refresh()
        line = self.book(1)
        marked = self.env["client.health.stale"].sudo().search([])
        self.assertIn(self.contact.id, marked.mapped("partner_ref"))
        self.assert_facts(hours_spent=1.0)
        line.unlink()
        self.assert_facts(hours_spent=0.0)
