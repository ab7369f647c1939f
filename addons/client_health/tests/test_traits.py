from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

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

    def test_a_rule_is_no_way_around_record_access(self):
        self.env["ir.rule"].create(
            {
                "name": "no partners",
                "model_id": self.env.ref("base.model_res_users").id,
                "domain_force": "[(1, '=', 1)]",
            }
        )
        trait = self.grumpy.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "cannot be used"):
            trait.flag_domain = "[('partner_id.user_ids.password', 'like', 'a')]"
        trait.flag_domain = "[('written_off_amount', '>', 5)]"

    def test_live_counts_follow_the_rules(self):
        self.make_client(conduct_incident_count=1)
        self.make_client(conduct_severe_count=1)
        trait = self.env["client.health.trait"].create(
            {
                "name": "T",
                "code": "t",
                "ready_domain": "[('partner_id.name', '=', 'Client')]",
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

    def test_users_read_traits_and_only_managers_change_them(self):
        self.assertTrue(self.grumpy.with_user(self.user).name)
        with self.assertRaises(AccessError):
            self.grumpy.with_user(self.user).weight = 1
        self.grumpy.with_user(self.manager).weight = 1
        internal = new_test_user(self.env, login="internal", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.grumpy.with_user(internal).read(["name"])

    def test_a_broken_rule_does_not_stop_the_others(self):
        health = self.make_client(conduct_severe_count=1, freebie_incident_count=2)
        _judged, flag = self.make_flagged()
        self.grumpy.clear_after_days = 0
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE client_health_trait SET flag_domain = '[(''gone'', ''='', 1)]'"
            " WHERE id = %s",
            (self.grumpy.id,),
        )
        self.env.invalidate_all()
        with self.assertLogs(
            "odoo.addons.client_health.models.client_health_flag_levels", "ERROR"
        ):
            self.judge()
        self.assertEqual(health.flag_ids.trait_id.code, "haggler")
        self.assertEqual(flag.level, "flag", "what cannot be judged stays as it is")
        rules = self.grumpy._explain(health)
        self.assertEqual([rule["met"] for rule in rules], [True, False, False])
