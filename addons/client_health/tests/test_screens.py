import json
import re

from freezegun import freeze_time
from lxml import etree
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import file_open
from odoo.tools.safe_eval import safe_eval

from .common import new_test_user
from .flags_common import FlagsCase


def is_within(cell, zone):
    """Return whether a cell (*B7*) lies in a zone (*A1:C9*) of one-letter columns."""
    (first, top), (last, bottom) = ((one[0], int(one[1:])) for one in zone.split(":"))
    return first <= cell[0] <= last and top <= int(cell[1:]) <= bottom


@tagged("post_install", "-at_install")
class TestScreens(FlagsCase):
    """What the buttons and lists do, without a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            login="accountant",
            groups="client_health.client_health_group_user,"
            "account.group_account_invoice",
        )

    def decide(self, flags, **vals):
        """Return the why-panel of these flags as a colleague opens it."""
        action = flags.with_user(self.user).action_open_why()
        Panel = self.env["client.health.flag.decide"].with_user(self.user)
        return Panel.with_context(**action["context"]).create(vals)

    def test_why_panel_explains_one_flag(self):
        _health, flag = self.make_flagged()
        panel = self.decide(flag)
        self.assertEqual(panel.flag_id, flag)
        self.assertIn("Severe", panel.explanation_html)
        self.assertIn("Severe", panel.evidence_html)

    def test_confirming_in_bulk_writes_one_reason_on_all(self):
        flags = self.make_flagged(name="A")[1] | self.make_flagged(name="B")[1]
        panel = self.decide(flags, reason="Talked with both")
        self.assertFalse(panel.flag_id)
        panel.action_confirm()
        self.assertRecordValues(
            flags,
            [{"decision": "confirmed", "decision_reason": "Talked with both"}] * 2,
        )

    def test_deciding_touches_no_other_flag_of_the_client(self):
        health, flag = self.make_flagged()
        other = self.env["client.health.flag"].create(
            {"health_id": health.id, "trait_id": self.late_payer.id, "level": "watch"}
        )
        self.decide(flag, reason="Agreed").action_confirm()
        self.assertEqual(flag.decision, "confirmed")
        self.assertEqual(other.decision, "none")

    def test_dismissing_wants_a_reason_and_keeps_the_date(self):
        _health, flag = self.make_flagged()
        panel = self.decide(flag, dismiss_until="2099-01-31")
        with self.assertRaises(UserError):
            panel.action_dismiss()
        panel.reason = "On holiday"
        panel.action_dismiss()
        self.assertEqual(flag.decision, "dismissed")
        self.assertEqual(str(flag.decision_until), "2099-01-31")

    def test_ticked_rows_come_into_the_panel(self):
        flags = self.make_flagged(name="A")[1] | self.make_flagged(name="B")[1]
        Panel = self.env["client.health.flag.decide"].with_context(
            active_model="client.health.flag", active_ids=flags.ids
        )
        self.assertEqual(Panel.create({}).flag_ids, flags)

    def test_ticked_rows_of_another_list_are_no_flags(self):
        flag = self.make_flagged()[1]
        Panel = self.env["client.health.flag.decide"].with_context(
            active_model="res.partner", active_ids=flag.ids
        )
        self.assertFalse(Panel.default_get(["flag_ids"]).get("flag_ids"))

    def test_dismissed_flag_shows_no_badge(self):
        health, flag = self.make_flagged()
        partner = health.partner_id.with_user(self.user)
        (badge,) = partner.application_statistics
        self.assertEqual(badge["value"], self.grumpy.name)
        flag.with_user(self.user).action_dismiss("Talked it over")
        self.env.invalidate_all()
        self.assertFalse(partner.application_statistics)

    def test_farewell_starts_from_the_flags_of_one_client(self):
        health, flag = self.make_flagged(name="A")
        flags = flag.with_user(self.user)
        action = flags.action_start_farewell()
        self.assertEqual(action["res_model"], "client.farewell")
        self.assertEqual(action["context"]["default_partner_id"], health.partner_id.id)
        with self.assertRaises(UserError):
            (flags | self.make_flagged(name="B")[1]).action_start_farewell()

    def test_raising_by_hand_needs_no_health_record_before(self):
        partner = self.env["res.partner"].create({"name": "New", "is_company": True})
        action = partner.with_user(self.user).action_open_raise()
        Raise = self.env["client.health.flag.raise"].with_user(self.user)
        dialog = Raise.with_context(**action["context"]).create(
            {"trait_id": self.grumpy.id, "reason": "Shouted at the door"}
        )
        dialog.action_raise()
        flag = partner.with_user(self.user).client_health_flag_ids
        self.assertRecordValues(
            flag, [{"origin": "manual", "decision": "confirmed", "level": "flag"}]
        )

    def test_raising_takes_the_level_and_the_company_of_the_dialog(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.user.company_ids += other
        user = self.user.with_context(allowed_company_ids=[self.company.id, other.id])
        health = self.make_client(company=other)
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": health.partner_id.id}
        )
        action = person.with_user(self.user).action_open_raise()
        self.assertEqual(action["context"]["default_partner_id"], health.partner_id.id)
        dialog = (
            self.env(user=self.user, context=user.env.context)[action["res_model"]]
            .with_context(**action["context"])
            .create(
                {
                    "trait_id": self.grumpy.id,
                    "reason": "Heard it",
                    "level": "watch",
                    "company_id": other.id,
                }
            )
        )
        dialog.action_raise()
        self.assertRecordValues(
            health.flag_ids, [{"level": "watch", "company_id": other.id}]
        )

    def test_what_is_begun_on_a_client_is_of_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        health = self.make_client(company=other, conduct_severe_count=1)
        self.judge(health)
        panel = self.env["client.health.flag.decide"].create(
            {"flag_ids": health.flag_ids.ids}
        )
        for record in (health, panel):
            context = record.action_log_incident()["context"]
            self.assertEqual(context["default_company_id"], other.id)

    def test_a_contact_opens_the_health_of_its_company(self):
        health = self.make_client()
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": health.partner_id.id}
        )
        action = person.with_user(self.user).action_open_client_health()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("client.health", health.id)
        )
        back = health.action_open_client()
        self.assertEqual(back["res_id"], health.partner_id.id)

    def test_incident_dialog_knows_ticket_and_client(self):
        health = self.make_client()
        contact = self.env["res.partner"].create(
            {"name": "Person", "parent_id": health.partner_id.id}
        )
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "x", "partner_id": contact.id}
        )
        action = ticket.action_log_incident()
        incident = (
            self.env["client.health.incident"]
            .with_context(**action["context"])
            .create({"description": "Called a colleague names", "kind": "conduct"})
        )
        self.assertRecordValues(
            incident,
            [{"kind": "conduct", "ticket_id": ticket.id, "health_id": health.id}],
        )

    def test_ticket_tells_only_what_was_confirmed(self):
        health, flag = self.make_flagged()
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "x", "partner_id": health.partner_id.id}
        )
        ticket = ticket.with_user(self.manager).sudo()
        self.assertFalse(ticket.client_health_notice)
        flag.with_user(self.user).action_confirm("Agreed")
        ticket.invalidate_recordset(["client_health_notice"])
        self.assertEqual(
            ticket.client_health_notice,
            f"{self.grumpy.name}: A severe incident was noted (past 12 months)",
        )

    def test_ticket_tells_nothing_that_is_over(self):
        health, flag = self.make_flagged()
        flag.with_user(self.user).action_confirm("Agreed")
        health.conduct_incident_count = health.conduct_severe_count = 0
        self.grumpy.clear_after_days = 0
        self.judge(health)
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "x", "partner_id": health.partner_id.id}
        )
        self.assertEqual((flag.level, flag.decision), ("none", "confirmed"))
        self.assertFalse(ticket.with_user(self.manager).sudo().client_health_notice)

    def test_ticket_tells_what_its_own_company_confirmed(self):
        health, flag = self.make_flagged()
        flag.with_user(self.user).action_confirm("Agreed")
        other = self.env["res.company"].create({"name": "Other"})
        tickets = self.env["helpdesk.ticket"].create(
            [
                {
                    "name": "Help",
                    "description": "x",
                    "partner_id": health.partner_id.id,
                    "company_id": company.id,
                }
                for company in (self.company, other)
            ]
        )
        # whichever company is on
        tickets = tickets.with_company(other)
        names = tickets.mapped(lambda ticket: ticket.client_health_notice or "")
        self.assertTrue(names[0].startswith(f"{self.grumpy.name}: "))
        self.assertEqual(names[1], "")

    def test_incident_of_a_contact_is_of_its_company(self):
        health = self.make_client()
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": health.partner_id.id}
        )
        action = person.with_user(self.user).action_log_incident()
        self.assertEqual(action["context"]["default_partner_id"], health.partner_id.id)

    def test_promise_on_an_invoice_begins_with_what_is_open(self):
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.make_client().partner_id.id}
        )
        invoice.write({"amount_residual_signed": 40, "amount_total_signed": 100})
        context = invoice.action_note_promise()["context"]
        self.assertEqual(context["default_amount"], 40.0)
        self.assertEqual(context["default_move_id"], invoice.id)
        self.assertEqual(context["default_company_id"], invoice.company_id.id)
        self.assertEqual(context["default_partner_id"], invoice.partner_id.id)

    def test_who_may_not_read_an_invoice_notes_nothing_on_it(self):
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.make_client().partner_id.id}
        )
        with self.assertRaises(AccessError):
            invoice.with_user(self.user).action_note_promise()
        with self.assertRaises(AccessError):
            invoice.with_user(self.user).action_log_incident()

    def test_clients_are_grouped_and_found_by_active_trait(self):
        health, flag = self.make_flagged()
        calm = self.make_client(name="Calm")
        both = health | calm
        Health = self.env["client.health"]
        mine = [("id", "in", both.ids)]
        groups = Health._read_group(mine, ["active_trait_ids"], ["id:recordset"])
        self.assertIn((self.grumpy, health), groups)
        search = [*mine, ("active_trait_ids", "in", self.grumpy.ids)]
        self.assertEqual(Health.search(search), health)
        self.assertEqual(Health.search([*mine, ("active_trait_ids", "=", False)]), calm)
        flag.with_user(self.user).action_dismiss("Not now")
        self.assertFalse(Health.search(search))
        groups = Health._read_group(mine, ["active_trait_ids"], ["__count"])
        self.assertEqual([count for _trait, count in groups], [2])

    def test_states_are_grouped_with_the_worst_first(self):
        states = ["to_discuss", "at_risk", "watch", "healthy"]
        clients = self.env["client.health"]
        for number, state in enumerate(sorted(states)):
            clients |= self.make_client(name=f"Client {number}")
            clients[-1].state = state
        mine = [("id", "in", clients.ids)]
        Health = self.env["client.health"]
        groups = Health._read_group(mine, ["state", "company_id"], ["__count"])
        self.assertEqual([state for state, _company, _count in groups], states)
        groups = Health._read_group(mine, ["state"], ["score:avg"], order="state desc")
        self.assertEqual([state for state, _score in groups], states[::-1])

    def test_partner_shows_how_the_score_moved_in_a_month(self):
        health, flag = self.make_flagged()
        partner = health.partner_id.with_user(self.user)
        self.assertEqual(partner.client_health_trend, 0)
        snapshots = {"2020-01-01": 30, "2020-02-01": health.score + 15}
        self.env["client.health.snapshot"].create(
            [
                {
                    "health_id": health.id,
                    "partner_id": partner.id,
                    "company_id": health.company_id.id,
                    "date": date,
                    "score": score,
                }
                for date, score in snapshots.items()
            ]
        )
        self.env.invalidate_all()
        self.assertEqual(partner.client_health_trend, -15)
        self.assertEqual(health.score_trend, -15)
        flag.with_user(self.user).action_dismiss("Talked it over")
        self.assertEqual(partner.client_health_trend, 5)

    def test_a_client_opens_its_own_months(self):
        health, _flag = self.make_flagged()
        self.make_flagged(name="Other")
        self.env["client.health.snapshot"]._take()
        action = health.with_user(self.user).action_open_snapshots()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, health.snapshot_ids)

    def test_decisions_on_all_flags_stand_newest_first(self):
        health, flag = self.make_flagged()
        with freeze_time("2030-01-02"):
            haggler = health.action_raise_flag("haggler", "watch", "Asks each time")
        with freeze_time("2030-01-01"):
            flag.action_confirm("Agreed")
        with freeze_time("2030-01-03"):
            flag.action_dismiss("A misunderstanding")
        lines = health.history_ids
        self.assertEqual(
            lines.mapped("event"), ["dismissed", "manual", "confirmed", "level"]
        )
        self.assertEqual(lines.flag_id, flag | haggler)

    def test_a_trait_opens_its_flags_of_a_level(self):
        watch = self.make_flagged("watch")[1]
        flag = self.make_flagged()[1]
        cleared = self.make_flagged()[1]
        cleared.level = "none"
        self.make_client().action_raise_flag("haggler", "watch", "Another trait")
        trait = self.grumpy.with_user(self.user)
        both = watch | flag
        # who is at flag is at watch as well, and counted so
        for level, expected in (("watch", both), ("flag", flag), (None, both)):
            action = trait.with_context(level=level).action_open_flags()
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(set(found), set(expected), level)

    def test_renamed_trait_shows_its_new_name_at_once(self):
        _health, flag = self.make_flagged()
        self.assertEqual(flag.trait_name, self.grumpy.name)
        self.grumpy.name = "Rude"
        flag.invalidate_recordset()
        self.assertEqual(flag.trait_name, "Rude")

    def test_plan_to_talk_first_makes_three_activities(self):
        health, _flag = self.make_flagged()
        action = health.with_user(self.user).action_talk_first()
        Schedule = self.env["mail.activity.schedule"].with_user(self.user)
        dialog = Schedule.with_context(**action["context"]).create({})
        self.assertEqual(dialog.plan_id.name, "Talk – agree – review")
        dialog.action_schedule_plan()
        self.assertEqual(len(health.activity_ids), 3)
        dates = sorted(health.activity_ids.mapped("date_deadline"))
        self.assertEqual((dates[-1] - dates[0]).days, 30)
        self.assertFalse(health.partner_id.activity_ids)

    def test_incidents_and_promises_are_not_offered_twice(self):
        """A duplicate would count once more."""
        for model in ("client.health.incident", "client.health.promise"):
            for view_type in ("form", "list"):
                with self.subTest(model=model, view=view_type):
                    arch = self.env[model].get_view(view_type=view_type)["arch"]
                    self.assertEqual(etree.fromstring(arch).get("duplicate"), "0")

    def test_dashboard_is_not_shared_by_a_link(self):
        dashboard = self.env.ref("client_health.client_health_dashboard")
        with self.assertRaises(UserError):
            self.env["spreadsheet.dashboard.share"].action_get_share_url(
                {"dashboard_id": dashboard.id, "spreadsheet_data": "{}"}
            )

    def test_dashboard_reads_fields_that_exist(self):
        path = "client_health/data/files/client_health_dashboard.json"
        with file_open(path) as file:
            data = json.load(file)
        for source in [*data["pivots"].values(), *data["lists"].values()]:
            Model = self.env[source["model"]]
            domain = source["domain"]
            if isinstance(domain, str):  # as the browser reads it
                on = {"allowed_company_ids": self.env.companies.ids}
                domain = safe_eval(domain, on)
            Model.search_count(domain)
            names = [measure["fieldName"] for measure in source.get("measures", [])]
            names += source.get("columns", [])
            names += [row["fieldName"] for row in source.get("rows", [])]
            known = {*Model._fields, "__count"}
            self.assertLessEqual(
                {name for name in names if isinstance(name, str)}, known
            )

    def test_dashboard_is_filtered_by_company_and_period(self):
        with file_open("client_health/data/files/client_health_dashboard.json") as file:
            data = json.load(file)
        by_type = {one["type"]: one["id"] for one in data["globalFilters"]}
        charts = [figure["data"] for figure in data["sheets"][0]["figures"]]
        sources = [
            *data["pivots"].values(),
            *data["lists"].values(),
            *(chart | chart["metaData"] for chart in charts if "metaData" in chart),
        ]
        self.assertGreater(len(sources), 8)
        dated = set()
        for source in sources:
            model = source.get("model") or source["resModel"]
            if model == "res.company":
                continue
            found = source["fieldMatching"]
            company = found[by_type["relation"]]["chain"]
            chain = self.env[model]._fields[company]
            self.assertEqual(chain.comodel_name, "res.company")
            if date := found.get(by_type["date"]):
                self.assertEqual(self.env[model]._fields[date["chain"]].type, "date")
                dated.add(model)
        self.assertEqual(dated, {"client.health.flag", "client.health.snapshot"})

    def test_dashboards_add_up_amounts_in_the_currency_they_name(self):
        """Companies that are on together may have other currencies."""
        for name in ("client_health_dashboard", "client_health_balance_dashboard"):
            with file_open(f"client_health/data/files/{name}.json") as file:
                data = json.load(file)
            for source in data["pivots"].values():
                fields = self.env[source["model"]]._fields
                for measure in source["measures"]:
                    field = fields.get(measure["fieldName"])
                    if field and field.type == "monetary":
                        with self.subTest(name, measure=measure["fieldName"]):
                            self.assertEqual(measure.get("aggregator"), "sum_currency")
            named = [
                source["domain"]
                for source in data["lists"].values()
                if "currency_id" in source["columns"]
            ]
            self.assertEqual(named, ["[('id', '=', allowed_company_ids[0])]"])

    def test_dashboards_show_rows_in_the_currency_they_name(self):
        """A row has its own currency: its sign is shown, or it is converted."""
        monetary = {
            name
            for name, field in self.env["client.health"]._fields.items()
            if field.type == "monetary"
        }
        listed = re.compile(r'ODOO\.LIST\((\d+),(\d+),"(\w+)"\)')
        for name in ("client_health_dashboard", "client_health_balance_dashboard"):
            with file_open(f"client_health/data/files/{name}.json") as file:
                main, data = json.load(file)["sheets"]
            plain = {
                cell: formula
                for cell, formula in main["cells"].items()
                if any(is_within(cell, zone) for zone in main["formats"])
            } | data["cells"]
            found = 0
            for cell, formula in plain.items():
                rows = {
                    (number, row)
                    for number, row, column in listed.findall(formula)
                    if column in monetary
                }
                for number, row in rows:
                    found += 1
                    rates = re.findall(r"\*(?:Data!)?([A-Z]+\d+)", formula)
                    with self.subTest(name, cell=cell):
                        self.assertIn(
                            f'ODOO.CURRENCY.RATE(ODOO.LIST({number},{row},"currency_id")',
                            " ".join(data["cells"][rate] for rate in rates),
                        )
            self.assertGreater(found, 99, name)

    def test_the_ten_that_cost_most_are_compared_within_their_company(self):
        """Amounts of two currencies are no order; a ratio is."""
        path = "client_health/data/files/client_health_balance_dashboard.json"
        with file_open(path) as file:
            [ten] = [
                source
                for source in json.load(file)["lists"].values()
                if source["name"].startswith("Ten")
            ]
        first = ten["orderBy"][0]
        self.assertEqual(first, {"name": "revenue_per_hour_ratio", "asc": True})

    def test_dashboards_have_room_for_hundreds_of_millions(self):
        """As cards hold eight characters and a column's room is given in pixels."""
        for name, cards, columns in (
            ("client_health_dashboard", ("C5",), "BCDE"),
            ("client_health_sample_dashboard", ("C5",), "BCDE"),
            ("client_health_balance_dashboard", ("C1", "C6", "C9"), "BDEF"),
        ):
            with file_open(f"client_health/data/files/{name}.json") as file:
                main, data = json.load(file)["sheets"]
            with self.subTest(name):
                for card in cards:
                    self.assertIn("FORMAT.LARGE.NUMBER", data["cells"][card])
                for column in columns:
                    size = main["cols"][str(ord(column) - ord("A"))]["size"]
                    self.assertGreaterEqual(size, 110, column)

    def test_example_says_that_it_is_one(self):
        path = "client_health/data/files/client_health_sample_dashboard.json"
        with file_open(path) as file:
            cells = json.load(file)["sheets"][0]["cells"]
        self.assertIn("Example", cells["A6"])

    def test_a_company_says_how_far_its_bank_is_known(self):
        company = self.env.company
        company.client_health_bank_complete_until = "2020-03-04"
        known = company._get_client_health_known_until()
        self.assertEqual(company.with_user(self.user).client_health_known_until, known)

    def test_headings_of_the_dashboard_open_named_actions(self):
        with file_open("client_health/data/files/client_health_dashboard.json") as file:
            data = json.load(file)
        cells = data["sheets"][0]["cells"].values()
        links = [cell.split("odoo://view/")[1] for cell in cells if "odoo://" in cell]
        self.assertEqual(len(links), 6)
        for link in links:
            link = json.loads(link.removesuffix(")"))
            # a name in the link would not be translated
            self.assertNotIn("name", link)
            action = self.env.ref(link["action"]["xmlId"])
            self.assertEqual(action.res_model, link["action"]["modelName"])

    def test_dashboard_without_invoice_rights_has_no_errors(self):
        """A formula that reads an amount says what stands there without it."""
        with file_open("client_health/data/files/client_health_dashboard.json") as file:
            data = json.load(file)
        closed = {
            name
            for name in self.env["client.health"]._fields
            if name not in self.env["client.health"].with_user(self.user).fields_get()
        }
        formulas = [
            formula
            for sheet in data["sheets"]
            for formula in sheet["cells"].values()
            if formula.startswith("=")
            and any(f'"{name}"' in formula for name in closed)
        ]
        self.assertGreater(len(formulas), 20)
        self.assertFalse([text for text in formulas if "IFERROR(" not in text])

    def test_what_dashboard_and_views_add_up_can_be_added_up(self):
        with file_open("client_health/data/files/client_health_dashboard.json") as file:
            data = json.load(file)
        measured = {
            (pivot["model"], measure["fieldName"])
            for pivot in data["pivots"].values()
            for measure in pivot["measures"]
        }
        views = self.env["ir.ui.view"].search(
            [("type", "in", ("pivot", "graph")), ("model", "=like", "client.%")]
        )
        for view in views:
            nodes = etree.fromstring(view.arch).iterfind(".//field[@type='measure']")
            measured |= {(view.model, node.get("name")) for node in nodes}
        self.assertGreater(len(measured), 10)
        for model, name in sorted(
            measured - {(model, "__count") for model, _ in measured}
        ):
            with self.subTest(model=model, field=name):
                field = self.env[model].with_user(self.accountant).fields_get([name])
                self.assertTrue(field[name].get("aggregator"))

    def test_amounts_of_flags_are_added_up_per_trait(self):
        health, flag = self.make_flagged()
        health.overdue_amount = 120
        Flag = self.env["client.health.flag"].with_user(self.accountant)
        found = Flag._read_group(
            [("id", "=", flag.id)], ["trait_id"], ["overdue_amount:sum"]
        )
        self.assertEqual(found, [(self.grumpy, 120)])
        with self.assertRaises(AccessError):
            Flag.with_user(self.user)._read_group([], [], ["overdue_amount:sum"])

    def test_dashboard_shows_no_example_where_there_are_clients(self):
        dashboard = self.env.ref("client_health.client_health_dashboard")
        dashboard = dashboard.with_user(self.manager)
        Health = self.env["client.health"]
        Health.search([]).unlink()
        self.assertTrue(dashboard._dashboard_is_empty())
        partner = self.env["res.partner"].create({"name": "Asks"})
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "x", "partner_id": partner.id}
        )
        self.assertFalse(dashboard._dashboard_is_empty())
        ticket.unlink()
        self.assertTrue(dashboard._dashboard_is_empty())
        self.make_client()
        self.assertFalse(dashboard._dashboard_is_empty())

    def test_dashboard_is_for_managers(self):
        dashboard = self.env.ref("client_health.client_health_dashboard")
        self.assertTrue(dashboard.with_user(self.manager).has_access("read"))
        self.assertFalse(dashboard.with_user(self.user).has_access("read"))

    def test_outsiders_open_nothing(self):
        health, flag = self.make_flagged()
        outsider = self.env.ref("base.user_demo", raise_if_not_found=False)
        outsider = outsider or self.env.ref("base.public_user")
        with self.assertRaises(AccessError):
            flag.with_user(outsider).action_open_why()
        with self.assertRaises(AccessError):
            health.with_user(outsider).action_talk_first()
        Wizard = self.env["client.health.flag.raise"].with_user(outsider)
        with self.assertRaises(AccessError):
            Wizard.create({})
