from freezegun import freeze_time
from odoo.tests import tagged

from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestFlagLevels(FlagsCase):
    def stamps(self):
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT 'f', id, xmin::text, xmax::text FROM client_health_flag
               UNION ALL
               SELECT 'h', id, xmin::text, xmax::text FROM client_health"""
        )
        rows = sorted(self.env.cr.fetchall())
        self.env.cr.execute(
            """SELECT last_value FROM client_health_flag_id_seq UNION ALL
               SELECT last_value FROM client_health_flag_history_id_seq"""
        )
        return rows, self.env.cr.fetchall()

    def test_a_client_who_never_mattered_has_no_flag(self):
        health = self.make_client(instalment_due_count=9)
        self.judge(health)
        self.assertFalse(health.flag_ids)
        self.assertRecordValues(health, [{"score": 100, "state": "healthy"}])

    def test_facts_raise_a_flag_with_its_evidence(self):
        health = self.make_client(
            instalment_due_count=3, overdue_month_count=9, late_amount_share=0.1
        )
        self.judge(health)
        flag = self.flag_of(health, self.late_payer)
        self.assertRecordValues(
            flag,
            [
                {
                    "level": "flag",
                    "origin": "auto",
                    "decision": "none",
                    "partner_id": health.partner_id.id,
                    "company_id": health.company_id.id,
                    "is_active": True,
                    "needs_decision": True,
                }
            ],
        )
        self.assertEqual(flag.evidence["facts"]["overdue_month_count"], 9)
        self.assertEqual(flag.evidence["flag"], self.late_payer.flag_domain)
        self.assertRecordValues(
            flag.history_ids,
            [{"event": "level", "level_before": "none", "level": "flag"}],
        )

    def test_nothing_changed_writes_and_locks_nothing(self):
        self.make_flagged()
        self.judge()
        before = self.stamps()
        self.env.cr.execute("SAVEPOINT other_transaction_id")
        self.judge()
        self.assertEqual(self.stamps(), before)

    def test_one_client_and_many_take_the_same_few_queries(self):
        one = self.make_client(conduct_incident_count=1)
        many = one.browse()
        for _index in range(20):
            many |= self.make_client(conduct_incident_count=1)
        self.env.flush_all()
        self.company._get_client_health_today()  # the zones are cached
        self.grumpy._get_scopes()  # and where traits are in force
        with self.assertQueryCount(3):
            self.judge(one)
        with self.assertQueryCount(3):
            self.judge(many)

    def test_other_clients_are_left_alone(self):
        one = self.make_client(conduct_incident_count=1)
        other = self.make_client(conduct_incident_count=1)
        self.judge(one)
        self.assertTrue(one.flag_ids)
        self.assertFalse(other.flag_ids)
        self.judge()
        self.assertTrue(other.flag_ids)
        self.grumpy.clear_after_days = 0
        self.judge(one)
        self.assertEqual((other.flag_ids.level, other.score), ("watch", 90))

    def test_a_level_falls_only_after_the_days_of_the_trait(self):
        self.grumpy.clear_after_days = 10
        with freeze_time("2026-03-01"):
            health, flag = self.make_flagged()
        health.write({"conduct_incident_count": 0, "conduct_severe_count": 0})
        with freeze_time("2026-03-02"):
            self.judge(health)
        self.assertEqual(flag.level, "flag")
        with freeze_time("2026-03-11"):
            self.judge(health)
        self.assertEqual(flag.level, "flag")
        with freeze_time("2026-03-12"):
            self.judge(health)
        self.assertRecordValues(flag, [{"level": "none", "watch_unmet_since": False}])
        self.assertEqual(str(flag.level_date), "2026-03-12")
        self.assertRecordValues(
            flag.history_ids.sorted("id"),
            [
                {"level_before": "none", "level": "flag"},
                {"level_before": "flag", "level": "none"},
            ],
        )

    def test_a_corrected_book_takes_an_undecided_flag_out_at_once(self):
        health, flag = self.make_flagged()
        self.assertEqual(health.score, 80)
        health.write({"conduct_incident_count": 0, "conduct_severe_count": 0})
        self.judge(health)
        self.assertRecordValues(
            flag, [{"level": "flag", "is_active": False, "needs_decision": False}]
        )
        self.assertEqual(health.score, 100)
        found = self.env["client.health.flag"].search([("needs_decision", "=", True)])
        self.assertNotIn(flag, found)
        health.conduct_severe_count = 1
        self.judge(health)
        self.assertTrue(flag.needs_decision)
        self.assertEqual(len(flag.history_ids), 1, "it is no news")

    def test_an_undecided_flag_counts_as_what_the_facts_still_are(self):
        health, flag = self.make_flagged()
        health.write({"conduct_incident_count": 1, "conduct_severe_count": 0})
        self.judge(health)
        self.assertEqual((flag.level, flag.is_active), ("flag", True))
        self.assertEqual(health.score, 90)

    def test_a_confirmed_flag_outlives_the_facts_of_its_day(self):
        health, flag = self.make_flagged()
        flag.action_confirm("Talked it over")
        health.write({"conduct_incident_count": 0, "conduct_severe_count": 0})
        self.judge(health)
        self.assertTrue(flag.is_active)
        self.assertEqual(health.score, 80)

    def test_a_level_that_matches_again_starts_counting_anew(self):
        self.grumpy.clear_after_days = 10
        with freeze_time("2026-03-01"):
            health, flag = self.make_flagged("watch")
            health.conduct_incident_count = 0
            self.judge(health)
        with freeze_time("2026-03-09"):
            health.conduct_incident_count = 1
            self.judge(health)
            health.conduct_incident_count = 0
            self.judge(health)
        with freeze_time("2026-03-18"):
            self.judge(health)
        self.assertEqual(flag.level, "watch")
        with freeze_time("2026-03-19"):
            self.judge(health)
        self.assertEqual(flag.level, "none")

    def test_days_are_counted_from_when_the_flag_rule_stopped_matching(self):
        self.grumpy.clear_after_days = 10
        with freeze_time("2026-03-01"):
            health, flag = self.make_flagged()
            self.judge(health)
        self.assertFalse(flag.flag_unmet_since)
        with freeze_time("2026-03-08"):
            health.conduct_severe_count = 0
            self.judge(health)
        with freeze_time("2026-03-17"):
            self.judge(health)
        self.assertEqual(flag.level, "flag")
        with freeze_time("2026-03-18"):
            self.judge(health)
        self.assertEqual(flag.level, "watch")

    def test_a_flag_falls_to_the_watch_that_still_matches(self):
        self.grumpy.clear_after_days = 10
        with freeze_time("2026-03-01"):
            health, flag = self.make_flagged()
            health.conduct_severe_count = 0
            self.judge(health)
        with freeze_time("2026-03-08"):
            health.conduct_incident_count = 0
            self.judge(health)
        with freeze_time("2026-03-11"):
            self.judge(health)
        self.assertRecordValues(flag, [{"level": "watch", "flag_unmet_since": False}])
        with freeze_time("2026-03-18"):
            self.judge(health)
        self.assertEqual(flag.level, "none")

    def test_date_and_evidence_are_of_the_day_the_level_changed(self):
        self.grumpy.clear_after_days = 10
        with freeze_time("2026-03-01"):
            health, flag = self.make_flagged()
        with freeze_time("2026-03-05"):
            health.conduct_severe_count = 0
            self.judge(health)
        self.assertEqual(str(flag.flag_unmet_since), "2026-03-05")
        self.assertEqual(str(flag.level_date), "2026-03-01")
        self.assertEqual(flag.evidence["facts"]["conduct_severe_count"], 1)
        with freeze_time("2026-03-15"):
            self.judge(health)
        self.assertEqual((flag.level, str(flag.level_date)), ("watch", "2026-03-15"))
        self.assertEqual(flag.evidence["facts"]["conduct_severe_count"], 0)

    def test_no_days_let_a_level_fall_at_once(self):
        self.grumpy.clear_after_days = 0
        health, flag = self.make_flagged()
        health.write({"conduct_incident_count": 0, "conduct_severe_count": 0})
        self.judge(health)
        self.assertEqual(flag.level, "none")

    def test_a_changed_threshold_is_felt_at_the_next_refresh(self):
        health = self.make_client(rating_count=4, rating_avg=2)
        self.judge(health)
        self.assertFalse(health.flag_ids)
        self.grumpy.watch_domain = "[('rating_count', '>', 3)]"
        self.judge(health)
        self.assertEqual(self.flag_of(health, self.grumpy).level, "watch")

    def test_a_trait_that_users_add_works_everywhere(self):
        trait = self.env["client.health.trait"].create(
            {
                "name": "From abroad",
                "code": "abroad",
                "weight": 50,
                "ready_domain": "[('partner_id.country_id', '!=', False)]",
                "flag_domain": "[('partner_id.country_id.code', '!=', 'NL')]",
            }
        )
        health = self.make_client()
        self.judge(health)
        self.assertFalse(health.flag_ids)
        health.partner_id.country_id = self.env.ref("base.be")
        self.judge(health)
        self.assertEqual(self.flag_of(health, trait).level, "flag")
        self.assertRecordValues(health, [{"score": 50, "state": "to_discuss"}])

    def test_a_trait_of_one_company_judges_no_other(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.grumpy.company_id = other
        here = self.make_client(conduct_severe_count=1)
        there = self.make_client(company=other, conduct_severe_count=1)
        self.judge()
        self.assertFalse(here.flag_ids)
        self.assertEqual(there.flag_ids.level, "flag")

    def test_score_takes_a_flag_whole_and_a_watch_half(self):
        health = self.make_client(
            conduct_severe_count=1,
            integrity_incident_count=1,
            freebie_incident_count=2,
        )
        self.judge(health)
        self.assertRecordValues(health, [{"score": 50, "state": "to_discuss"}])

    def test_states_begin_at_their_points(self):
        expected = {
            10: (90, "healthy"),
            11: (89, "watch"),
            20: (80, "watch"),
            21: (79, "at_risk"),
            40: (60, "at_risk"),
            41: (59, "to_discuss"),
            100: (0, "to_discuss"),
        }
        health, _flag = self.make_flagged()
        for weight, (score, state) in expected.items():
            with self.subTest(weight=weight):
                self.grumpy.weight = weight
                self.judge(health)
                self.assertRecordValues(health, [{"score": score, "state": state}])

    def test_half_points_are_rounded_in_the_clients_favour(self):
        health, _flag = self.make_flagged("watch")
        self.grumpy.weight = 15
        self.judge(health)
        self.assertEqual(health.score, 93)

    def test_score_is_never_below_zero(self):
        self.grumpy.weight = 100
        health = self.make_client(conduct_severe_count=1, freebie_incident_count=2)
        self.judge(health)
        self.assertEqual(health.score, 0)

    def test_flags_of_an_archived_trait_do_not_count(self):
        health, flag = self.make_flagged()
        self.grumpy.active = False
        self.judge(health)
        self.assertEqual((flag.level, health.score), ("flag", 100))
        self.assert_counts_nowhere(flag)

    def test_flags_of_a_trait_given_to_another_company_do_not_count(self):
        health, flag = self.make_flagged()
        self.grumpy.company_id = self.env["res.company"].create({"name": "Other"})
        self.judge(health)
        self.assertEqual(health.score, 100)
        self.assert_counts_nowhere(flag)

    def test_flags_of_a_trait_of_their_own_company_count(self):
        health, flag = self.make_flagged()
        self.grumpy.company_id = health.company_id
        self.judge(health)
        self.assertEqual(health.score, 80)
        self.assertTrue(flag.is_active)
        self.assertEqual(self.search_active(flag), flag)
        self.assertEqual(health.active_trait_ids, self.grumpy)

    def search_active(self, flag):
        return flag.search([("id", "=", flag.id), ("is_active", "=", True)])

    def assert_counts_nowhere(self, flag):
        """Neither on the screens, nor in the inbox, nor in a filter."""
        health = flag.health_id
        self.assertFalse(flag.is_active or flag.needs_decision)
        self.assertFalse(self.search_active(flag))
        self.assertFalse(
            flag.search([("id", "=", flag.id), ("needs_decision", "=", True)])
        )
        self.assertFalse(health.active_trait_ids)
        self.assertNotIn(
            health, health.search([("active_trait_ids", "in", flag.trait_id.ids)])
        )
        groups = health._read_group([("id", "=", health.id)], ["active_trait_ids"])
        self.assertFalse(groups[0][0])
        self.assertFalse(health.partner_id.client_health_flag_ids)
