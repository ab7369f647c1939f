from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import BooksCase, new_test_user, speak_dutch

AMOUNTS = (
    "revenue_amount", "revenue_share", "open_amount", "overdue_amount",
    "draft_invoice_count", "unbilled_amount", "revenue_window",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestFarewellFigures(BooksCase):
    """What the letter and the decision panel say of money and work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        speak_dutch(cls.env)
        cls.env.user.group_ids += cls.env.ref(
            "client_health.client_health_group_manager"
        )
        cls.today = fields.Date.today()
        cls.customer = cls.env["res.partner"].create(
            {"name": "De Korenaar", "is_company": True, "city": "Utrecht"}
        )
        cls.contact = cls.env["res.partner"].create(
            {"name": "Marieke", "parent_id": cls.customer.id}
        )
        cls.farewell = cls.env["client.farewell"].create(
            {
                "partner_id": cls.customer.id,
                "lang": "nl_NL",
                "end_date": cls.today + timedelta(days=30),
            }
        )

    def test_open_invoices_are_listed_with_amount_and_due_date(self):
        self.invoice(1250, days_late=10)
        self.invoice(480.5, days_late=-10, partner=self.contact)
        paid = self.invoice(99)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=paid.ids
        ).create({})._create_payments()
        values = self.farewell._get_invoice_values()
        self.assertEqual(len(values["rows"]), 2)
        self.assertTrue(values["rows"][0]["amount"].endswith("$\xa01.250,00"))
        self.assertIn("480,50", values["rows"][1]["amount"])
        self.assertIn("1.730,50", values["totals"][0])
        self.assertTrue(values["rows"][0]["due"].endswith(str(self.today.year)))
        self.assertFalse(values["refund"])

    def test_what_we_owe_is_promised_back(self):
        self.invoice(100, move_type="out_refund")
        values = self.farewell._get_invoice_values()
        self.assertFalse(values["rows"])
        self.assertIn("100,00", values["refund"])
        line = self.farewell.with_context(lang="nl_NL")._get_refund_line()
        self.assertTrue(line.startswith("U hebt nog"))

    def test_each_currency_has_its_own_rows_and_total(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env.company.currency_id.active = True
        self.invoice(100, days_late=30)
        self.invoice(70, days_late=20, currency=euro)
        self.invoice(20, days_late=10)
        self.invoice(5, currency=euro)
        values = self.farewell._get_invoice_values()
        amounts = [row["amount"] for row in values["rows"]]
        symbols = ["€" in amount for amount in amounts]
        self.assertEqual(symbols, sorted(symbols, reverse=symbols[0]))
        totals = " ".join(values["totals"])
        self.assertIn("120,00", totals)
        self.assertIn("€\xa075,00", totals)
        self.assertFalse(values["refund"])

    def test_a_refund_in_one_currency_leaves_the_other_open(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.invoice(100, days_late=30)
        self.invoice(30, currency=euro, move_type="out_refund")
        values = self.farewell._get_invoice_values()
        self.assertEqual(len(values["rows"]), 1)
        self.assertEqual(values["refund"], "€\xa030,00")
        self.assertFalse(values["totals"])

    def test_where_to_pay_is_said_beside_what_is_due(self):
        bank = self.env["res.partner.bank"].create(
            {
                "acc_number": "NL91 ABNA 0417 1643 00",
                "partner_id": self.env.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        invoice = self.invoice(1250)
        invoice.write({"partner_bank_id": bank.id, "payment_reference": "RF18 5390"})
        values = self.farewell._get_invoice_values()
        self.assertEqual(values["pay_to"][0]["account"], bank.acc_number)
        self.assertEqual(values["pay_to"][0]["holder"], self.env.company.name)
        self.assertEqual(values["rows"][0]["reference"], "RF18 5390")
        html = self.farewell._render_letter_html()
        self.assertIn("NL91 ABNA 0417 1643 00", html)
        self.assertIn("RF18 5390", html)

    def make_branch(self, name="North"):
        branch = self.env["res.company"].create(
            {"name": name, "parent_id": self.env.company.id}
        )
        self.env.user.company_ids |= branch
        theirs = self.customer.with_company(branch)
        theirs.property_account_receivable_id = (
            self.customer.property_account_receivable_id
        )
        return branch

    def make_account(self, company, number):
        return self.env["res.partner.bank"].create(
            {
                "acc_number": number,
                "partner_id": company.partner_id.id,
                "allow_out_payment": True,
            }
        )

    def make_farewell_of(self, company):
        return self.env["client.farewell"].create(
            {"partner_id": self.customer.id, "company_id": company.id, "lang": "nl_NL"}
        )

    def test_the_letter_of_a_firm_lists_what_is_due_to_its_branches(self):
        branch = self.make_branch()
        firm = self.invoice(100, days_late=10)
        north = self.invoice(50, days_late=5, company=branch)
        own = self.make_account(self.env.company, "NL91 ABNA 0417 1643 00")
        firm.partner_bank_id = own
        [pay_to] = self.farewell._get_invoice_values()["pay_to"]
        self.assertEqual(pay_to["account"], own.acc_number, "the firm's for both")
        self.assertFalse(pay_to["names"])
        theirs = self.make_account(branch, "NL20 INGB 0001 2345 67")
        values = self.farewell._get_invoice_values()
        self.assertEqual(
            [row["name"] for row in values["rows"]], [firm.name, north.name]
        )
        self.assertIn("150,00", values["totals"][0])
        self.assertFalse(values["hidden"])
        self.assertEqual(
            values["pay_to"],
            [
                {
                    "account": own.acc_number,
                    "holder": self.env.company.name,
                    "names": firm.name,
                },
                {
                    "account": theirs.acc_number,
                    "holder": "North",
                    "names": north.name,
                },
            ],
        )
        html = self.farewell._render_letter_html()
        self.assertIn(theirs.acc_number, html)
        self.assertIn(f"({north.name})", html)
        basis = self.farewell.sudo()._get_basis()[self.farewell.id]
        self.assertEqual(basis["account"], f"{own.acc_number}, {theirs.acc_number}")
        both = (self.env.company | branch).ids
        case = self.farewell.with_context(allowed_company_ids=both)
        self.assertEqual(case.open_amount, 150)
        opened = case.with_context(figure="open_amount").action_open_figure()
        rows = case.env["account.move.line"].search(opened["domain"])
        self.assertEqual(rows.company_id, self.env.company | branch)

    def test_the_letter_of_a_branch_lists_what_is_due_to_it_alone(self):
        branch = self.make_branch()
        self.invoice(100)
        north = self.invoice(50, company=branch)
        self.farewell.unlink()
        case = self.make_farewell_of(branch)
        values = case._get_invoice_values()
        self.assertEqual([row["name"] for row in values["rows"]], [north.name])
        self.assertEqual(case.with_company(branch).open_amount, 50)

    def test_who_works_in_the_firm_alone_is_told_that_there_is_more(self):
        branch = self.make_branch()
        firm = self.invoice(100)
        self.invoice(50, company=branch)
        clerk = new_test_user(
            self.env,
            "clerk",
            groups="client_health.client_health_group_manager,"
            "account.group_account_invoice",
        )
        case = self.farewell.with_user(clerk)
        values = case._get_invoice_values()
        self.assertEqual([row["name"] for row in values["rows"]], [firm.name])
        self.assertTrue(values["hidden"])
        self.assertEqual(len(case.sudo()._get_invoice_values()["rows"]), 2)

    def test_firm_and_branch_have_no_open_farewell_for_one_client_both(self):
        branch, sister = self.make_branch(), self.make_branch("South")
        with (
            self.assertRaisesRegex(ValidationError, "of the firm or of a branch"),
            self.env.cr.savepoint(),
        ):
            self.make_farewell_of(branch)
        self.farewell.action_cancel()
        north = self.make_farewell_of(branch)
        self.make_farewell_of(sister)
        with (
            self.assertRaisesRegex(ValidationError, "of the firm or of a branch"),
            self.env.cr.savepoint(),
        ):
            self.farewell.action_draft()
        with self.assertRaises(ValidationError):
            self.make_farewell_of(self.env.company)
        north.action_cancel()

    def test_clients_that_become_one_keep_the_case_of_the_firm_or_of_branches(self):
        branch, sister = self.make_branch(), self.make_branch("South")
        twin = self.env["res.partner"].create({"name": "Korenaar BV"})
        cases = self.farewell | self.env["client.farewell"].create(
            [
                {"partner_id": twin.id, "company_id": company.id, "lang": "nl_NL"}
                for company in (branch, sister)
            ]
        )
        cases[1].sudo().state = "approved"
        self.env["client.farewell"].sudo()._keep_one_open(twin | self.customer)
        self.assertEqual(cases.mapped("state"), ["cancelled", "approved", "draft"])

    def test_nobody_is_asked_to_pay_what_we_owe(self):
        self.invoice(100, move_type="out_refund")
        self.assertFalse(self.farewell._get_invoice_values()["pay_to"])

    def test_a_disputed_invoice_stands_apart_and_is_not_asked_for(self):
        self.invoice(100, days_late=10)
        self.invoice(20, days_late=5)
        self.invoice(40).sudo().client_health_disputed = True
        values = self.farewell._get_invoice_values()
        self.assertEqual(len(values["rows"]), 2)
        self.assertIn("120,00", values["totals"][0])
        [row] = values["disputed"]
        self.assertIn("40,00", row["amount"])
        self.farewell.lang = "en_US"
        self.assertIn("Under discussion", self.farewell._render_letter_html())

    def test_money_on_account_is_received_and_never_due(self):
        self.invoice(100)
        self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 30,
                "date": self.today,
                "payment_type": "inbound",
                "partner_type": "customer",
            }
        ).action_post()
        values = self.farewell._get_invoice_values()
        [paid] = [row for row in values["rows"] if row["received"]]
        self.assertIn("-30,00", paid["amount"].replace("\xa0", ""))
        self.assertFalse(paid["due"])
        self.assertIn("70,00", values["totals"][0])
        self.farewell.lang = "en_US"
        self.assertIn("Payment received on", self.farewell._render_letter_html())

    def test_without_rights_on_invoices_no_amount_is_shown(self):
        self.invoice(1250)
        user = new_test_user(
            self.env,
            "farewell_no_invoices",
            groups="base.group_user,client_health.client_health_group_user",
            company_id=self.env.company.id,
            company_ids=[Command.set(self.env.company.ids)],
        )
        case = self.farewell.with_user(user)
        self.assertNotIn("1.250", case.letter_preview)
        self.assertTrue(case._get_invoice_values()["hidden"])
        case._render_letter_html()
        self.farewell.sudo().state = "approved"
        with self.assertRaises(UserError):
            case._render_letter_html()
        self.assertIn("1.250", self.farewell.sudo()._render_letter_html())
        for name in AMOUNTS:
            with self.subTest(field=name), self.assertRaises(AccessError):
                case.read([name])
        arch = case.get_view(view_type="form")["arch"]
        self.assertFalse([name for name in AMOUNTS if f'name="{name}"' in arch])
        self.assertIn('name="ticket_count"', arch)
        with self.assertRaises(AccessError):
            case.with_context(figure="open_amount").action_open_figure()

    def test_the_letter_that_goes_out_is_complete_whoever_sends_it(self):
        self.invoice(1250)
        self.farewell.sudo()._keep_letter()
        self.assertTrue(self.farewell.letter_pdf)

    def test_the_panel_shows_what_is_at_stake(self):
        self.invoice(1000, days_late=10)
        self.invoice(500, days_late=-10)
        self.invoice(70, post=False)
        other = self.env["res.partner"].create({"name": "Other"})
        self.invoice(1500, partner=other)
        Health = self.env["client.health"].sudo()
        Health.create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.env.company.id,
                    "revenue_amount": 1500,
                }
                for partner in (self.customer, other)
            ]
        )
        self.assertRecordValues(
            self.farewell,
            [
                {
                    "revenue_amount": 1500,
                    "revenue_share": 0.5,
                    "open_amount": 1500,
                    "overdue_amount": 1000,
                    "draft_invoice_count": 1,
                    "contact_count": 1,
                    "ticket_count": 0,
                    "is_running": False,
                }
            ],
        )

    def test_the_caution_is_there_only_where_something_runs(self):
        self.assertFalse(self.farewell.is_running)
        self.env.user.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_manager")
        ticket = self.env["helpdesk.ticket"].create(
            {
                "name": "Question",
                "description": "…",
                "partner_id": self.contact.id,
                "company_id": self.env.company.id,
            }
        )
        self.env.invalidate_all()
        self.assertEqual(self.farewell.ticket_count, 1)
        self.assertTrue(self.farewell.is_running)
        ticket.stage_id = self.env["helpdesk.ticket.stage"].search(
            [("closed", "=", True)], limit=1
        )
        self.env.invalidate_all()
        self.assertFalse(self.farewell.is_running)

    def test_a_figure_opens_the_rows_it_was_counted_from(self):
        late = self.invoice(1000, days_late=10)
        due = self.invoice(500, days_late=-10, partner=self.contact)
        draft = self.invoice(70, post=False)
        self.invoice(900, partner=self.env["res.partner"].create({"name": "Other"}))
        self.assertEqual(self.open("open_amount").move_id, late | due)
        self.assertEqual(self.open("overdue_amount").move_id, late)
        self.assertEqual(self.open("draft_invoice_count"), draft)
        self.assertEqual(self.open("contact_count"), self.contact)
        self.assertFalse(self.open("ticket_count"))

    def test_revenue_opens_the_invoice_lines_of_the_window(self):
        with self.assertRaises(UserError):
            self.open("revenue_amount")  # nothing was counted yet
        invoice = self.invoice(1000)
        self.env["client.health"].sudo()._refresh(self.customer)
        self.assertEqual(self.farewell.revenue_amount, 1000)
        lines = self.open("revenue_amount")
        self.assertEqual(lines.move_id, invoice)
        self.assertEqual(-sum(lines.mapped("balance")), 1000)

    def test_what_is_no_figure_opens_nothing(self):
        for name in ("partner_id", "is_running", "", None):
            with self.subTest(name=name), self.assertRaises(UserError):
                self.open(name)

    def test_only_what_is_unpaid_in_this_company_counts(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids += other
        self.invoice(300)
        self.invoice(40, company=other)
        self.invoice(20, company=other, post=False)
        self.invoice(5, move_type="in_invoice", post=False)
        self.assertRecordValues(
            self.farewell, [{"open_amount": 300, "draft_invoice_count": 0}]
        )
        self.assertEqual(self.open("open_amount").company_id, self.env.company)
        [row] = self.farewell._get_invoice_values()["rows"]
        self.assertIn("300,00", row["amount"])

    def open(self, figure):
        """Return the rows that the button beside a figure opens."""
        action = self.farewell.with_context(figure=figure).action_open_figure()
        return self.env[action["res_model"]].search(action["domain"])

    def test_figures_of_many_cost_as_many_queries_as_of_one(self):
        names = [
            "revenue_amount", "open_amount", "overdue_amount", "draft_invoice_count",
            "ticket_count", "contact_count", "is_running",
        ]  # fmt: skip
        partners = self.env["res.partner"].create(
            [{"name": f"Client {number}"} for number in range(20)]
        )
        for partner in partners:
            self.invoice(10, partner=partner)
        cases = self.env["client.farewell"].create(
            [{"partner_id": partner.id, "lang": "en_US"} for partner in partners]
        )
        counts = []
        for some in (cases[:2], cases[:2], cases):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            some.read(names)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def invoice(
        self,
        amount,
        days_late=0,
        partner=None,
        move_type="out_invoice",
        post=True,
        company=None,
        currency=None,
    ):
        due = self.today - timedelta(days=days_late)
        company = company or self.env.company
        move = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": move_type,
                    "currency_id": (currency or company.currency_id).id,
                    "partner_id": (partner or self.customer).id,
                    "invoice_date": min(due, self.today),
                    "invoice_date_due": due,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Work", "price_unit": amount, "tax_ids": False}
                        )
                    ],
                }
            )
        )
        if post:
            move.action_post()
        return move


@tagged("post_install", "-at_install")
class TestFarewellOtherApps(BooksCase):
    """Orders, opportunities, meetings and hours, where those apps are installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref(
            "client_health.client_health_group_manager"
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "De Korenaar", "is_company": True}
        )
        cls.farewell = cls.env["client.farewell"].create(
            {"partner_id": cls.customer.id, "lang": "en_US"}
        )

    def test_a_planned_meeting_counts_and_a_past_one_does_not(self):
        self.need("calendar.event")
        now = fields.Datetime.now()
        events = self.env["calendar.event"].create(
            [
                {
                    "name": f"Meeting {days}",
                    "start": now + timedelta(days=days),
                    "stop": now + timedelta(days=days, hours=1),
                    "partner_ids": [Command.set(self.customer.ids)],
                }
                for days in (-2, 2)
            ]
        )
        self.assert_figure("meeting_count", 1, events[1])
        self.assertTrue(self.farewell.is_running)

    def test_an_open_opportunity_counts_and_a_lost_one_does_not(self):
        self.need("crm.lead")
        self.env.user.group_ids += self.env.ref("sales_team.group_sale_manager")
        leads = self.env["crm.lead"].create(
            [
                {"name": name, "type": "opportunity", "partner_id": self.customer.id}
                for name in ("Open", "Lost")
            ]
        )
        leads[1].action_set_lost()
        self.assert_figure("lead_count", 1, leads[0])
        self.assertFalse(self.farewell.is_running)

    def test_orders_that_run_count_in_the_company_s_currency(self):
        self.need("sale.order")
        self.env.user.group_ids += self.env.ref("sales_team.group_sale_manager")
        other = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": other.id}
        )
        product = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "invoice_policy": "order"}
        )
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "pricelist_id": pricelist.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "price_unit": 100,
                                "tax_ids": False,
                            }
                        )
                    ],
                }
                for _number in range(2)
            ]
        )
        orders[0].action_confirm()
        self.assert_figure("order_count", 1, orders[0])
        self.assert_figure("unbilled_amount", 50, orders[0].order_line)
        self.assertTrue(self.farewell.is_running)

    def test_an_order_paid_in_advance_runs_until_it_is_shipped(self):
        self.need("sale.order")
        if "delivery_status" not in self.env["sale.order"]._fields:
            self.skipTest("sale_stock is not installed")
        self.env.user.group_ids += self.env.ref("sales_team.group_sale_manager")
        product = self.env["product.product"].create(
            {"name": "Oven", "type": "consu", "invoice_policy": "order"}
        )
        line = Command.create({"product_id": product.id, "price_unit": 100})
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [line]}
        )
        order.action_confirm()
        order._create_invoices().action_post()
        self.assertEqual(order.invoice_status, "invoiced")
        self.assert_figure("order_count", 1, order)
        order.picking_ids.move_ids.quantity = 1
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        self.assert_figure("order_count", 0, order.browse())

    def test_hours_of_the_window_are_kept(self):
        if "project_id" not in self.env["account.analytic.line"]._fields:
            self.skipTest("timesheets are not installed")
        today = fields.Date.today()
        stranger = self.env["res.partner"].create({"name": "Other"})
        for group in ("project.group_project_manager", "hr.group_hr_user"):
            self.env.user.group_ids += self.env.ref(group)
        employee = self.env["hr.employee"].create({"name": "Employee"})
        for partner, days, hours in (
            (self.customer, 10, 3),
            (self.customer, 20, 1.5),
            (self.customer, 500, 7),
            (stranger, 10, 9),
        ):
            project = self.env["project.project"].create(
                {"name": "Work", "partner_id": partner.id, "allow_timesheets": True}
            )
            self.env["account.analytic.line"].create(
                {
                    "name": "/",
                    "project_id": project.id,
                    "employee_id": employee.id,
                    "date": today - timedelta(days=days),
                    "unit_amount": hours,
                }
            )
        self.env["client.health"]._refresh(self.customer)
        self.assertEqual(self.farewell._prepare_window_vals()["hours_window"], 4.5)

    def need(self, model):
        if model not in self.env:
            self.skipTest(f"{model} is not installed")

    def assert_figure(self, name, value, rows):
        self.env.invalidate_all()
        self.assertEqual(self.farewell[name], value)
        action = self.farewell.with_context(figure=name).action_open_figure()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), rows)
