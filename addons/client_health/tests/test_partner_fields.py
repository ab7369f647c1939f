from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import Form, tagged

from ..models.res_partner import HEALTH_FIELDS
from .common import new_test_user
from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestPartnerFields(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged(name="Flagged")
        cls.partner = cls.health.partner_id
        cls.person = cls.env["res.partner"].create(
            {"name": "Person", "parent_id": cls.partner.id}
        )
        cls.calm = cls.make_client(name="Calm")
        cls.stranger = cls.env["res.partner"].create({"name": "Stranger"})
        cls.everybody = cls.partner + cls.person + cls.calm.partner_id + cls.stranger

    def find(self, *condition):
        return self.env["res.partner"].search(
            Domain(*condition) & Domain("id", "in", self.everybody.ids)
        )

    def test_client_and_their_people_show_the_clients_health(self):
        for partner in (self.partner, self.person):
            self.assertRecordValues(
                partner,
                [
                    {
                        "client_health_id": self.health.id,
                        "client_health_ids": self.health.ids,
                        "client_health_flag_ids": self.flag.ids,
                        "client_health_trait_ids": self.grumpy.ids,
                        "client_health_score": 80,
                        "client_health_state": "watch",
                    }
                ],
            )

    def test_a_stranger_shows_nothing(self):
        self.assertRecordValues(
            self.stranger,
            [
                {
                    "client_health_id": False,
                    "client_health_ids": [],
                    "client_health_flag_ids": [],
                    "client_health_trait_ids": [],
                    "client_health_score": 0,
                    "client_health_state": False,
                }
            ],
        )

    def test_what_is_dismissed_stays_visible_but_does_not_count(self):
        self.flag.action_dismiss("We were wrong")
        self.assertEqual(self.partner.client_health_flag_ids, self.flag)
        self.assertFalse(self.partner.client_health_trait_ids)
        self.assertEqual(self.partner.client_health_score, 100)
        self.assertFalse(self.find("client_health_trait_ids", "in", self.grumpy.ids))
        self.assertEqual(
            self.find("client_health_flag_ids", "in", self.flag.ids),
            self.partner + self.person,
        )

    def test_what_was_cleared_is_not_shown(self):
        self.grumpy.clear_after_days = 0
        self.health.write({"conduct_incident_count": 0, "conduct_severe_count": 0})
        self.judge(self.health)
        self.assertEqual(self.flag.level, "none")
        self.assertFalse(self.partner.client_health_flag_ids)
        self.assertFalse(self.find("client_health_flag_ids", "!=", False))

    def test_flags_of_a_trait_of_another_company_are_not_found(self):
        self.grumpy.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(self.partner.client_health_flag_ids)
        self.assertFalse(self.find("client_health_flag_ids", "!=", False))
        self.grumpy.company_id = self.company
        self.assertTrue(self.find("client_health_flag_ids", "!=", False))

    def test_each_field_finds_what_it_shows(self):
        flagged = self.partner + self.person
        calm = self.calm.partner_id
        grumpy = self.grumpy.ids
        cases = [
            (("client_health_id", "=", self.health.id), flagged),
            (("client_health_id", "=", False), self.stranger),
            (("client_health_id", "!=", False), flagged + calm),
            (("client_health_id.score", "<", 90), flagged),
            (("client_health_ids", "in", self.health.ids), flagged),
            (("client_health_ids", "=", False), self.stranger),
            (("client_health_flag_ids", "=", False), calm + self.stranger),
            (("client_health_flag_ids", "!=", False), flagged),
            (("client_health_flag_ids.level", "=", "flag"), flagged),
            (("client_health_flag_ids.level", "=", "watch"), calm.browse()),
            (("client_health_trait_ids", "in", grumpy), flagged),
            (("client_health_trait_ids", "not in", grumpy), calm + self.stranger),
            (("client_health_trait_ids", "ilike", "disrespect"), flagged),
            (("client_health_trait_ids.code", "=", "grumpy"), flagged),
            (("client_health_score", "<", 90), flagged),
            (("client_health_score", ">=", 90), calm),
            (("client_health_score", "=", 80), flagged),
            (("client_health_state", "=", "watch"), flagged),
            (("client_health_state", "in", ["watch", "healthy"]), flagged + calm),
            (("client_health_state", "not in", ["watch"]), calm + self.stranger),
            (("client_health_state", "=", False), self.stranger),
        ]
        for condition, expected in cases:
            with self.subTest(condition=condition):
                self.assertEqual(self.find(*condition), expected.sorted())

    def test_search_and_filter_agree(self):
        for condition in [
            ("client_health_state", "=", "watch"),
            ("client_health_trait_ids", "in", self.grumpy.ids),
            ("client_health_flag_ids", "=", False),
            ("client_health_score", ">=", 90),
        ]:
            with self.subTest(condition=condition):
                self.assertEqual(
                    self.find(*condition),
                    self.everybody.filtered_domain([condition]).sorted(),
                )

    def test_eighty_partners_take_one_query(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Partner {index}"} for index in range(80)]
        )
        names = [name for name in HEALTH_FIELDS if name != "client_health_ids"]
        self.env.flush_all()
        self.env.invalidate_all()
        partners.fetch(["name", "commercial_partner_id"])
        self.env.company._get_client_health_today()  # the zones are cached
        self.env["client.health.trait"]._get_scopes()  # and where traits are in force
        with self.assertQueryCount(1):
            partners.mapped(lambda partner: [partner[name] for name in names])

    def test_another_company_shows_its_own_health(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        theirs = self.env["client.health"].create(
            {
                "partner_id": self.partner.id,
                "company_id": other.id,
                "freebie_incident_count": 2,
            }
        )
        self.judge(theirs)
        there = self.partner.with_company(other)
        self.assertEqual(there.client_health_id, theirs)
        self.assertEqual(
            there.client_health_trait_ids,
            self.env.ref("client_health.client_health_trait_haggler"),
        )
        self.assertEqual(self.partner.client_health_id, self.health)
        self.assertEqual(self.partner.client_health_ids, self.health + theirs)
        self.user.company_ids += other
        partner = self.partner.with_user(self.user)
        for companies, found in (
            (self.company, self.health),
            (self.company + other, self.health + theirs),
        ):
            some = partner.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(some.client_health_ids, found)
            domain = [("client_health_ids", "in", theirs.ids)]
            self.assertEqual(partner in some.search(domain), theirs in found)

    def test_badges_stand_in_the_order_of_the_traits(self):
        self.health.action_raise_flag("haggler", "watch", "Asks each time")
        haggler = self.env.ref("client_health.client_health_trait_haggler")
        for sequence, first in ((-1, haggler), (99, self.grumpy)):
            haggler.sequence = sequence
            self.partner.invalidate_recordset()
            self.assertEqual(self.partner.client_health_badges[0]["trait_id"], first.id)

    def test_names_in_badges_follow_the_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.grumpy.with_context(lang="nl_NL").name = "Respectloos"
        badge = self.partner.with_context(lang="nl_NL").client_health_badges[0]
        self.assertEqual(badge["name"], "Respectloos")
        self.assertEqual(self.partner.client_health_badges[0]["name"], self.grumpy.name)

    def test_others_cannot_read_or_search_any_of_it(self):
        internal = new_test_user(
            self.env,
            login="internal",
            groups="base.group_user,base.group_partner_manager",
        )
        partner = self.partner.with_user(internal)
        for name in HEALTH_FIELDS:
            with self.subTest(field=name):
                with self.assertRaises(AccessError):
                    partner.read([name])
                with self.assertRaises(AccessError):
                    partner.search([(name, "!=", False)])
        self.assertFalse(set(HEALTH_FIELDS) & set(partner.fields_get()))

    def test_a_new_partner_opens_without_health(self):
        self.user.group_ids += self.env.ref("base.group_partner_manager")
        with Form(self.env["res.partner"].with_user(self.user)) as form:
            form.name = "New"
        self.assertFalse(form.record.client_health_id)
