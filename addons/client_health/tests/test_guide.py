from datetime import timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import new_test_user
from .facts_common import TODAY
from .ledger_common import LedgerCase, ago

MANAGER = "client_health.client_health_group_manager"
USER = "client_health.client_health_group_user"


@tagged("-at_install", "post_install")
class TestGuide(LedgerCase):
    """Whose numbers, why so many or few, and what a setting does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.company"].search([]).client_health_refreshed_on = TODAY
        # ten days late each time: within a longer term
        for number in range(3):
            due = ago(150 - 30 * number)
            cls.pay(cls.sell(due), due + timedelta(days=40))
        cls.pay_on_account(TODAY, 5.0)
        cls.health = cls.refresh()

    def open_guide(self):
        return self.env["client.health.guide"].create({})

    def test_it_counts_and_names_what_makes_flags(self):
        self.invoice(due=TODAY)
        self.bank(TODAY, 70.0)
        guide = self.open_guide()
        self.assertEqual(guide.client_count, 1)
        self.assertEqual((guide.flag_count, guide.watch_count), (1, 0))
        self.assertEqual(guide.late_flag_count, 1)
        self.assertEqual(guide.not_ready_count, 0)
        self.assertEqual(guide.no_term_count, 1)
        self.assertEqual(guide.unmatched_count, 1)
        self.assertEqual(guide.suspense_count, 1)
        self.assertFalse(guide.is_bank_behind)
        for name in ("no_term", "unmatched", "suspense", "stray_ticket"):
            with self.subTest(name):
                action = guide.with_context(finding=name).action_open_finding()
                found = self.env[action["res_model"]].search(action["domain"])
                self.assertEqual(len(found), guide[f"{name}_count"])

    def test_it_tells_what_a_setting_would_do(self):
        guide = self.open_guide()
        self.assertEqual(guide.usual_term_days, 30)
        guide.action_try()
        self.assertEqual(guide.tried_flag_count, 1)
        guide.grace_days = 45
        guide.action_try()
        self.assertEqual(guide.tried_flag_count, 0)
        self.assertEqual(self.company.client_health_grace_days, 5)
        self.assertEqual(self.refresh().late_count, 3)
        context = guide.action_open_settings()["context"]
        settings = self.env["client.health.settings"].with_context(**context)
        self.assertEqual(settings.create({}).grace_days, 45)
        guide.grace_days = 1000
        with self.assertRaises(ValidationError):
            guide.action_try()

    def test_what_a_setting_does_is_what_comes_of_it(self):
        # long ago, and nothing is kept of them; late as well, and archived
        long_ago = self.make_client("Long ago") + self.make_client("Another")
        archived = self.make_client("Archived")
        for number in range(3):
            due = ago(1000 - 30 * number)
            for client in long_ago:
                self.pay(self.sell(due, client=client), due + timedelta(days=40))
            due = ago(150 - 30 * number)
            self.pay(self.sell(due, client=archived), due + timedelta(days=40))
        self.refresh(archived)
        archived.active = False
        self.assertFalse(long_ago.sudo().client_health_ids)
        guide = self.open_guide()
        self.assertEqual((guide.client_count, guide.flag_count), (1, 1))
        self.assertEqual(guide.late_flag_count, 1)
        guide.window_months = 48
        guide.action_try()
        self.company.client_health_window_months = 48
        self.run_cron("client_health_cron_refresh")
        after = self.open_guide()
        at_flag = self.env["client.health.flag"].search(
            [
                ("trait_id", "=", self.late_payer.id),
                ("company_id", "=", self.company.id),
                ("level", "=", "flag"),
                ("partner_id.active", "=", True),
            ]
        )
        self.assertEqual(at_flag.partner_id, self.client + long_ago)
        self.assertEqual(guide.tried_flag_count, 3)
        self.assertEqual(after.late_flag_count, 3)

    def test_everybody_is_judged_by_the_rule_as_it_is_now(self):
        flag = self.health.flag_ids
        self.assertEqual(flag.level, "flag")
        self.env["client.health.trait"]._get_judged()
        # as a session leaves it that began before the rule changed
        self.env.cr.execute(
            "UPDATE client_health_trait SET clear_after_days = 0,"
            " watch_domain = NULL, flag_domain = NULL WHERE id = %s",
            [self.late_payer.id],
        )
        self.run_cron("client_health_cron_refresh")
        self.assertEqual(flag.level, "none")

    def test_it_is_offered_to_a_manager_once(self):
        Http = self.env["ir.http"]
        self.env["ir.config_parameter"].set_param("client_health.guide_seen", False)
        self.assertTrue(Http._is_guide_offered())
        user = new_test_user(self.env, "plain", USER)
        self.assertFalse(Http.with_user(user)._is_guide_offered())
        self.open_guide()
        self.assertFalse(Http._is_guide_offered())

    def test_it_is_for_managers(self):
        user = new_test_user(self.env, "plain", USER)
        Guide = self.env["client.health.guide"].with_user(user)
        with self.assertRaises(AccessError):
            Guide.create({})
        with self.assertRaises(AccessError):
            Guide.mark_seen()

    def test_who_may_not_see_invoices_gets_numbers_and_no_lists(self):
        manager = new_test_user(self.env, "boss", MANAGER)
        guide = self.env["client.health.guide"].with_user(manager).create({})
        self.assertEqual(guide.unmatched_count, 1)
        with self.assertRaises(AccessError):
            guide.with_context(finding="unmatched").action_open_finding()

    def test_the_weekly_mail_is_ones_own_choice(self):
        manager = new_test_user(self.env, "boss", MANAGER)
        guide = self.env["client.health.guide"].with_user(manager).create({})
        self.assertFalse(guide.is_subscribed)
        guide.action_subscribe()
        guide.invalidate_recordset()
        self.assertTrue(guide.is_subscribed)
        guide.action_subscribe()
        guide.invalidate_recordset()
        self.assertFalse(guide.is_subscribed)

    # the count while it runs

    def get_counting(self, user=None):
        Health = self.env["client.health"]
        return (Health.with_user(user) if user else Health).get_counting()

    def set_progress(self, done, remaining):
        cron = self.env.ref("client_health.client_health_cron_refresh")
        self.env["ir.cron.progress"].sudo().create(
            {"cron_id": cron.id, "done": done, "remaining": remaining}
        )

    def test_it_says_how_far_the_count_is(self):
        self.assertFalse(self.get_counting())
        self.set_progress(2, 3)
        counting = self.get_counting()
        self.assertEqual(counting["total"] - counting["done"], 3)
        self.assertIn(f"of {counting['total']}", counting["text"])
        # the next round of the job that has done nothing yet
        self.set_progress(0, 0)
        self.assertEqual(self.get_counting(), counting)
        self.set_progress(3, 0)
        self.assertFalse(self.get_counting())

    def test_before_the_first_count_nobody_is_counted(self):
        self.env["res.company"].search([]).client_health_refreshed_on = False
        self.assertEqual(self.get_counting()["done"], 0)
        help_text = self.env["client.health.flag"].get_empty_list_help("")
        self.assertIn("<progress", help_text)
        self.assertIn("contacts counted", help_text)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_flag_action"
        )
        self.assertEqual(action["help"], help_text)
        self.run_cron("client_health_cron_refresh")
        help_text = self.env["client.health.flag"].get_empty_list_help("")
        self.assertNotIn("<progress", help_text)

    def test_nobody_else_is_told(self):
        self.set_progress(2, 3)
        user = new_test_user(self.env, "other", "account.group_account_manager")
        with self.assertRaises(AccessError):
            self.get_counting(user)
        flags = self.env["client.health.flag"].with_user(user)
        self.assertEqual(flags.get_empty_list_help("Help"), "Help")

    # the weekly mail

    def get_kpis(self, user, company=None):
        """Return the second column, the last seven days, of the mail of tomorrow."""
        digest = self.env.ref("client_health.client_health_digest")
        with freeze_time(TODAY + timedelta(days=1)):
            kpis = digest._compute_kpis(company or self.company, user)
        return {kpi["kpi_name"]: kpi["kpi_col2"]["value"] for kpi in kpis}

    def test_the_weekly_mail_counts_what_waits(self):
        user = new_test_user(self.env, "reader", USER, company_id=self.company.id)
        self.assertEqual(
            self.get_kpis(user),
            {"kpi_client_health_suggested": 1, "kpi_client_health_lapsed": 0},
        )
        flag = self.health.flag_ids.filtered("is_active")
        flag.action_dismiss("They moved", until=TODAY + timedelta(days=9))
        self.assertEqual(set(self.get_kpis(user).values()), {0})
        flag.sudo().decision_until = TODAY - timedelta(days=1)
        self.assertEqual(
            self.get_kpis(user),
            {"kpi_client_health_suggested": 0, "kpi_client_health_lapsed": 1},
        )

    def test_the_weekly_mail_counts_clients_and_what_is_not_put_off(self):
        user = new_test_user(self.env, "reader", USER, company_id=self.company.id)
        grumpy = self.env.ref("client_health.client_health_trait_grumpy")
        another = self.env["client.health.flag"].sudo()
        another = another.create(
            {"health_id": self.health.id, "trait_id": grumpy.id, "level": "flag"}
        )
        self.assertEqual(another.get_to_decide_count(), 2)
        self.assertEqual(self.get_kpis(user)["kpi_client_health_suggested"], 1)
        self.health.flag_ids.sudo().snoozed_until = TODAY + timedelta(days=9)
        self.health.flag_ids.sudo().snoozed_level = "flag"
        self.assertEqual(another.get_to_decide_count(), 0)
        self.assertEqual(self.get_kpis(user)["kpi_client_health_suggested"], 0)

    def test_the_weekly_mail_of_a_branch_tells_of_its_company(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        user = new_test_user(
            self.env,
            "reader",
            USER,
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        self.assertEqual(self.get_kpis(user, branch)["kpi_client_health_suggested"], 1)

    def test_the_weekly_mail_tells_nobody_else(self):
        user = new_test_user(
            self.env, "other", "account.group_account_manager,base.group_system"
        )
        self.assertEqual(self.get_kpis(user), {})
