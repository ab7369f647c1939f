from datetime import date

from freezegun import freeze_time
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .flags_common import FlagsCase

# half past midnight in Amsterdam, half past six in the evening before in New York
MOMENT = "2026-11-22 23:30:00"
SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)


@tagged("post_install", "-at_install")
class TestClock(FlagsCase):
    """What day it is follows the company's calendar, whoever looks from where."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clock = freeze_time(MOMENT)
        clock.start()
        cls.addClassCleanup(clock.stop)
        cls.company.resource_calendar_id.tz = "Europe/Amsterdam"
        cls.env.user.tz = cls.user.tz = "America/New_York"
        cls.overseas = cls.env["res.company"].create({"name": "Overseas"})
        cls.overseas.resource_calendar_id.tz = "America/New_York"
        cls.user.company_ids |= cls.overseas
        cls.companies = cls.company | cls.overseas

    def dismiss(self, flag, until):
        flag.write(
            {
                "decision": "dismissed",
                "decision_level": "flag",
                "decision_until": until,
                "decision_user_id": self.user.id,
            }
        )
        self.judge(flag.health_id)

    def make_flags(self):
        """Return a flag in each company, here and overseas."""
        clients = [
            self.make_client(
                company=company, conduct_incident_count=1, conduct_severe_count=1
            )
            for company in self.companies
        ]
        for client in clients:
            self.judge(client)
        return [self.flag_of(client, self.grumpy) for client in clients]

    def test_facts_and_flags_are_of_the_same_day(self):
        for company, day in ((self.company, MONDAY), (self.overseas, SUNDAY)):
            with self.subTest(company=company.name):
                period = company._get_client_health_period()
                self.assertEqual(period.today, day)
                self.assertEqual(company._get_client_health_today(), day)

    def test_a_new_calendar_counts_at_once(self):
        self.company.resource_calendar_id.tz = "America/New_York"
        self.assertEqual(self.company._get_client_health_today(), SUNDAY)
        self.company.client_health_calendar_id = self.env["resource.calendar"].create(
            {"name": "Far east", "tz": "Asia/Tokyo"}
        )
        self.assertEqual(self.company._get_client_health_today(), MONDAY)
        far = self.env["res.company"].create({"name": "Farther"})
        far.resource_calendar_id.tz = "Asia/Tokyo"
        self.assertEqual(far._get_client_health_today(), MONDAY)

    def test_a_level_is_of_the_companys_day(self):
        here, there = self.make_flags()
        self.assertEqual([here.level_date, there.level_date], [MONDAY, SUNDAY])
        by_hand = self.env["client.health.flag"].create(
            {"health_id": here.health_id.id, "trait_id": self.late_payer.id}
        )
        self.assertEqual(by_hand.level_date, MONDAY)

    def test_a_level_falls_on_the_companys_day(self):
        self.grumpy.clear_after_days = 1
        for flag in self.make_flags():
            flag.health_id.write(
                {"conduct_incident_count": 0, "conduct_severe_count": 0}
            )
            flag.write({"flag_unmet_since": SUNDAY, "watch_unmet_since": SUNDAY})
            self.judge(flag.health_id)
            gone = flag.company_id == self.company
            self.assertEqual(flag.level, "none" if gone else "flag")

    def test_a_dismissal_ends_on_the_companys_day(self):
        here, there = flags = self.make_flags()
        for flag in flags:
            self.dismiss(flag, SUNDAY)
        self.assertEqual([here.is_active, there.is_active], [True, False])
        self.assertEqual([here.health_id.score, there.health_id.score], [80, 100])
        Flag = self.env["client.health.flag"]
        both = [("id", "in", [here.id, there.id])]
        self.assertEqual(Flag.search([*both, ("is_active", "=", True)]), here)
        self.assertEqual(Flag.search([*both, ("is_active", "=", False)]), there)
        self.assertEqual(Flag.search([*both, ("needs_decision", "=", True)]), here)
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            self.env.ref(
                "client_health.ir_cron_expire_dismissals"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual([here.decision_expired, there.decision_expired], [True, False])

    def test_staff_decide_on_the_companys_day(self):
        here, there = (
            flag.with_user(self.user).with_context(
                allowed_company_ids=self.companies.ids
            )
            for flag in self.make_flags()
        )
        with self.assertRaises(UserError):
            here.action_dismiss("Seen it", until=SUNDAY)
        there.action_dismiss("Seen it", until=SUNDAY)
        self.assertEqual(there.decision_until, SUNDAY)
        (here | there).action_dismiss("Seen it")
        self.assertEqual(
            [here.decision_until, there.decision_until],
            [date(2027, 2, 21), date(2027, 2, 20)],
        )
        wizard = self.env["client.health.flag.decide"].with_user(self.user)
        self.assertEqual(wizard.new({}).dismiss_until, date(2027, 2, 21))

    def test_raised_by_hand_on_the_companys_day(self):
        client = self.make_client()
        flag = client.with_user(self.user).action_raise_flag("grumpy", reason="Why")
        self.assertEqual(flag.level_date, MONDAY)

    def test_an_incident_is_of_the_companys_day(self):
        client = self.make_client()
        vals = {
            "partner_id": client.partner_id.id,
            "kind": "conduct",
            "description": "Shouted",
        }
        Incident = self.env["client.health.incident"].with_user(self.user)
        self.assertEqual(Incident.create(vals).date, MONDAY)
        with self.assertRaises(ValidationError):
            Incident.create({**vals, "date": "2026-11-24"})
        there = self.env["client.health.incident"].with_company(self.overseas)
        self.assertEqual(there.create(vals).date, SUNDAY)
        with self.assertRaises(ValidationError):
            there.create({**vals, "date": MONDAY})

    @freeze_time("2026-11-30 23:30:00")
    def test_a_snapshot_is_of_the_companys_month(self):
        here, there = (self.make_client(company=company) for company in self.companies)
        self.env["client.health.snapshot"]._take()
        self.assertEqual(here.snapshot_ids.date, date(2026, 12, 1))
        self.assertEqual(there.snapshot_ids.date, date(2026, 11, 1))

    def test_retention_ends_on_the_companys_day(self):
        self.companies.client_health_retention_months = 1
        flags = self.make_flags()
        for flag in flags:
            flag.write({"level": "none", "level_date": date(2026, 10, 22)})
        found = [
            self.env[model].search(domain)
            for model, domain in self.env["client.health"]._get_all_purged_domains()
            if model == "client.health.flag"
        ]
        self.assertEqual(set(flags) & {f for some in found for f in some}, {flags[0]})
