from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import new_test_user
from .flags_common import FlagsCase

AMOUNTS = "client_health.client_health_group_manager,account.group_account_invoice"


@tagged("-at_install", "post_install")
class TestTraitScreen(FlagsCase):
    """The editor of rules, for who has never seen a domain."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.biller = new_test_user(cls.env, login="biller", groups=AMOUNTS)
        cls.Trait = cls.env["client.health.trait"].with_user(cls.manager)
        # nobody else in the book, whatever the database holds
        cls.company = cls.env["res.company"].create({"name": "Alone"})
        for user in cls.manager + cls.biller:
            user.write(
                {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
            )
        cls.Trait = cls.Trait.with_company(cls.company)
        cls.one = cls.make_client("One", conduct_incident_count=1, late_share=0.25)
        cls.two = cls.make_client("Two", conduct_incident_count=2)
        cls.three = cls.make_client("Three", conduct_incident_count=3)

    def make_trait(self, **rules):
        values = {f"{rule}_domain": source for rule, source in rules.items()}
        own = {"name": "Own", "company_id": self.company.id}
        return self.Trait.create(own | values)

    def test_a_code_is_made_from_a_name_that_the_context_proposes(self):
        values = {"weight": 5}
        proposing = self.Trait.with_context(default_name="Wijzigt vaak")
        self.assertEqual(proposing.create(values).code, "wijzigt_vaak")
        self.assertEqual(values, {"weight": 5}, "what was given stays as it was")
        proposing = proposing.with_context(default_code="own_code")
        self.assertEqual(proposing.create(values).code, "own_code")

    def test_a_code_is_made_from_the_name_and_is_nobody_elses(self):
        made = self.Trait.create(
            [
                {"name": "Wijzigt vaak, één keer!"},
                {"name": "Wijzigt vaak, een keer"},
                {"name": "日本"},
                {"name": "Late payer"},
                {"name": "Own", "code": "mine"},
            ]
        )
        self.assertEqual(
            made.mapped("code"),
            [
                "wijzigt_vaak_een_keer",
                "wijzigt_vaak_een_keer_2",
                "trait",
                "late_payer_2",
                "mine",
            ],
        )
        copied = made[0].copy()
        self.assertEqual(copied.code, "wijzigt_vaak_een_keer_copy")
        self.assertEqual(copied.name, "Wijzigt vaak, één keer! (copy)")

    def test_who_joins_and_who_leaves_is_said_before_saving(self):
        trait = self.make_trait(flag="[('conduct_incident_count', '>=', 2)]")
        with Form(trait) as form:
            effect = form.rule_effect["flag"]
            self.assertEqual(effect["matches"], 2)
            self.assertFalse(effect["joins"]["count"] + effect["leaves"]["count"])
            form.flag_domain = "[('conduct_incident_count', '<=', 2)]"
            effect = form.rule_effect["flag"]
            self.assertEqual(effect["matches"], 2)
            self.assertEqual(effect["joins"], {"count": 1, "names": ["One"]})
            self.assertEqual(effect["leaves"], {"count": 1, "names": ["Three"]})
            form.ready_domain = "[('conduct_incident_count', '>', 1)]"
            self.assertEqual(form.rule_effect["flag"]["matches"], 1)
            form.flag_domain = "[]"
            effect = form.rule_effect["flag"]
            self.assertEqual(effect["matches"], 0, "without a condition: nobody")
            self.assertEqual(effect["leaves"]["count"], 2)

    def test_nobody_archived_is_counted_to_join(self):
        self.three.partner_id.active = False
        trait = self.make_trait(flag="[('conduct_incident_count', '>=', 3)]")
        self.assertEqual(trait.flag_match_count, 0)
        with Form(trait) as form:
            self.assertEqual(form.rule_effect["flag"]["matches"], 0)
            form.flag_domain = "[('conduct_incident_count', '>=', 2)]"
            joins = form.rule_effect["flag"]["joins"]
            self.assertEqual(joins, {"count": 1, "names": ["Two"]})
        self.judge()
        flags = self.env["client.health.flag"].search([("trait_id", "=", trait.id)])
        self.assertEqual(flags.health_id, self.two)

    def test_the_number_that_matches_opens_as_many_flags(self):
        trait = self.make_trait(
            watch="[('conduct_incident_count', '>=', 1)]",
            flag="[('conduct_incident_count', '>=', 2)]",
        )
        self.judge()
        self.one.conduct_incident_count = 0  # held against flapping
        self.three.conduct_incident_count = 1
        self.judge()
        trait.invalidate_recordset()
        for level in ("watch", "flag"):
            action = trait.with_context(level=level).action_open_flags()
            opened = self.env["client.health.flag"].search(action["domain"])
            with self.subTest(level):
                self.assertEqual(len(opened), trait[f"{level}_match_count"])
        self.assertEqual((trait.watch_match_count, trait.flag_match_count), (2, 1))

    def test_a_trait_that_is_new_has_joiners_only(self):
        with Form(self.Trait) as form:
            form.name = "New"
            self.assertEqual(form.rule_effect["watch"]["matches"], 0)
            form.watch_domain = "[('conduct_incident_count', '>=', 3)]"
            effect = form.rule_effect["watch"]
            self.assertEqual(effect["joins"], {"count": 1, "names": ["Three"]})
            self.assertFalse(effect["leaves"]["count"])

    def test_many_are_counted_and_a_few_named(self):
        clients = range(10)
        for number in clients:
            self.make_client(f"Client {number}", conduct_reporter_count=7)
        self.env.flush_all()
        trait = self.make_trait()
        trait.flag_domain = "[('conduct_reporter_count', '=', 7)]"
        trait.invalidate_recordset()
        draft = self.Trait.new({"company_id": self.company.id, "name": "Draft"})
        draft.flag_domain = "[('conduct_reporter_count', '=', 7)]"
        joins = draft.rule_effect["flag"]["joins"]
        self.assertEqual((joins["count"], len(joins["names"])), (10, 5))
        with self.assertQueryCount(30):
            draft.invalidate_recordset(["rule_effect"])
            self.assertTrue(draft.rule_effect)

    def test_nobody_learns_amounts_by_trying(self):
        self.one.revenue_amount = 5000
        draft = self.Trait.new({"company_id": self.company.id, "name": "Draft"})
        draft.flag_domain = "[('revenue_amount', '>', 4999)]"
        self.assertIsNone(draft.rule_effect["flag"])
        self.assertEqual(
            draft.with_user(self.biller).rule_effect["flag"]["joins"]["names"], ["One"]
        )
        names = {
            name["name"]
            for group in self.Trait.get_rule_names()
            for name in group["names"]
        }
        self.assertNotIn("revenue_amount", names)
        with self.assertRaises(AccessError):
            self.Trait.get_spread("revenue_amount")
        self.assertIn(
            "5,000.00", self.Trait.with_user(self.biller).get_spread("revenue_amount")
        )

    def test_a_number_is_typed_beside_how_it_lies_today(self):
        self.assertEqual(
            self.Trait.get_spread("conduct_incident_count"),
            "Today: lowest 1, median 2, highest 3; more than 0 at 3 of 3 clients.",
        )
        self.assertEqual(
            self.Trait.get_spread("late_share"),
            "Today: lowest 0 %, median 0 %, highest 25 %; more than 0 at 1 of 3 "
            "clients.",
        )
        for wrong in (
            "score",
            "partner_id",
            "gone; DROP TABLE x",
            None,
            ["late_share"],
        ):
            self.assertEqual(self.Trait.get_spread(wrong), "")
        outsider = new_test_user(self.env, login="outside", groups="base.group_user")
        for ask in (
            lambda trait: trait.get_spread("late_share"),
            lambda trait: trait.get_rule_names(),
        ):
            with self.assertRaises(AccessError):
                ask(self.Trait.with_user(outsider))

    def test_the_editor_offers_facts_by_source_with_their_units(self):
        groups = self.Trait.get_rule_names()
        by_title = {group["title"]: group["names"] for group in groups}
        late = {name["name"]: name for name in by_title["Payment"]}["late_share"]
        self.assertEqual((late["unit"], late["suffix"]), ("share", "%"))
        self.assertTrue(late["help"])
        self.assertIn(
            "partner_id.category_id", [name["name"] for name in groups[-1]["names"]]
        )

    def test_a_rule_that_cannot_match_says_so(self):
        trait = self.make_trait(flag="[('late_count', '>=', 3)]")
        self.assertFalse(trait.rule_warning)
        trait.flag_domain = "[('late_count', '>=', 3), ('late_count', '<', 2)]"
        self.assertIn("“Flag Rule” can never match", trait.rule_warning)
        trait.flag_domain = "[('late_count', '<', 2)]"
        self.assertFalse(trait.rule_warning)
        trait.ready_domain = "[('late_count', '>', 2)]"
        self.assertIn("never enough data", trait.rule_warning)

    def test_each_rule_is_said_in_words(self):
        trait = self.make_trait(flag="[('late_share', '>=', 0.5)]")
        self.assertEqual(
            trait.rule_words,
            {"ready": "always", "watch": "never", "flag": "Late Share: at least 50 %"},
        )
