from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestFlagDecisions(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged()

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "client_health.ir_cron_expire_dismissals"
            ).method_direct_trigger()

    def get_activities(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "client.health"),
                ("res_id", "=", self.health.id),
            ]
        )

    def test_a_confirmation_is_recorded_with_who_when_and_why(self):
        with freeze_time("2026-03-01 10:00:00"):
            self.flag.with_user(self.user).action_confirm("Seen it myself")
        self.assertRecordValues(
            self.flag,
            [
                {
                    "decision": "confirmed",
                    "decision_reason": "Seen it myself",
                    "decision_user_id": self.user.id,
                    "decision_date": fields.Datetime.to_datetime("2026-03-01 10:00:00"),
                    "decision_level": "flag",
                    "is_active": True,
                    "needs_decision": False,
                }
            ],
        )
        self.assertEqual(self.health.score, 80)

    def test_a_dismissal_takes_the_flag_out_of_the_score(self):
        with freeze_time("2026-03-01"):
            self.flag.with_user(self.user).action_dismiss("A misunderstanding")
            self.assertRecordValues(
                self.flag,
                [
                    {
                        "decision": "dismissed",
                        "level": "flag",
                        "is_active": False,
                        "needs_decision": False,
                    }
                ],
            )
            self.assertEqual(str(self.flag.decision_until), "2026-05-30")
            self.assertRecordValues(self.health, [{"score": 100, "state": "healthy"}])

    def test_a_dismissal_wants_a_reason(self):
        for reason in (None, "", "   "):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                self.flag.action_dismiss(reason)
        self.assertEqual(self.flag.decision, "none")

    def test_a_dismissal_ends_on_a_day_to_come(self):
        with freeze_time("2026-03-02"):
            with self.assertRaises(UserError):
                self.flag.action_dismiss("Reason", "2026-03-01")
            with self.assertRaises(UserError):
                self.flag.action_dismiss("Reason", "next week")
            self.flag.action_dismiss("Reason", "2026-03-02")
        self.assertEqual(str(self.flag.decision_until), "2026-03-02")

    def test_several_flags_are_decided_at_once(self):
        _other_health, other = self.make_flagged(name="Other")
        (self.flag + other).action_confirm("  ")
        self.assertEqual(set((self.flag + other).mapped("decision")), {"confirmed"})
        self.assertFalse(self.flag.decision_reason)

    def test_each_of_several_is_decided_at_its_own_level(self):
        _health, watch = self.make_flagged("watch", name="Other")
        (self.flag + watch).action_dismiss(" A bad day ")
        self.assertRecordValues(
            self.flag + watch,
            [
                {"decision_level": "flag", "decision_reason": "A bad day"},
                {"decision_level": "watch", "decision_reason": "A bad day"},
            ],
        )

    def test_deciding_on_many_takes_no_more_queries_than_on_two(self):
        flags = self.flag
        for index in range(12):
            level = "watch" if index % 2 else "flag"
            flags += self.make_flagged(level, name=f"Client {index}")[1]
        self.env.flush_all()
        (self.flag + flags[2]).action_confirm("Both")
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        flags[1:3].action_confirm("Two")
        self.env.flush_all()
        two = self.env.cr.sql_log_count - before
        with self.assertQueryCount(two):
            flags[3:].action_confirm("Many")
            self.env.flush_all()

    def test_a_refresh_never_overwrites_a_decision(self):
        names = [name for name in self.flag._fields if name.startswith("decision")]
        for decide in (
            lambda: self.flag.action_confirm("Yes"),
            lambda: self.flag.action_dismiss("No"),
        ):
            decide()
            before = self.flag.read(names)
            self.health.write({"conduct_incident_count": 5, "conduct_day_count": 4})
            self.judge()
            self.assertEqual(self.flag.read(names), before)

    def test_a_dismissal_covers_the_level_it_was_made_at(self):
        health, flag = self.make_flagged("watch", name="Second")
        flag.action_dismiss("A bad day")
        self.assertEqual(health.score, 100)
        health.conduct_severe_count = 1
        self.judge(health)
        self.assertRecordValues(
            flag, [{"level": "flag", "is_active": True, "needs_decision": True}]
        )
        self.assertEqual(health.score, 80)
        self.assertIn("dismissed", flag.history_ids.mapped("event"))

    def test_what_is_held_against_flapping_is_no_higher_level(self):
        health, flag = self.make_flagged("watch")
        flag.action_dismiss("It was noted of another client")
        health.conduct_severe_count = 1
        self.judge(health)
        self.assertTrue(flag.needs_decision)
        health.conduct_severe_count = 0  # a slip, mended the next day
        self.judge(health)
        self.assertEqual(flag.level, "flag")
        self.assertTrue(flag.flag_unmet_since)
        self.assertFalse(flag.needs_decision)
        self.assertFalse(flag.is_active)
        self.assertEqual(health.score, 100)
        self.assertNotIn(flag, flag.search(flag._get_inbox_domain()))

    def test_a_dismissal_of_a_flag_covers_its_watch(self):
        self.grumpy.clear_after_days = 0
        self.flag.action_dismiss("A bad day")
        self.health.conduct_severe_count = 0
        self.judge(self.health)
        self.assertRecordValues(self.flag, [{"level": "watch", "is_active": False}])
        self.assertEqual(self.health.score, 100)

    def test_what_was_dismissed_while_nothing_was_raised_counts_later(self):
        health = self.make_client(name="Clean")
        flag = self.env["client.health.flag"].create(
            {"health_id": health.id, "trait_id": self.grumpy.id}
        )
        flag.action_dismiss("Nothing is the matter")
        health.conduct_incident_count = 1
        self.judge(health)
        self.assertRecordValues(
            flag, [{"level": "watch", "is_active": True, "needs_decision": True}]
        )
        self.assertEqual(health.score, 90)

    def test_the_last_day_of_a_dismissal_still_counts(self):
        with freeze_time("2026-03-01"):
            self.flag.action_dismiss("Reason", "2026-03-10")
        for day, score in (("2026-03-10", 100), ("2026-03-11", 80)):
            with self.subTest(day=day), freeze_time(day):
                self.flag.invalidate_recordset(["is_active", "needs_decision"])
                self.judge(self.health)
                self.assertEqual(self.health.score, score)
                self.assertEqual(self.flag.is_active, score == 80)
                self.assertEqual(self.flag.needs_decision, score == 80)
                found = self.flag.search(
                    [("is_active", "=", True), ("id", "=", self.flag.id)]
                )
                self.assertEqual(bool(found), score == 80)

    def test_what_is_searched_is_what_is_shown(self):
        with freeze_time("2026-03-01"):
            flags = self.flag
            for level, decide in (
                ("watch", lambda flag: flag.action_confirm()),
                ("flag", lambda flag: flag.action_dismiss("Reason")),
                ("watch", lambda flag: flag.action_dismiss("Reason", "2026-03-01")),
                ("watch", lambda flag: flag.write({"level": "none"})),
            ):
                _health, flag = self.make_flagged(level, name="More")
                decide(flag)
                flags += flag
            cleared, lifted = flags[-1], self.make_flagged("watch", name="More")[1]
            cleared.action_dismiss("Reason")
            lifted.level = "none"
            lifted.action_dismiss("Reason")
            lifted.level = "watch"
            flags += lifted
        with freeze_time("2026-03-02"):
            flags.invalidate_recordset()
            for name in ("is_active", "needs_decision"):
                for value in (True, False):
                    with self.subTest(name=name, value=value):
                        self.assertEqual(
                            flags.search([(name, "=", value), ("id", "in", flags.ids)]),
                            flags.filtered(lambda f, n=name, v=value: f[n] == v),
                        )

    def test_an_ended_dismissal_brings_an_activity_to_who_decided(self):
        with freeze_time("2026-03-01"):
            self.flag.with_user(self.user).action_dismiss("Reason", "2026-03-10")
        with freeze_time("2026-03-10"):
            self.run_cron()
        self.assertFalse(self.get_activities())
        with freeze_time("2026-03-11"):
            self.run_cron()
            self.run_cron()
        self.assertRecordValues(
            self.get_activities(),
            [{"user_id": self.user.id, "res_model": "client.health"}],
        )
        self.assertEqual(self.health.score, 80)
        last = self.flag.history_ids.sorted("id")[-1]
        self.assertEqual((last.event, last.user_id.id), ("expired", False))
        self.assertEqual(self.flag.decision, "dismissed")
        self.assertFalse(self.health.partner_id.activity_ids)

    def test_an_ended_dismissal_of_what_no_longer_counts_asks_nobody(self):
        _health, other = self.make_flagged(name="Other")
        with freeze_time("2026-03-01"):
            (self.flag | other).action_dismiss("Reason", "2026-03-10")
        other.level = "none"
        self.grumpy.active = False
        with freeze_time("2026-03-11"):
            self.run_cron()
            self.assertFalse((self.flag | other).filtered("decision_expired"))
            self.grumpy.active = True
            self.run_cron()
        self.assertRecordValues(
            self.flag | other,
            [{"decision_expired": True}, {"decision_expired": False}],
        )

    def test_a_manager_is_asked_where_who_decided_has_left(self):
        with freeze_time("2026-03-01"):
            self.flag.with_user(self.user).action_dismiss("Reason", "2026-03-10")
        for leave in (
            {"active": False},
            {
                "active": True,
                "group_ids": [Command.set(self.env.ref("base.group_user").ids)],
            },
        ):
            self.user.write(leave)
            self.flag.decision_expired = False
            with freeze_time("2026-03-11"):
                self.run_cron()
            self.assertEqual(self.get_activities().user_id, self.manager)
            self.get_activities().unlink()

    def test_who_decided_is_asked_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.user.lang = "nl_NL"
        self.grumpy.with_context(lang="nl_NL").name = "Onheus"
        with freeze_time("2026-03-01"):
            self.flag.with_user(self.user).action_dismiss("Reason", "2026-03-10")
        with freeze_time("2026-03-11"):
            self.run_cron()
        self.assertIn("Onheus", self.get_activities().summary)

    def test_where_nobody_can_be_asked_a_dismissal_ends_all_the_same(self):
        with freeze_time("2026-03-01"):
            self.flag.with_user(self.user).action_dismiss("Reason", "2026-03-10")
        group = self.env.ref("client_health.client_health_group_manager")
        (self.user | group.all_user_ids).group_ids -= group | self.env.ref(
            "client_health.client_health_group_user"
        )
        with freeze_time("2026-03-11"):
            self.run_cron()
        self.assertTrue(self.flag.decision_expired)
        self.assertFalse(self.get_activities())
        self.assertEqual(self.health.score, 80)

    def test_a_decision_anew_may_expire_anew(self):
        for day, until in (("2026-03-01", "2026-03-10"), ("2026-03-12", "2026-03-20")):
            with freeze_time(day):
                self.flag.action_dismiss("Reason", until)
            with freeze_time("2026-03-25" if day > "2026-03-05" else "2026-03-11"):
                self.run_cron()
        self.assertEqual(len(self.get_activities()), 2)

    def test_history_tells_the_whole_story(self):
        self.health.conduct_incident_count = 7
        self.flag.with_user(self.user).action_dismiss("Too soon", "2099-01-31")
        self.flag.with_user(self.manager).action_confirm("Agreed")
        self.assertRecordValues(
            self.flag.history_ids.sorted("id"),
            [
                {"event": "level", "user_id": False, "reason": False},
                {"event": "dismissed", "user_id": self.user.id, "reason": "Too soon"},
                {"event": "confirmed", "user_id": self.manager.id, "reason": "Agreed"},
            ],
        )
        raised, dismissed, confirmed = self.flag.history_ids.sorted("id")
        self.assertEqual(raised.evidence["facts"]["conduct_severe_count"], 1)
        self.assertEqual(raised.evidence["facts"]["conduct_incident_count"], 1)
        self.assertEqual(dismissed.evidence["facts"]["conduct_incident_count"], 7)
        self.assertEqual(str(dismissed.until), "2099-01-31")
        self.assertFalse(confirmed.until)

    def test_a_flag_is_raised_by_hand(self):
        health = self.make_client(name="By hand")
        flag = health.with_user(self.user).action_raise_flag(
            "haggler", "watch", "Asks each time"
        )
        self.assertRecordValues(
            flag,
            [
                {
                    "level": "watch",
                    "origin": "manual",
                    "decision": "confirmed",
                    "decision_user_id": self.user.id,
                    "decision_reason": "Asks each time",
                    "is_active": True,
                }
            ],
        )
        self.assertEqual(health.score, 90)
        self.judge(health)
        self.assertEqual(flag.level, "watch")

    def test_raising_a_flag_that_is_there_lifts_it_today(self):
        with freeze_time("2026-03-01"):
            health, flag = self.make_flagged("watch", name="Other")
        with freeze_time("2026-03-05"):
            health.action_raise_flag(self.grumpy.id, "flag", "Heard it")
            health.action_raise_flag(self.grumpy, "watch", "And again")
        self.assertRecordValues(flag, [{"level": "flag", "manual_level": "flag"}])
        self.assertEqual(str(flag.level_date), "2026-03-05")
        self.assertRecordValues(
            flag.history_ids.sorted("id"),
            [
                {"event": "level", "level_before": "none", "level": "watch"},
                {"event": "manual", "level_before": "watch", "level": "flag"},
                {"event": "manual", "level_before": "flag", "level": "flag"},
            ],
        )

    def test_a_trait_is_found_by_its_code_in_the_clients_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.grumpy.copy({"company_id": other.id, "code": "theirs"})
        for trait in ("theirs", theirs, theirs.id):
            with self.subTest(trait=trait), self.assertRaises(UserError):
                self.health.action_raise_flag(trait, "flag", "Reason")
        # listed after the shared one of that code, and before it
        own = self.grumpy.copy({"company_id": self.company.id, "sequence": 99})
        for sequence in (99, -1):
            own.sequence = sequence
            flag = self.health.action_raise_flag("grumpy", "flag", "Reason")
            self.assertEqual(flag.trait_id, own)

    def test_the_facts_may_lift_what_was_raised_by_hand(self):
        health = self.make_client(name="By hand")
        flag = health.action_raise_flag(self.grumpy, "watch", "Heard it")
        health.write({"conduct_incident_count": 1, "conduct_severe_count": 1})
        self.judge(health)
        self.assertRecordValues(
            flag, [{"level": "flag", "origin": "manual", "manual_level": "watch"}]
        )

    def test_what_was_raised_by_hand_never_clears_by_itself(self):
        with freeze_time("2026-03-01"):
            health = self.make_client(name="By hand")
            flag = health.action_raise_flag(self.grumpy, "flag", "Heard it")
            watch = health.action_raise_flag("haggler", "watch", "Heard it")
            self.judge(health)
        with freeze_time("2027-03-01"):
            self.judge(health)
        self.assertEqual((flag.level, watch.level), ("flag", "watch"))

    def test_dismissing_withdraws_what_was_raised_by_hand(self):
        with freeze_time("2026-03-01"):
            health = self.make_client(name="By hand")
            flag = health.action_raise_flag(self.grumpy, "flag", "Heard it")
            flag.action_dismiss("Was somebody else")
            self.judge(health)
            self.assertEqual(flag.level, "flag")
        with freeze_time("2026-03-31"):
            self.judge(health)
        self.assertRecordValues(flag, [{"level": "none", "origin": "auto"}])

    def test_raising_by_hand_wants_a_trait_a_level_and_a_reason(self):
        for args in (
            ("grumpy", "flag", ""),
            ("grumpy", "flag", None),
            ("grumpy", "none", "Reason"),
            ("unknown", "flag", "Reason"),
            (0, "flag", "Reason"),
        ):
            with self.subTest(args=args), self.assertRaises(UserError):
                self.health.action_raise_flag(*args)

    def test_raising_a_lower_level_does_not_lower(self):
        self.health.action_raise_flag("grumpy", "watch", "Reason")
        self.assertEqual(self.flag.level, "flag")
        self.assertEqual(self.flag.manual_level, "watch")

    def test_only_our_users_decide(self):
        internal = new_test_user(self.env, login="internal", groups="base.group_user")
        flag = self.flag.with_user(internal)
        health = self.health.with_user(internal)
        for attempt in (
            lambda: flag.action_confirm("Reason"),
            lambda: flag.action_dismiss("Reason"),
            lambda: health.action_raise_flag("grumpy", "flag", "Reason"),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(self.flag.decision, "none")

    def test_nobody_writes_a_decision_past_the_buttons(self):
        for user in (self.user, self.manager):
            with self.assertRaises(AccessError):
                self.flag.with_user(user).write({"decision": "dismissed"})
            with self.assertRaises(AccessError):
                self.flag.with_user(user).unlink()
            with self.assertRaises(AccessError):
                self.flag.history_ids.with_user(user).write({"reason": "Else"})

    def test_nobody_decides_in_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.make_client(company=other, conduct_severe_count=1)
        self.judge(theirs)
        with self.assertRaises(AccessError):
            theirs.flag_ids.with_user(self.user).action_confirm("Reason")
        with self.assertRaises(AccessError):
            theirs.with_user(self.user).action_raise_flag("grumpy", "flag", "Reason")

    def test_a_flag_is_made_of_a_contact_a_company_and_a_trait(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        person = self.env["res.partner"].create({"name": "Ann", "parent_id": firm.id})
        flag = self.env["client.health.flag"].create(
            {
                "partner_id": person.id,
                "company_id": self.company.id,
                "trait_id": self.grumpy.id,
                "level": "watch",
                "origin": "manual",
            }
        )
        self.assertEqual(flag.partner_id, firm)
        self.assertEqual(flag.company_id, self.company)
        self.assertEqual(flag.manual_level, "watch")
        self.judge(flag.health_id)
        self.assertEqual((flag.level, flag.health_id.score), ("watch", 90))
