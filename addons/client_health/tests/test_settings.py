from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase

REFRESH = "client_health.client_health_cron_refresh"


@tagged("post_install", "-at_install")
class TestSettings(FlagsCase):
    """Managers set what holds for their company; nobody needs to be administrator."""

    def open_settings(self, user, **values):
        """Save the form of the settings as a user would."""
        Settings = self.env["client.health.settings"].with_user(user)
        return Settings.create(values)

    def count_triggers(self):
        cron = self.env.ref(REFRESH)
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_form_begins_with_what_holds_in_the_company(self):
        calendar = self.env["resource.calendar"].create({"name": "Office"})
        self.env.company.client_health_window_months = 18
        self.env.company.client_health_calendar_id = calendar
        settings = self.open_settings(self.manager)
        self.assertRecordValues(
            settings,
            [
                {
                    "company_id": self.env.company.id,
                    "window_months": 18,
                    "grace_days": 5,
                    "calendar_id": calendar.id,
                    "retention_months": 24,
                    "usual_term_days": 30,
                    "small_amount": 10.0,
                    "bank_complete_until": False,
                }
            ],
        )

    def test_manager_without_administration_rights_saves(self):
        self.assertFalse(self.manager.has_group("base.group_system"))
        settings = self.open_settings(
            self.manager, window_months=6, grace_days=2, retention_months=36
        )
        settings.action_save()
        self.assertRecordValues(
            self.env.company,
            [
                {
                    "client_health_window_months": 6,
                    "client_health_grace_days": 2,
                    "client_health_retention_months": 36,
                    "client_health_calendar_id": False,
                }
            ],
        )

    def test_user_is_refused(self):
        with self.assertRaises(AccessError):
            self.open_settings(self.user, window_months=6)
        settings = self.open_settings(self.manager, window_months=6)
        with self.assertRaises(AccessError):
            settings.with_user(self.user).action_save()
        # by the method itself, not only by the rights on the form
        self.env["ir.model.access"].search(
            [("model_id.model", "=", "client.health.settings")]
        ).group_id = self.env.ref("client_health.client_health_group_user")
        settings = self.open_settings(self.user, window_months=6)
        with self.assertRaisesRegex(AccessError, "manager"):
            settings.action_save()
        self.assertEqual(self.env.company.client_health_window_months, 12)

    def test_settings_of_another_company_are_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        settings = self.open_settings(self.manager, company_id=other.id)
        settings.window_months = 6
        with self.assertRaisesRegex(AccessError, "Other"):
            settings.action_save()
        self.assertEqual(other.client_health_window_months, 12)

    def test_settings_are_those_of_the_company_that_is_on(self):
        other = self.env["res.company"].create({"name": "Other"})
        other.client_health_grace_days = 9
        both = new_test_user(
            self.env,
            login="both",
            groups="client_health.client_health_group_manager",
            company_ids=[other.id, self.env.company.id],
            company_id=self.env.company.id,
        )
        Settings = self.env["client.health.settings"].with_user(both)
        settings = Settings.with_context(allowed_company_ids=other.ids).create({})
        self.assertEqual(settings.company_id, other)
        self.assertEqual(settings.grace_days, 9)

    def test_impossible_values_are_refused_in_words(self):
        possible = {"window_months": 12, "grace_days": 5, "retention_months": 24}
        for name, values, message in (
            (
                "window_months",
                (0, -1, 61, 30_000),
                r"Window \(Months\) lies between 1 and 60",
            ),
            ("grace_days", (-1, 61, 2**31 - 1), "between 0 and 60"),
            ("retention_months", (0, 241, 10**6), "between 1 and 240"),
        ):
            for value in values:
                settings = self.open_settings(self.manager, **{**possible, name: value})
                with (
                    self.subTest(name=name, value=value),
                    self.assertRaisesRegex(UserError, message),
                    self.env.cr.savepoint(),
                ):
                    call_kw(settings, "action_save", [settings.ids], {})

    def test_trouble_of_one_company_stops_no_other(self):
        other = self.env["res.company"].create({"name": "Troubled"})
        here, there = self.make_client(), self.make_client(company=other)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET client_health_window_months = 30000 WHERE id = %s;"
            "UPDATE client_health SET late_count = 9",
            [other.id],
        )
        self.env.invalidate_all()
        logger = "odoo.addons.client_health.models.res_company"
        with self.assertLogs(logger, "ERROR") as logged:
            self.env["client.health"]._refresh()
        self.assertIn("Troubled", logged.output[0])
        self.assertEqual(here.late_count, 0, "counted anew")
        self.assertEqual(there.late_count, 9, "as it was")
        self.env.cr.execute(
            "UPDATE res_company SET client_health_window_months = 30000"
        )
        self.env.invalidate_all()
        with self.assertLogs(logger, "ERROR"):
            self.env["client.health"]._refresh(here.partner_id)

    def test_terms_and_small_amounts_have_bounds(self):
        for name, value in (
            ("usual_term_days", 366),
            ("usual_term_days", -1),
            ("small_amount", 1000.5),
            ("small_amount", -1),
        ):
            settings = self.open_settings(self.manager, **{name: value})
            with (
                self.subTest(name=name, value=value),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                settings.action_save()
                self.env.flush_all()

    def test_the_bank_is_not_complete_in_the_future(self):
        tomorrow = self.company._get_client_health_today() + timedelta(days=1)
        settings = self.open_settings(self.manager, bank_complete_until=tomorrow)
        with self.assertRaises(ValidationError):
            settings.action_save()

    def test_accounts_are_kept_by_who_may_not_see_them(self):
        account = self.env["account.account"].create(
            {"name": "Provision", "code": "CHPROV", "account_type": "asset_current"}
        )
        self.company.client_health_loss_account_ids = account
        self.assertFalse(self.manager.has_group("account.group_account_invoice"))
        self.open_settings(self.manager, grace_days=3).action_save()
        self.assertEqual(self.company.client_health_loss_account_ids, account)
        self.manager.group_ids |= self.env.ref("account.group_account_manager")
        settings = self.open_settings(self.manager)
        self.assertEqual(settings.loss_account_ids, account)
        settings.loss_account_ids = False
        settings.action_save()
        self.assertFalse(self.company.client_health_loss_account_ids)

    def test_what_facts_are_counted_with_asks_for_a_refresh(self):
        before = self.count_triggers()
        self.env.company.client_health_retention_months = 30
        self.assertEqual(self.count_triggers(), before)
        calendar = self.env["resource.calendar"].create({"name": "Office"})
        for name, value in (
            ("client_health_window_months", 24),
            ("client_health_grace_days", 9),
            ("client_health_calendar_id", calendar),
            ("client_health_usual_term_days", 14),
            ("client_health_small_amount", 2.0),
            ("client_health_bank_complete_until", "2026-01-31"),
            ("client_health_loss_account_ids", self.env["account.account"]),
            ("client_health_paid_account_ids", self.env["account.account"]),
        ):
            before = self.count_triggers()
            self.env.company[name] = value
            self.assertGreater(self.count_triggers(), before, name)

    def test_changed_rule_asks_for_a_refresh_and_a_changed_text_does_not(self):
        before = self.count_triggers()
        self.grumpy.guidance = "Call first"
        self.assertEqual(self.count_triggers(), before)
        rule = "[('conduct_incident_count', '>=', 2)]"
        for name, value in (
            ("ready_domain", rule),
            ("watch_domain", rule),
            ("flag_domain", rule),
            ("weight", 30),
            ("clear_after_days", 7),
            ("company_id", self.company),
            ("active", False),
        ):
            before = self.count_triggers()
            self.grumpy[name] = value
            self.assertGreater(self.count_triggers(), before, name)
        before = self.count_triggers()
        own = self.grumpy.copy({"code": "own"})
        self.assertGreater(self.count_triggers(), before)
        before = self.count_triggers()
        own.unlink()
        self.assertGreater(self.count_triggers(), before)

    def test_only_managers_see_the_menu(self):
        menu = self.env.ref("client_health.client_health_settings_menu")
        Menu = self.env["ir.ui.menu"]
        self.assertIn(menu.id, Menu.with_user(self.manager)._visible_menu_ids())
        self.assertNotIn(menu.id, Menu.with_user(self.user)._visible_menu_ids())
