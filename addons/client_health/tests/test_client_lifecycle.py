import json
from ast import literal_eval

from freezegun import freeze_time
from lxml import etree
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import convert_file

from .common import new_test_user
from .facts_common import TODAY, FactsCase
from .flags_common import FlagsCase

TODO = "mail.mail_activity_data_todo"


@tagged("-at_install", "post_install")
class TestMerge(FlagsCase):
    """Decisions survive when two contacts become one, whichever stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.one_flag = cls.make_flagged(name="One")
        cls.two, cls.two_flag = cls.make_flagged("watch", name="Two")

    def merge(self, source, into):
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [source.id, into.id], into
        )
        self.env.invalidate_all()

    def get_flag(self, partner):
        return self.env["client.health.flag"].search(
            [("partner_id", "=", partner.id), ("trait_id", "=", self.grumpy.id)]
        )

    def assert_survives(self, decided, undecided):
        decided.flag_ids.with_user(self.user).action_confirm("Sure of it")
        into = undecided.partner_id
        self.merge(decided.partner_id, into)
        self.assertRecordValues(
            self.get_flag(into),
            [
                {
                    "decision": "confirmed",
                    "decision_reason": "Sure of it",
                    "decision_user_id": self.user.id,
                    "level": "flag",
                }
            ],
        )
        self.assertEqual(len(into.client_health_id), 1)

    def test_a_decision_on_the_one_that_goes_survives(self):
        self.assert_survives(self.one, self.two)

    def test_a_decision_at_a_lower_level_survives_too(self):
        self.assert_survives(self.two, self.one)

    def test_a_decision_on_the_one_that_stays_survives(self):
        self.two_flag.action_dismiss("A bad day")
        self.merge(self.one.partner_id, self.two.partner_id)
        flag = self.get_flag(self.two.partner_id)
        self.assertEqual((flag.decision, flag.decision_level), ("dismissed", "watch"))
        self.assertTrue(flag.needs_decision, "it covered a watch, now there is a flag")

    def test_of_two_decisions_the_later_one_counts(self):
        with freeze_time("2026-03-02"):
            self.one_flag.with_user(self.user).action_dismiss(
                "The later one", "2026-06-01"
            )
        with freeze_time("2026-03-01"):
            self.two_flag.action_confirm("The earlier one")
        self.merge(self.one.partner_id, self.two.partner_id)
        flag = self.get_flag(self.two.partner_id)
        self.assertEqual(flag.decision, "dismissed")
        self.assertEqual(flag.decision_level, "flag")
        reasons = flag.history_ids.mapped("reason")
        merged = flag.history_ids.filtered(lambda line: line.event == "merged")
        self.assertRecordValues(
            merged, [{"reason": "The later one", "user_id": self.user.id}]
        )
        self.assertEqual(str(merged.until), "2026-06-01")
        self.assertIn("The earlier one", reasons)
        self.assertIn("The later one", reasons)
        events = flag.history_ids.mapped("event")
        self.assertEqual(events.count("level"), 2, "the history of both is kept")

    def test_the_higher_level_comes_with_its_days_and_evidence(self):
        self.one_flag.write(
            {
                "level_date": "2026-01-01",
                "flag_unmet_since": "2026-01-02",
                "watch_unmet_since": "2026-01-03",
                "evidence": {"facts": {"late_count": 7}},
            }
        )
        names = ["level", "level_date", "flag_unmet_since", "watch_unmet_since"]
        [expected] = self.one_flag.read([*names, "evidence"])
        self.merge(self.one.partner_id, self.two.partner_id)
        [found] = self.get_flag(self.two.partner_id).read([*names, "evidence"])
        self.assertEqual({**found, "id": expected["id"]}, expected)

    def test_at_the_same_level_the_days_of_the_one_that_stays_count(self):
        self.two_flag.write({"level": "flag", "level_date": "2026-02-01"})
        self.one_flag.level_date = "2026-01-01"
        self.merge(self.one.partner_id, self.two.partner_id)
        flag = self.get_flag(self.two.partner_id)
        self.assertEqual(str(flag.level_date), "2026-02-01")

    def test_what_was_raised_by_hand_on_the_one_that_stays_stays_raised(self):
        self.two.action_raise_flag("grumpy", "watch", "Heard it")
        self.merge(self.one.partner_id, self.two.partner_id)
        self.assertRecordValues(
            self.get_flag(self.two.partner_id),
            [{"level": "flag", "manual_level": "watch", "origin": "manual"}],
        )

    def test_who_merges_contacts_need_not_know_of_their_health(self):
        self.one_flag.action_confirm("Sure of it")
        clerk = new_test_user(
            self.env,
            login="clerk",
            groups="base.group_erp_manager,account.group_account_invoice",
        )
        source, into = self.one.partner_id, self.two.partner_id
        Merge = self.env["base.partner.merge.automatic.wizard"].with_user(clerk)
        Merge._merge([source.id, into.id], into)
        self.env.invalidate_all()
        self.assertEqual(self.get_flag(into).decision, "confirmed")

    def test_what_was_raised_by_hand_stays_raised(self):
        self.one_flag.write({"manual_level": "flag", "origin": "manual"})
        self.merge(self.one.partner_id, self.two.partner_id)
        self.assertRecordValues(
            self.get_flag(self.two.partner_id),
            [{"manual_level": "flag", "origin": "manual"}],
        )

    def test_everything_else_comes_along(self):
        incident = self.env["client.health.incident"].create(
            {
                "partner_id": self.one.partner_id.id,
                "kind": "demand",
                "description": "Called at night",
            }
        )
        self.one.action_raise_flag("haggler", "watch", "Asks each time")
        activity = self.one.activity_schedule(TODO, user_id=self.manager.id)
        message = self.one.message_post(body="Between us")
        for day in ("2026-03-05", "2026-04-05"):
            with freeze_time(day):
                self.env["client.health.snapshot"]._take()
        self.two.snapshot_ids[0].unlink()
        into = self.two.partner_id
        self.merge(self.one.partner_id, into)
        self.assertEqual(incident.partner_id, into)
        self.assertEqual(incident.health_id, self.two)
        self.assertEqual(activity.res_id, self.two.id)
        self.assertEqual(message.res_id, self.two.id)
        self.assertRecordValues(
            self.two.snapshot_ids,
            [
                {"partner_id": into.id, "score": 70},
                {"partner_id": into.id, "score": 90},
            ],
        )
        haggler = self.two.flag_ids.filtered(lambda f: f.trait_id.code == "haggler")
        self.assertIn("merged", haggler.history_ids.mapped("event"))
        self.assertEqual(
            self.two.flag_ids.trait_id.mapped("code"), ["grumpy", "haggler"]
        )
        self.assertEqual(self.two.score, 70)
        self.assertFalse(self.one.exists())

    def test_a_contact_without_health_takes_it_all(self):
        self.one_flag.action_confirm("Sure of it")
        into = self.env["res.partner"].create({"name": "New", "is_company": True})
        self.env["client.health.stale"]._clear()
        self.merge(self.one.partner_id, into)
        stale = self.env["client.health.stale"].search([])
        self.assertIn(into.id, stale.mapped("partner_ref"))
        self.assertEqual(self.get_flag(into).decision, "confirmed")
        self.assertEqual(into.client_health_id.score, 80)

    def test_merged_into_a_person_it_goes_to_their_company(self):
        self.one_flag.action_confirm("Sure of it")
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": self.two.partner_id.id}
        )
        self.merge(self.one.partner_id, person)
        self.assertEqual(self.get_flag(self.two.partner_id).decision, "confirmed")
        self.assertFalse(
            self.env["client.health"].search([("partner_id", "=", person.id)])
        )

    def test_companies_are_merged_each_with_its_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["client.health"].create(
            {
                "partner_id": self.one.partner_id.id,
                "company_id": other.id,
                "conduct_severe_count": 1,
            }
        )
        self.judge(theirs)
        theirs.flag_ids.action_confirm("In the other company")
        into = self.two.partner_id
        self.merge(self.one.partner_id, into)
        by_company = {flag.company_id: flag for flag in self.get_flag(into)}
        self.assertEqual(by_company[other].decision, "confirmed")
        self.assertEqual(by_company[self.company].decision, "none")

    def test_merging_contacts_asks_for_fresh_facts_of_both_firms(self):
        contacts = self.env["res.partner"].create(
            [
                {"name": "Same Person", "parent_id": health.partner_id.id}
                for health in (self.one, self.two)
            ]
        )
        self.env["client.health.stale"]._clear()
        self.merge(contacts[0], contacts[1])
        stale = self.env["client.health.stale"].search([]).mapped("partner_ref")
        self.assertLessEqual({self.one.partner_id.id, self.two.partner_id.id}, {*stale})


@tagged("-at_install", "post_install")
class TestLifecycle(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged()
        cls.partner = cls.health.partner_id

    def test_a_company_set_by_mistake_takes_and_leaves_no_decision(self):
        self.flag.action_confirm("Sure of it")
        self.env["client.health.snapshot"]._take()
        firm, theirs = self.make_flagged(name="Firm")
        theirs.action_dismiss("A bad day")
        firm, partner = firm.partner_id, self.partner
        partner.write({"is_company": False, "parent_id": firm.id})
        self.env["client.health"]._refresh(partner + firm)
        self.assertEqual(partner.client_health_flag_ids, theirs, "their company's")
        self.assertEqual(firm.client_health_flag_ids, theirs)
        partner.write({"is_company": True, "parent_id": False})
        self.env["client.health"]._refresh(partner + firm)
        self.assertEqual(partner.client_health_flag_ids, self.flag)
        self.assertEqual(firm.client_health_flag_ids, theirs)
        self.assertRecordValues(
            self.flag + theirs,
            [
                {"decision": "confirmed", "decision_reason": "Sure of it"},
                {"decision": "dismissed", "decision_reason": "A bad day"},
            ],
        )
        self.assertEqual(self.health.snapshot_ids.partner_id, partner)

    def test_a_company_below_another_stays_a_client_of_its_own(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.partner.parent_id = firm
        self.assertEqual(self.flag.partner_id, self.partner)

    def test_an_archived_client_is_never_newly_flagged(self):
        self.flag.level = "watch"
        self.partner.active = False
        self.health.write({"freebie_incident_count": 2, "conduct_severe_count": 1})
        self.judge(self.health)
        self.assertEqual(self.health.flag_ids, self.flag)
        self.assertEqual(self.flag.level, "watch", "it does not rise either")
        self.grumpy.clear_after_days = 0
        self.health.write({"conduct_incident_count": 0, "conduct_severe_count": 0})
        self.judge(self.health)
        self.assertEqual(self.flag.level, "none", "but it falls")
        self.partner.active = True
        self.judge(self.health)
        self.assertEqual(self.health.flag_ids.mapped("level"), ["none", "flag"])

    def test_archived_partners_keep_their_decisions(self):
        self.flag.action_confirm("Sure of it")
        self.partner.active = False
        self.env["client.health"]._refresh(self.partner)
        self.assertEqual(self.flag.decision, "confirmed")

    def test_archived_clients_are_never_newly_flagged(self):
        health = self.make_client(conduct_incident_count=1)
        health.partner_id.active = False
        self.judge(health)
        self.assertFalse(health.flag_ids)
        health.partner_id.active = True
        self.judge(health)
        self.assertEqual(health.flag_ids.level, "watch")
        health.partner_id.active = False
        health.conduct_severe_count = 1
        self.judge(health)
        self.assertEqual(health.flag_ids.level, "watch", "it rises no further")
        health.partner_id.active = True
        self.judge(health)
        self.assertEqual(health.flag_ids.level, "flag")

    def test_archived_clients_keep_the_level_they_have(self):
        self.partner.active = False
        with freeze_time("2030-01-01"):
            self.judge(self.health)
        self.assertEqual(self.flag.level, "flag")

    def test_archived_clients_stand_in_no_list_unless_asked_for(self):
        for xmlid in ("client_health_flag_action", "client_health_action"):
            action = self.env.ref(f"client_health.{xmlid}")
            self.assertIn("'search_default_current': 1", action.context)
            search = self.env[action.res_model].get_view(view_type="search")["arch"]
            for name, active in (("current", True), ("archived", False)):
                [found] = etree.fromstring(search).xpath(f"//filter[@name='{name}']")
                domain = literal_eval(found.get("domain"))
                clients = self.env[action.res_model].search(domain).partner_id
                self.assertEqual(self.partner in clients, active, xmlid)
                self.partner.active = False
                clients = self.env[action.res_model].search(domain).partner_id
                self.assertEqual(self.partner in clients, not active, xmlid)
                self.partner.active = True

    def test_archived_clients_stand_in_no_figure_of_the_dashboard(self):
        board = json.loads(
            self.env.ref("client_health.client_health_dashboard").spreadsheet_data
        )
        listed = [*board["pivots"].values(), *board["lists"].values()]
        figures = [figure for figure in listed if figure["model"] != "res.company"]
        charts = [figure["data"] for figure in board["sheets"][0]["figures"]]
        figures += [data["searchParams"] for data in charts if "searchParams" in data]
        self.assertTrue(figures)
        for figure in figures:
            self.assertIn(["partner_id.active", "=", True], figure["domain"])

    def test_archiving_and_back_asks_for_fresh_facts(self):
        for active in (False, True):
            self.env["client.health.stale"]._clear()
            self.partner.active = active
            stale = self.env["client.health.stale"].search([]).mapped("partner_ref")
            self.assertIn(self.partner.id, stale)

    def test_erasing_a_client_leaves_no_judgement_behind(self):
        self.flag.action_confirm("Sure of it")
        self.env["client.health.snapshot"]._take()
        farewell = self.env["client.farewell"].create({"partner_id": self.partner.id})
        other, _flag = self.make_flagged(name="Other")
        traces = [self.health, self.flag, self.flag.history_ids, farewell]
        traces += [
            self.health.message_post(body="Between us"),
            self.health.snapshot_ids,
        ]
        self.partner._erase_client_health()
        self.env.invalidate_all()
        for trace in traces:
            self.assertFalse(trace.exists(), trace._name)
        self.assertTrue(self.partner.exists() and other.exists())

    def test_ocas_erasure_leaves_no_judgement_behind(self):
        if "partner.anonymize.wizard" not in self.env:
            self.skipTest("privacy_partner_to_be_forgotten is not installed")
        self.flag.action_confirm("Sure of it")
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": self.partner.id}
        )
        incident = self.env["client.health.incident"].create(
            {"partner_id": person.id, "kind": "conduct", "description": "Shouted"}
        )
        history = self.flag.history_ids
        person.anonymize_partner_data()
        self.assertFalse(incident.exists())
        self.assertTrue(self.flag.exists(), "the company is not erased")
        clerk = new_test_user(
            self.env,
            login="clerk",
            groups="base.group_user,base.group_partner_manager",
        )
        self.partner.with_user(clerk).anonymize_partner_data()
        self.env.invalidate_all()
        self.assertFalse(self.health.exists() or self.flag.exists())
        self.assertFalse(history.exists())
        self.env["client.health"]._refresh(self.partner)
        self.assertFalse(self.partner.client_health_id)

    def test_deleting_a_contact_leaves_nothing_behind(self):
        self.flag.action_confirm("Sure of it")
        incident = self.env["client.health.incident"].create(
            {
                "partner_id": self.partner.id,
                "kind": "conduct",
                "description": "Shouted",
            }
        )
        self.env["client.health.snapshot"]._take()
        traces = [
            self.health,
            self.flag,
            self.flag.history_ids,
            self.health.snapshot_ids,
            incident,
            self.health.activity_schedule(TODO, user_id=self.manager.id),
            self.health.message_post(body="Between us"),
            self.env["ir.attachment"].create(
                {
                    "name": "dossier.pdf",
                    "res_model": "client.health",
                    "res_id": self.health.id,
                }
            ),
        ]
        self.health.message_subscribe(self.manager.partner_id.ids)
        traces.append(self.health.message_follower_ids)
        self.assertTrue(all(traces))
        clerk = new_test_user(
            self.env,
            login="clerk",
            groups="base.group_user,base.group_partner_manager",
        )
        self.partner.with_user(clerk).unlink()
        for trace in traces:
            self.assertFalse(trace.exists(), trace._name)

    def test_deleting_a_company_takes_its_health_along(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.make_client(company=other, conduct_severe_count=1)
        self.judge(theirs)
        incident = self.env["client.health.incident"].create(
            {
                "partner_id": self.partner.id,
                "company_id": other.id,
                "kind": "conduct",
                "description": "Shouted",
            }
        )
        for text in ("Shouted, twice", "Shouted, three times"):
            self.env.flush_all()
            self.env.cr.precommit.run()
            incident.description = text
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.manager.company_ids += other
        traces = [
            theirs,
            theirs.flag_ids,
            incident,
            incident.message_ids,
            theirs.activity_schedule(TODO, user_id=self.manager.id),
            theirs.message_post(body="Between us"),
            self.env["ir.attachment"].create(
                {"name": "x.pdf", "res_model": theirs._name, "res_id": theirs.id}
            ),
        ]
        theirs.message_subscribe(self.manager.partner_id.ids)
        traces.append(theirs.message_follower_ids)
        self.assertTrue(all(traces))
        other.unlink()
        self.env.invalidate_all()
        for trace in traces:
            self.assertFalse(trace.exists(), trace._name)

    def test_a_module_update_keeps_what_users_changed(self):
        names = ["flag_domain", "weight", "name"]
        self.grumpy.write({"flag_domain": "[('late_count', '>', 9)]", "weight": 5})
        before = self.grumpy.read(names)
        module = self.env.ref("base.module_client_health")
        convert_file(
            self.env,
            module.name,
            "data/client_health_trait_data.xml",
            {},
            mode="update",
            noupdate=True,
        )
        self.assertEqual(self.grumpy.read(names), before)


@tagged("-at_install", "post_install")
class TestWhoIsAClient(FactsCase):
    """Companies of this database and colleagues are no clients."""

    def assert_no_client(self, partner, kept=False):
        """Assert that nothing is counted of a partner who was invoiced."""
        if not kept:
            self.invoice(due=TODAY, client=partner)
        health = self.refresh(partner)
        self.assertEqual(bool(health), kept)
        self.assertFalse(health.invoice_count)
        for name in ("payment", "discount", "ticket"):
            rows = self.env[f"client.health.{name}"].search([])
            self.assertNotIn(partner.commercial_partner_id, rows.partner_id, name)

    def test_a_sister_company_and_its_people_are_no_clients(self):
        sister = self.env["res.company"].create({"name": "Sister"}).partner_id
        sister.is_company = True
        person = self.env["res.partner"].create({"name": "P", "parent_id": sister.id})
        for partner in (sister, person, self.company.partner_id):
            self.assert_no_client(partner)
        self.env["client.health"]._refresh()
        self.assertFalse(
            self.env["client.health"].search([("partner_id", "=", sister.id)])
        )

    def test_a_branch_is_no_client(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.assert_no_client(branch.partner_id)

    def test_nothing_is_noted_of_a_colleague_or_a_company_of_ours(self):
        colleague = new_test_user(self.env, login="colleague").partner_id
        trait = self.env.ref("client_health.client_health_trait_grumpy")
        for partner in (colleague, self.company.partner_id):
            dialog = self.env["client.health.flag.raise"].create(
                {"partner_id": partner.id, "trait_id": trait.id, "reason": "Shouts"}
            )
            with self.assertRaisesRegex(UserError, "no client"):
                dialog.action_raise()
            with self.assertRaisesRegex(UserError, "no client"):
                self.env["client.health.incident"].create(
                    {
                        "partner_id": partner.id,
                        "kind": "conduct",
                        "description": "Shouts",
                    }
                )
            self.assertFalse(
                self.env["client.health"].search_count(
                    [("partner_id", "=", partner.id), ("flag_ids", "!=", False)]
                )
            )

    def test_records_that_branches_had_join_those_of_the_company(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        trait = self.env.ref("client_health.client_health_trait_grumpy")
        Health = self.env["client.health"].sudo()
        old = Health.create({"partner_id": self.client.id, "company_id": branch.id})
        self.env["client.health.flag"].sudo().create(
            {
                "health_id": old.id,
                "trait_id": trait.id,
                "level": "flag",
                "origin": "manual",
                "decision": "confirmed",
            }
        )
        Health._join_branches()
        [health] = Health.search([("partner_id", "=", self.client.id)])
        self.assertEqual(health.company_id, self.company)
        self.assertEqual(health.flag_ids.company_id, self.company)
        self.assertEqual(health.flag_ids.decision, "confirmed")

    def test_a_contact_above_one_of_our_companies_is_none_of_our_clients(self):
        owner = self.make_client("Holding")
        self.assert_no_client(self.company.partner_id)
        self.invoice(due=TODAY, client=owner)
        self.assertEqual(self.refresh(owner).invoice_count, 1)
        self.company.partner_id.write({"is_company": False, "parent_id": owner.id})
        self.assertFalse(self.refresh(owner).invoice_count)

    def test_a_colleague_is_no_client_and_a_portal_user_is(self):
        colleague = new_test_user(
            self.env, login="colleague", groups="base.group_user"
        ).partner_id
        self.assert_no_client(colleague)
        portal = new_test_user(self.env, login="portal", groups="base.group_portal")
        self.invoice(due=TODAY, client=portal.partner_id)
        self.assertEqual(self.refresh(portal.partner_id).invoice_count, 1)

    def test_what_was_counted_of_a_client_who_becomes_a_colleague_is_gone(self):
        self.invoice(due=TODAY)
        self.assertEqual(self.refresh().invoice_count, 1)
        user = new_test_user(self.env, login="hired", groups="base.group_user")
        user.partner_id = self.client
        self.assert_no_client(self.client, kept=True)

    def test_an_archived_client_gets_no_record_and_keeps_the_one_it_has(self):
        old = self.make_client("Old", active=False)
        self.invoice(due=TODAY, client=old)
        self.assertFalse(self.refresh(old))
        self.invoice(due=TODAY)
        self.assertEqual(self.refresh().invoice_count, 1)
        self.client.active = False
        self.invoice(due=TODAY)
        self.assertEqual(self.refresh().invoice_count, 2)

    def test_our_colleague_at_a_clients_office_leaves_the_client_a_client(self):
        user = new_test_user(self.env, login="seconded", groups="base.group_user")
        user.partner_id.parent_id = self.client
        self.invoice(due=TODAY)
        self.assertEqual(self.refresh().invoice_count, 1)
