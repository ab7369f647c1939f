from freezegun import freeze_time
from odoo.tests import tagged

from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestTrendAndRetention(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged()
        cls.Snapshot = cls.env["client.health.snapshot"]

    def purge(self):
        with self.enter_registry_test_mode():
            self.env.ref("client_health.ir_cron_purge").method_direct_trigger()

    def get_snapshots(self):
        return self.Snapshot.search([("health_id", "=", self.health.id)])

    def test_one_snapshot_a_month_however_often_it_runs(self):
        for day in ("2026-03-05", "2026-03-06", "2026-04-01"):
            with freeze_time(day):
                self.Snapshot._take()
        self.assertRecordValues(
            self.get_snapshots().sorted("date"),
            [
                {"score": 80, "state": "watch", "flag_count": 1},
                {"score": 80, "state": "watch", "flag_count": 1},
            ],
        )
        self.assertEqual(
            [str(day) for day in self.get_snapshots().mapped("date")],
            ["2026-04-01", "2026-03-01"],
        )

    def test_a_snapshot_keeps_facts_and_counts_what_counts(self):
        facts = {
            "revenue_amount": 1000,
            "overdue_amount": 200,
            "days_late_avg": 3.5,
            "workload_ratio": 1.5,
            "discount_share": 0.25,
        }
        self.health.write(facts)
        self.flag.action_dismiss("Reason")
        self.Snapshot._take()
        self.assertRecordValues(
            self.get_snapshots(), [{**facts, "score": 100, "flag_count": 0}]
        )

    def test_the_second_run_takes_no_number_from_the_sequence(self):
        def last_number():
            self.env.cr.execute("SELECT last_value FROM client_health_snapshot_id_seq")
            return self.env.cr.fetchone()

        self.Snapshot._take()
        before = last_number()
        self.Snapshot._take()
        self.assertEqual(last_number(), before)

    def test_trend_is_the_difference_with_about_a_month_ago(self):
        self.assertEqual(self.health.score_trend, 0)
        with freeze_time("2026-04-01"):
            self.Snapshot._take()
        self.flag.action_dismiss("Reason", "2027-01-01")
        for day, trend in {
            "2026-04-15": 0,
            "2026-04-16": 20,
            "2026-05-02": 20,
        }.items():
            with freeze_time(day):
                self.Snapshot._take()  # of the first of May: too new on the second
                self.env.invalidate_all()
                self.assertEqual(self.health.score_trend, trend, day)
                partner = self.health.partner_id.with_user(self.user)
                self.assertEqual(partner.client_health_trend, trend, day)

    def test_snapshots_are_kept_36_months(self):
        for day in ("2026-03-05", "2026-04-05"):
            with freeze_time(day):
                self.Snapshot._take()
        with freeze_time("2029-03-01"):
            self.purge()
        self.assertEqual(len(self.get_snapshots()), 2)
        with freeze_time("2029-03-02"):
            self.purge()
        self.assertEqual([str(s.date) for s in self.get_snapshots()], ["2026-04-01"])

    def test_cleared_flags_go_after_the_companys_retention(self):
        self.company.client_health_retention_months = 6
        self.flag.write({"level": "none", "level_date": "2026-01-10"})
        kept_health, kept = self.make_flagged(name="Kept")
        kept.level_date = "2020-01-01"
        history = self.flag.history_ids
        with freeze_time("2026-07-10"):
            self.purge()
        self.assertTrue(self.flag.exists())
        with freeze_time("2026-07-11"):
            self.purge()
        self.assertFalse(self.flag.exists() or history.exists())
        self.assertTrue(kept.exists())

    def log(self, model, day, company=None, **values):
        return self.env[model].create(
            {
                "partner_id": self.health.partner_id.id,
                "company_id": (company or self.company).id,
                "description": "Facts",
                **values,
                ("date" if model.endswith("incident") else "date_promised"): day,
            }
        )

    def test_old_incidents_and_settled_promises_go_company_by_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.company.client_health_retention_months = 6
        other.client_health_retention_months = 60
        incident, promise = "client.health.incident", "client.health.promise"
        gone = self.log(incident, "2026-01-10", kind="demand")
        kept = self.log(incident, "2026-01-11", kind="demand")
        theirs = self.log(incident, "2026-01-10", company=other, kind="demand")
        settled = self.log(promise, "2026-01-10")
        settled.action_broken()
        lapsed = self.log(promise, "2026-01-10")
        lapsed.sudo().state = "void"
        later = self.log(promise, "2026-01-11")
        later.action_broken()
        waiting = self.log(promise, "2026-01-10")
        with freeze_time("2026-07-11"):
            self.purge()
        self.assertFalse((settled | lapsed).exists() or gone.exists())
        self.assertEqual((kept | theirs).exists(), kept | theirs)
        self.assertEqual((waiting | later).exists(), waiting | later)
