from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from ..engine.rule import parse
from .common import new_test_user
from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestTraits(FlagsCase):
    def test_a_rule_that_does_not_evaluate_is_refused_and_said_why(self):
        for domain in (
            "[('no_such_fact', '>', 1)]",
            "[('late_count', '>'",
            "[('late_count', 'over', 1)]",
            "['&', ('late_count', '>', 1)]",
            "[('late_count', '>', unknown_name)]",
            "42",
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(UserError, "cannot be used"),
            ):
                self.grumpy.flag_domain = domain

    def test_a_rule_compares_what_can_be_compared_and_says_so(self):
        for domain, message in (
            ("[('late_count', '>', 'three')]", "cannot be compared with “three”"),
            ("[('late_count', '>', True)]", "cannot be compared with"),
            ("[('late_count', '>', 1e999)]", "cannot be compared with “inf”"),
            ("[('late_count', '=', 1j)]", "cannot be compared with"),
            ("[('late_count', 'in', [1, 'a'])]", "cannot be compared with"),
            ("[('late_count', 'in', 1)]", "cannot be compared with"),
            ("[('late_count', 'ilike', 1)]", "cannot be compared by “ilike”"),
            ("[('late_count', '=', {'a': [1]})]", "cannot be compared with"),
            ("[('partner_id.country_id', '=', 'Belgium')]", "compared with “Belgium”"),
            ("[('partner_id.category_id', '>', 1)]", "cannot be compared by “>”"),
            ("[('partner_id.lang', '=', 5)]", "cannot be compared with “5”"),
            ("[('partner_id.lang', '=', 'a\\0')]", "cannot be compared with"),
            ("[('partner_id.is_company', '=', 1)]", "cannot be compared with “1”"),
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(UserError, message),
            ):
                self.grumpy.flag_domain = domain

    def test_a_rule_reads_literals_only_and_is_refused_at_once(self):
        condition = "('late_count', '>', 3)"
        many = "[" + ", ".join([condition] * 51) + "]"
        for domain, message in (
            ("[('late_count', '>', 9**9**8)]", "fixed values"),
            ("[] if uid == 2 else [('late_count', '>', 1)]", "fixed values"),
            ("[('refreshed_at', '<', datetime.now())]", "fixed values"),
            ("[('refreshed_at', '<', context_today())]", "fixed values"),
            ("(" * 19_000, "fixed values"),
            ("-" * 19_000 + "1", "fixed values"),
            ("[" * 150 + "]" * 150, "fixed values"),
            ("\0", "fixed values"),
            ("['%s']" % ("!" * 9_000), "fixed values"),
            (many, "more than 50 conditions"),
            (many * 20_000, "more than 50 conditions"),
        ):
            with (
                self.subTest(domain=domain[:30]),
                self.assertRaisesRegex(UserError, message),
            ):
                self.grumpy.flag_domain = domain

    def test_fifty_conditions_are_a_rule(self):
        condition = "('conduct_incident_count', '>', 3)"
        rule = "[" + ", ".join([condition] * 50) + "]"
        self.grumpy.with_user(self.manager).flag_domain = rule
        health = self.make_client(conduct_incident_count=4)
        self.judge(health)
        self.assertEqual(self.flag_of(health, self.grumpy).level, "flag")

    def test_a_rule_without_a_condition_matches_nobody(self):
        health = self.make_client()
        trait = self.env["client.health.trait"].create({"name": "T", "code": "t"})
        self.assertRecordValues(
            trait,
            [{"ready_domain": "[]", "watch_domain": False, "flag_domain": False}],
        )
        for empty in (False, "", "[]", " [ ] "):
            trait.write({"watch_domain": empty, "flag_domain": empty})
            self.judge(health)
            self.assertFalse(self.flag_of(health, trait), empty)
            self.assertFalse(trait.watch_match_count + trait.flag_match_count)
            self.assertFalse(trait.rule_error)
        rules = trait._explain(health)
        self.assertEqual([rule["met"] for rule in rules], [True, False, False])

    def test_live_counts_follow_the_rules(self):
        self.make_client(conduct_incident_count=1)
        self.make_client(conduct_severe_count=1)
        trait = self.env["client.health.trait"].create(
            {
                "name": "T",
                "code": "t",
                "ready_domain": "[('partner_id.is_company', '=', True)]",
                "watch_domain": "[('conduct_incident_count', '>=', 1)]",
                "flag_domain": "[('conduct_severe_count', '>=', 1)]",
            }
        )
        self.assertRecordValues(
            trait.with_user(self.manager),
            [{"watch_match_count": 2, "flag_match_count": 1}],
        )
        trait.flag_domain = "[('conduct_severe_count', '>=', 2)]"
        self.assertRecordValues(
            trait, [{"watch_match_count": 1, "flag_match_count": 0}]
        )

    def test_days_that_no_calendar_has_are_refused(self):
        trait = self.env.ref("client_health.client_health_trait_late_payer")
        # taken, they ended every refresh of everybody with an error
        for days in (-1, 3651, 2**31 - 1):
            with (
                self.subTest(days=days),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                trait.clear_after_days = days
                self.env.flush_all()
            self.env.invalidate_all()

    def test_users_read_traits_and_only_managers_change_them(self):
        self.assertTrue(self.grumpy.with_user(self.user).name)
        with self.assertRaises(AccessError):
            self.grumpy.with_user(self.user).weight = 1
        self.grumpy.with_user(self.manager).weight = 1
        internal = new_test_user(self.env, login="internal", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.grumpy.with_user(internal).read(["name"])

    def make_other(self):
        """Return another company, and a manager of it alone."""
        other = self.env["res.company"].create({"name": "Other"})
        there = new_test_user(
            self.env,
            login="manager_there",
            groups="client_health.client_health_group_manager",
            company_id=other.id,
            company_ids=other.ids,
        )
        return other, there

    def test_a_trait_of_all_is_changed_by_who_manages_all_companies(self):
        other, there = self.make_other()
        _health, flag = self.make_flagged()
        flag.with_user(self.user).action_confirm("Sure of it")
        for manager in (there, self.manager):
            shared = self.grumpy.with_user(manager)
            for change in (
                lambda shared=shared: shared.write({"weight": 1}),
                lambda shared=shared: shared.write({"active": False}),
                lambda shared=shared: shared.write({"company_id": other.id}),
                lambda shared=shared: shared.update_field_translations(
                    "name", {"en_US": "X"}
                ),
                lambda shared=shared: shared.unlink(),
                lambda shared=shared: shared.create(
                    {"name": "X", "code": "x", "company_id": False}
                ),
            ):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    change()
        own = self.grumpy.with_user(there).create({"name": "Own", "code": "own"})
        self.assertEqual(own.company_id, other)
        own.weight = 5
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            own.company_id = False
        self.manager.company_ids += other
        self.grumpy.with_user(self.manager).weight = 1
        self.assertFalse(
            self.grumpy.with_user(self.manager).default_get(["company_id"])[
                "company_id"
            ]
        )

    def test_a_trait_with_decisions_is_switched_off_and_not_deleted(self):
        health = self.make_client(late_count=5)
        rule = "[('late_count', '>', 3)]"
        trait = self.env["client.health.trait"].with_user(self.manager)
        trait = trait.create({"name": "T", "code": "t", "flag_domain": rule})
        trait.copy({"code": "u"}).unlink()
        self.judge(health)
        flag = self.flag_of(health, trait)
        self.assertTrue(flag.history_ids, "the facts alone are no decision")
        flag.with_user(self.user).action_dismiss("A bad day")
        with self.assertRaisesRegex(UserError, "switch it off"):
            trait.unlink()
        trait.active = False
        self.assertFalse(flag.is_active)
        self.assertEqual(flag.decision, "dismissed")

    def store(self, **rules):
        """Put rules into the trait that no screen would take."""
        self.env.flush_all()
        for rule, source in rules.items():
            self.env.cr.execute(
                f"UPDATE client_health_trait SET {rule}_domain = %s WHERE id = %s",
                (source, self.grumpy.id),
            )
        self.env.invalidate_all()

    def test_a_rule_that_cannot_be_used_matches_nobody_and_stops_no_other(self):
        health = self.make_client(conduct_severe_count=1, freebie_incident_count=2)
        _judged, flag = self.make_flagged()
        self.grumpy.clear_after_days = 0
        for stored in (
            "[('gone', '=', 1)]",
            "[] if uid else []",
            "[('partner_id.invoice_ids.amount_total', '>', 5)]",
            "[('late_count', '>', 'a')]",
            "(" * 500,
        ):
            with self.subTest(stored=stored[:40]):
                flag.level = "flag"
                self.store(flag=stored)
                self.judge()
                self.assertEqual(health.flag_ids.trait_id.code, "haggler")
                self.assertEqual(flag.level, "watch", "when in doubt it does not count")
                rules = self.grumpy._explain(health)
                self.assertEqual([rule["met"] for rule in rules], [True, False, False])
                trait = self.grumpy.with_user(self.manager)
                self.assertIn("“Flag Rule” of", trait.rule_error)
                self.assertRecordValues(
                    trait, [{"watch_match_count": 1, "flag_match_count": 0}]
                )

    def test_who_repairs_one_rule_need_not_repair_the_other_at_once(self):
        self.store(watch="[('gone', '=', 1)]", flag="[('gone', '=', 1)]")
        trait = self.grumpy.with_user(self.manager)
        trait.watch_domain = "[('conduct_incident_count', '>=', 1)]"
        self.assertIn("Flag Rule", trait.rule_error)
        trait.flag_domain = "[('conduct_severe_count', '>=', 1)]"
        self.assertFalse(trait.rule_error)

    def test_rules_are_read_once(self):
        self.judge()
        before = parse.cache_info().misses
        self.judge()
        self.assertEqual(parse.cache_info().misses, before)
