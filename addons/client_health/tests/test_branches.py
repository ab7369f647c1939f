"""Branches, and a second company: whose client it is, and who may work on it."""

from datetime import datetime, time, timedelta

from freezegun import freeze_time
from lxml import etree
from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase


@tagged("post_install", "-at_install")
class TestBranches(FlagsCase):
    """A colleague of a branch works on the clients of the firm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {"name": "North", "parent_id": cls.company.id}
        )
        cls.other = cls.env["res.company"].create({"name": "Other Firm"})
        cls.colleague = cls.make_colleague("north", "user")
        cls.health, cls.flag = cls.make_flagged()

    @classmethod
    def make_colleague(cls, login, role):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"client_health.client_health_group_{role},"
            "account.group_account_invoice,base.group_partner_manager",
            company_id=cls.branch.id,
            company_ids=[Command.set(cls.branch.ids)],
        )

    def test_a_colleague_of_a_branch_raises_a_flag_from_the_health(self):
        own = self.health.with_user(self.colleague).with_company(self.branch)
        action = own.action_open_raise()
        dialog = (
            own.env["client.health.flag.raise"]
            .with_context(**action["context"])
            .create({"trait_id": self.late_payer.id, "reason": "As agreed."})
        )
        dialog.action_raise()
        self.assertEqual(self.flag_of(self.health, self.late_payer).level, "flag")

    def test_a_colleague_of_a_branch_starts_a_farewell_from_the_health(self):
        own = self.health.with_user(self.colleague).with_company(self.branch)
        context = own.action_start_farewell()["context"]
        Farewell = own.env["client.farewell"].with_context(**context)
        proposed = Farewell.default_get(["company_id", "partner_id"])
        farewell = Farewell.create(proposed)
        self.assertEqual(farewell.company_id, self.branch)
        self.assertEqual(farewell.partner_id, self.health.partner_id)

    def test_what_starts_at_a_client_is_about_that_company(self):
        """Also where another company is the first that is on."""
        theirs = self.make_client(name="Theirs", company=self.other)
        self.env.user.company_ids |= self.other
        both = theirs.with_context(allowed_company_ids=[self.company.id, self.other.id])
        for action in (both.action_open_raise(), both.action_start_farewell()):
            with self.subTest(action["res_model"]):
                dialog = self.env[action["res_model"]].with_context(**action["context"])
                found = dialog.default_get(["company_id", "partner_id"])
                self.assertEqual(found["company_id"], self.other.id)
                self.assertEqual(found["partner_id"], theirs.partner_id.id)

    def test_the_farewell_of_a_branch_tells_what_the_client_means(self):
        health = self.make_client(
            name="Large", revenue_amount=1000.0, hours_spent=24.0, net_amount=600.0
        )
        own = self.env["client.farewell"].with_user(self.colleague)
        farewell = own.with_company(self.branch).create(
            {"partner_id": health.partner_id.id, "company_id": self.branch.id}
        )
        self.assertEqual(farewell.revenue_amount, 1000.0)
        self.assertEqual(farewell.hours_month, 2.0)
        self.assertEqual(farewell.net_amount, 600.0)
        seen = health.with_user(self.colleague).with_company(self.branch)
        self.assertTrue(seen.farewell_state)
        self.assertIn("farewell", [event["kind"] for event in seen.course["events"]])

    def test_a_colleague_of_a_branch_is_asked_and_told(self):
        self.assertTrue(self.health._may_know(self.colleague))
        own = self.flag.with_user(self.colleague).with_company(self.branch)
        own._assign(self.colleague)
        self.assertEqual(self.flag.assignee_id, self.colleague)
        self.health.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.colleague.id
        )
        theirs = self.make_client(name="Theirs", company=self.other)
        self.assertFalse(theirs._may_know(self.colleague))
        above = self.env["client.farewell"].create(
            {"partner_id": self.health.partner_id.id, "company_id": self.company.id}
        )
        self.assertFalse(above._may_know(self.colleague))

    def test_a_manager_of_a_branch_is_found(self):
        group = self.env.ref("client_health.client_health_group_manager")
        group.user_ids = False
        manager = self.make_colleague("north_manager", "manager")
        self.assertEqual(self.health._get_manager(self.health.company_id), manager)

    def test_a_ticket_of_a_branch_says_what_was_confirmed(self):
        self.flag.action_confirm("Seen.")
        ticket = self.env["helpdesk.ticket"].create(
            {
                "name": "Printer",
                "description": "Jam",
                "partner_id": self.health.partner_id.id,
                "company_id": self.branch.id,
            }
        )
        self.assertIn(self.grumpy.name, ticket.client_health_notice)

    def test_a_trait_of_the_firm_is_read_in_its_branches(self):
        self.grumpy.company_id = self.company
        self.env.invalidate_all()
        own = self.flag.with_user(self.colleague).with_company(self.branch)
        [row] = own.read(["trait_id", "points", "reason", "label"])
        self.assertEqual(row["points"], self.grumpy.weight)
        traits = own.env["client.health.trait"]
        self.assertIn(self.grumpy, traits.search([]))
        manager = self.make_colleague("north_manager", "manager")
        with self.assertRaises(AccessError):
            self.grumpy.with_user(manager).with_company(self.branch).weight = 1
        self.grumpy.company_id = self.other
        self.assertNotIn(self.grumpy, traits.search([]))

    def test_a_trait_is_given_to_a_firm_and_not_to_a_branch(self):
        """There it would judge nobody: a branch is judged with its firm."""
        self.env.user.company_ids |= self.branch
        Trait = self.env["client.health.trait"]
        in_branch = {"name": "Own", "company_id": self.branch.id}
        proposing = Trait.with_context(default_company_id=self.branch.id)
        names = ["name", "company_id/.id"]
        for attempt in (
            lambda: Trait.create(in_branch),
            lambda: proposing.create({"name": "Own"}),
            lambda: self.grumpy.write({"company_id": self.branch.id}),
            lambda: self.grumpy.copy({"company_id": self.branch.id}),
        ):
            with self.assertRaisesRegex(ValidationError, "North is judged with"):
                attempt()
        loaded = Trait.load(names, [["Own", str(self.branch.id)]])
        self.assertIn("is judged with", loaded["messages"][0]["message"])
        domain = Trait._fields["company_id"].domain
        firms = self.env["res.company"].search(domain)
        self.assertIn(self.company, firms)
        self.assertNotIn(self.branch, firms)

    def test_a_trait_begun_in_a_branch_is_the_firms(self):
        """It is proposed to who works in both, and beside them in no other."""
        manager = self.make_colleague("both", "manager")
        manager.company_ids |= self.company
        own = self.env["client.health.trait"].with_user(manager)
        own = own.with_context(allowed_company_ids=[self.branch.id, self.company.id])
        self.assertEqual(own.create({"name": "Own"}).company_id, self.company)

    def test_matches_are_counted_in_a_branch(self):
        trait = self.grumpy.with_user(self.colleague).with_company(self.branch)
        everyone = self.env["client.health"].search(
            [("company_id", "=", self.company.id)]
        )
        matches = everyone.filtered_domain(self.grumpy._get_level_domain("flag"))
        self.assertEqual(trait.flag_match_count, len(matches))

    def test_the_settings_are_those_of_the_firm(self):
        self.env.user.company_ids |= self.branch
        settings = self.env["client.health.settings"].with_company(self.branch)
        settings.create({"grace_days": 9}).action_save()
        self.assertEqual(self.company.client_health_grace_days, 9)

    def test_who_works_in_a_branch_only_changes_no_settings(self):
        manager = self.make_colleague("north_manager", "manager")
        own = self.env["client.health.settings"].with_user(manager)
        with self.assertRaisesRegex(AccessError, "may not change the settings of"):
            own.with_company(self.branch).default_get(["grace_days"])

    def test_a_manager_of_a_branch_opens_the_guide(self):
        manager = self.make_colleague("north_manager", "manager")
        own = self.env["client.health.guide"].with_user(manager)
        guide = own.with_company(self.branch).create({})
        self.assertGreaterEqual(guide.client_count, 1)
        self.assertIn(manager.name, guide.manager_names)

    def test_the_digest_of_a_branch_counts_the_clients_of_the_firm(self):
        digest = self.env["digest.digest"].create(
            {
                "name": "North",
                "company_id": self.branch.id,
                "kpi_client_health_suggested": True,
            }
        )
        today = self.flag.level_date
        told = digest.with_context(
            start_datetime=datetime.combine(today, time.min) - timedelta(1),
            end_datetime=datetime.combine(today, time.min) + timedelta(2),
        )
        self.assertGreaterEqual(told.kpi_client_health_suggested_value, 1)

    def test_the_firm_reads_what_its_branches_noted(self):
        """What was counted is what is seen, and what the dossier tells."""
        health = self.make_client(name="Noted")
        own = self.env(user=self.colleague)
        values = {"partner_id": health.partner_id.id, "company_id": self.branch.id}
        incident = own["client.health.incident"].create(
            {**values, "kind": "demand", "description": "Asked each day."}
        )
        promise = own["client.health.promise"].create(
            {**values, "description": "A form", "date_promised": "2099-01-01"}
        )
        self.env.invalidate_all()
        manager = health.with_user(self.manager)
        self.assertEqual(manager.incident_ids, incident)
        dossier = manager._get_dossier()
        self.assertEqual(dossier["incidents"], incident)
        self.assertEqual(dossier["promises"], promise)
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="client_health.client_health_group_manager",
            company_id=self.other.id,
            company_ids=[Command.set(self.other.ids)],
        )
        for record in (incident, promise):
            self.assertFalse(record.with_user(stranger).has_access("read"))
            with self.assertRaises(AccessError):
                record.with_user(stranger).create(
                    {**values, "description": "x"}
                    | ({"kind": "demand"} if record == incident else {})
                    | ({"date_promised": "2099-01-01"} if record == promise else {})
                )

    def test_lists_tell_the_companies_of_one_client_apart(self):
        group = "base.group_multi_company"
        self.env.user.group_ids |= self.env.ref(group)
        for model in ("client.health", "client.health.flag"):
            arch = etree.fromstring(self.env[model].get_view(view_type="list")["arch"])
            with self.subTest(model):
                [column] = arch.iterfind(".//field[@name='company_id']")
                self.assertEqual(column.get("optional"), "show")

    def test_cards_tell_the_companies_of_one_client_apart(self):
        group = self.env.ref("base.group_multi_company")
        for model in ("client.health", "client.health.flag"):
            own = self.env[model].with_user(self.manager)
            for shown in (False, True):
                self.manager.group_ids -= group
                if shown:
                    self.manager.group_ids += group
                view = own.get_view(view_type="kanban")
                card = etree.fromstring(view["arch"]).find(".//t[@t-name='card']")
                found = card.findall(".//field[@name='company_id']")
                with self.subTest(model, shown=shown):
                    self.assertEqual(bool(found), shown)

    @freeze_time("2026-01-10 05:00:00")
    def test_an_incident_begins_on_the_day_it_is_in_its_company(self):
        self.other.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "Far West", "company_id": self.other.id, "tz": "Pacific/Honolulu"}
        )
        self.company.resource_calendar_id.tz = "Europe/Amsterdam"
        self.env.user.company_ids |= self.other
        theirs = self.make_client(name="Theirs", company=self.other)
        context = theirs.action_log_incident()["context"]
        Incident = self.env["client.health.incident"].with_context(**context)
        proposed = Incident.default_get(["date", "company_id", "partner_id"])
        self.assertEqual(str(proposed["date"]), "2026-01-09")
        incident = Incident.create(
            {**proposed, "kind": "demand", "description": "Asked each day."}
        )
        self.assertEqual(incident.company_id, self.other)
