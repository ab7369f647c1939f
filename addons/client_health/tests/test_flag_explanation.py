import doctest

from freezegun import freeze_time
from lxml import html
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..engine import judging, rule
from ..engine.rule import iter_leaves
from ..models.rule_words import RuleWords
from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestFlagExplanation(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health = cls.make_client(
            instalment_due_count=8,
            late_count=3,
            late_share=0.375,
            late_amount_share=0.375,
            days_late_avg=31.5,
            written_off_amount=250,
        )
        cls.judge(cls.health)
        cls.flag = cls.flag_of(cls.health, cls.late_payer)

    def explain(self, domain, health=None):
        """Return the tree of one rule on a trait made for it."""
        trait = self.env["client.health.trait"].create(
            {"name": "T", "code": "t", "flag_domain": domain}
        )
        return trait._explain(health or self.health)[2]["tree"]

    def test_examples_in_the_docstrings_hold(self):
        for module in (judging, rule):
            found = doctest.testmod(module)
            self.assertTrue(found.attempted)
            self.assertFalse(found.failed)

    def test_every_condition_shows_value_threshold_and_whether_it_is_met(self):
        rules = {rule["rule"]: rule for rule in self.flag.explanation}
        self.assertEqual(
            {name: rule["met"] for name, rule in rules.items()},
            {"ready": True, "watch": True, "flag": True},
        )
        leaves = [
            (leaf["field"], leaf["value"], leaf["operator"], leaf["threshold"])
            + (leaf["met"],)
            for leaf in iter_leaves(rules["flag"]["tree"])
        ]
        self.assertEqual(
            leaves[:5],
            [
                ("late_count", "3", "at least", "3", True),
                ("days_late_avg", "32 days", "at least", "30 days", True),
                ("late_amount_share", "38 %", "at least", "50 %", False),
                ("days_late_avg", "32 days", "at least", "14 days", True),
                ("late_amount_share", "38 %", "at least", "5 %", True),
            ],
        )

    def test_the_tree_follows_and_or_and_not(self):
        tree = self.explain(
            "['&', ('late_count', '>=', 3), '!', '|',"
            " ('days_late_avg', '<', 10), ('late_share', '>', 0.9)]"
        )
        self.assertEqual((tree["type"], tree["met"]), ("all", True))
        self.assertEqual(
            [(child["type"], child["met"]) for child in tree["children"]],
            [("condition", True), ("not", True), ("not", True)],
        )

    def test_properties_of_the_client_can_stand_in_a_rule(self):
        belgium = self.env.ref("base.be")
        tag = self.env["res.partner.category"].create({"name": "Gold"})
        partner = self.health.partner_id
        partner.write({"country_id": belgium.id, "user_id": self.user.id})
        partner.category_id = tag
        cases = {
            f"[('partner_id.country_id', '=', {belgium.id})]": (True, "Belgium"),
            f"[('partner_id.category_id', 'in', [{tag.id}])]": (True, "Gold"),
            f"[('partner_id.category_id', 'not in', [{tag.id}])]": (False, "Gold"),
            f"[('partner_id.user_id', '!=', {self.user.id})]": (False, "health_user"),
            "[('partner_id.industry_id', '=', False)]": (True, ""),
            "[('partner_id.lang', 'in', ['en_US', 'nl_NL'])]": (True, None),
            "[('partner_id.is_company', '=', True)]": (True, "yes"),
            "[(1, '=', 1)]": (True, None),
            "[(0, '=', 1)]": (False, None),
        }
        for domain, (met, value) in cases.items():
            with self.subTest(domain=domain):
                tree = self.explain(domain)
                self.env["client.health.trait"].search([("code", "=", "t")]).unlink()
                self.assertEqual(tree["met"], met)
                if value is not None:
                    self.assertIn(value, tree["value"])

    def test_numbers_and_words_are_the_readers(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        flag = self.flag.with_context(lang="nl_NL")
        leaf = next(
            leaf
            for leaf in iter_leaves(flag.explanation[2]["tree"])
            if leaf["field"] == "late_amount_share"
        )
        self.assertEqual((leaf["value"], leaf["threshold"]), ("38 %", "50 %"))

    def test_amounts_are_hidden_from_who_may_not_see_invoices(self):
        self.late_payer.flag_domain = "[('written_off_amount', '>', 0)]"

        def leaf_of(user):
            explanation = self.flag.with_user(user).explanation
            return next(
                leaf
                for leaf in iter_leaves(explanation[2]["tree"])
                if leaf["field"] == "written_off_amount"
            )

        hidden = leaf_of(self.user)
        self.assertTrue(hidden["hidden"])
        self.assertTrue(hidden["met"])
        self.assertFalse(hidden["value"])
        self.assertNotIn("250", self.flag.with_user(self.user).explanation_html)
        bookkeeper = new_test_user(
            self.env,
            login="bookkeeper",
            groups="client_health.client_health_group_user,"
            "account.group_account_readonly",
        )
        self.assertIn("250", leaf_of(bookkeeper)["value"])
        self.assertIn("250", self.flag.with_user(bookkeeper).explanation_html)

    def test_the_panel_says_in_words_what_it_shows_in_colour(self):
        panel = html.fromstring(self.flag.explanation_html)
        icons = panel.xpath("//i")
        self.assertTrue(icons)
        self.assertEqual(len(panel.xpath("//i[@aria-hidden='true']")), len(icons))
        self.assertEqual(
            len(panel.xpath("//span[@class='visually-hidden']")), len(icons)
        )
        self.assertEqual(
            [section.get("data-rule") for section in panel.xpath("//section")],
            ["ready", "watch", "flag"],
        )

    def test_evidence_shows_the_facts_and_rules_of_that_moment(self):
        self.health.write({"late_count": 12})
        self.late_payer.flag_domain = "[('late_count', '>=', 11)]"
        then = self.late_payer._explain(self.health, self.flag.evidence)
        first = next(iter_leaves(then[2]["tree"]))
        self.assertEqual((first["value"], first["threshold"]), ("3", "3"))
        now = next(iter_leaves(self.flag.explanation[2]["tree"]))
        self.assertEqual((now["value"], now["threshold"]), ("12", "11"))
        self.flag.invalidate_recordset()
        late = "<strong>12</strong>"
        self.assertIn(late, self.flag.explanation_html)
        self.assertNotIn(late, self.flag.evidence_html)

    def test_the_label_says_where_the_decision_stands(self):
        def word():
            self.flag.invalidate_recordset()
            return self.flag.label.split(", ")[-1]

        self.assertEqual(word(), "suggested")
        self.flag.action_confirm("Reason")
        self.assertEqual(word(), "confirmed")
        with freeze_time("2026-03-01"):
            self.flag.action_dismiss("Reason", "2026-03-10")
            self.assertEqual(word(), "dismissed")
        with freeze_time("2026-03-11"):
            self.assertEqual(word(), "no longer dismissed")

    def test_evidence_of_the_first_condition_that_is_met_opens(self):
        trait = self.env["client.health.trait"].create(
            {
                "name": "T",
                "code": "t",
                "watch_domain": "[('ticket_count', '=', 0)]",
                "flag_domain": "['|', ('discount_share', '>', 0.5),"
                " ('late_count', '>', 1)]",
            }
        )
        self.judge(self.health)
        flag = self.flag_of(self.health, trait)
        action = flag.action_open_evidence()
        self.assertEqual(action["res_model"], "client.health.payment")
        trait.flag_domain = "[('discount_share', '>', 0.5)]"
        flag.invalidate_recordset()
        action = flag.action_open_evidence()
        self.assertEqual(action["res_model"], "client.health.ticket")
        trait.watch_domain = "[('ticket_count', '>', 5)]"
        flag.invalidate_recordset()
        action = flag.action_open_evidence()
        self.assertEqual(action["res_model"], "client.health.discount")

    def test_traits_without_enough_data_are_named(self):
        health = self.make_client(instalment_due_count=2)
        time_demander = self.env.ref("client_health.client_health_trait_time_demander")
        self.assertEqual(health.not_ready_trait_ids, self.late_payer + time_demander)
        self.assertEqual(
            health.with_user(self.user).not_ready_trait_ids,
            self.late_payer + time_demander,
        )

    def test_rules_read_as_plain_words(self):
        words = RuleWords(self.env).word_domain(
            self.env["client.health"],
            [
                "&",
                ("late_count", ">=", 3),
                "|",
                ("days_late_avg", ">=", 30),
                ("late_share", ">=", 0.5),
            ],
        )
        self.assertEqual(
            words,
            "Instalments Late: at least 3 and (Average Days Late: at least 30 days"
            " or Late Share: at least 50 %)",
        )

    def test_nothing_to_open_is_said_so(self):
        trait = self.env["client.health.trait"].create(
            {"name": "T", "code": "t", "flag_domain": "[(1, '=', 1)]"}
        )
        self.judge(self.health)
        with self.assertRaises(UserError):
            self.flag_of(self.health, trait).action_open_evidence()

    def test_a_flag_opens_what_was_counted(self):
        action = self.flag.action_open_evidence()
        self.assertEqual(action["res_model"], "client.health.payment")
        self.assertIn(("partner_id", "=", self.health.partner_id.id), action["domain"])
        action = self.flag.action_open_evidence("written_off_amount")
        self.assertEqual(action["res_model"], "client.health.payment")
