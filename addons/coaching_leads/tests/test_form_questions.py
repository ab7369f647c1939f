from lxml import html
from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common_form import FormCase


@tagged("post_install", "-at_install")
class TestFormQuestions(FormCase):
    """Questions that a business adds to its form, without code."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people, cls.size, cls.other = cls.env["coaching.question"].create(
            [
                {
                    "track_id": cls.track.id,
                    "name": "How many people?",
                    "kind": "number",
                    "required": True,
                },
                {
                    "track_id": cls.track.id,
                    "name": "Since when?",
                    "kind": "choice",
                    "choices": "This year\n Longer \n\nThis year",
                },
                {
                    "track_id": cls.env.ref("coaching_leads.coaching_track_scale").id,
                    "name": "Who leads?",
                    "required": True,
                },
            ]
        )
        cls.good |= {cls.people._get_input(): "3"}

    def change(self, **changes):
        """Post answers by the question's own name on this class."""
        return self.post(
            **{getattr(self, name)._get_input(): text for name, text in changes.items()}
        )

    def test_answers_stand_on_the_lead_with_the_question(self):
        self.assert_thanked(self.change(size="Longer", other="is not asked"))
        self.assertRecordValues(
            self.find_leads().coaching_answer_ids,
            [
                {"label": "How many people?", "value": "3"},
                {"label": "Since when?", "value": "Longer"},
            ],
        )
        export = self.find_leads().export_data(
            ["coaching_answers", "coaching_answer_ids/value"]
        )
        self.assertEqual(
            export["datas"][0], ["How many people?: 3\nSince when?: Longer", "3"]
        )

    def test_wrong_answers_are_told_beside_the_question(self):
        number, choice = self.people._get_input(), self.size._get_input()
        for text in ("", "\u200b", "many", "1e9", "1" * 1200):
            with self.subTest(text=text[:9]):
                page = self.assert_wrong(self.change(people=text), number)
                self.assertIn(
                    "How many people?", page.xpath("string(//*[@role='alert'])")
                )
        page = self.assert_wrong(self.change(size="Never"), choice)
        self.assertEqual(page.xpath(f"//input[@name='{number}']/@value"), ["3"])
        self.assertFalse(self.find_leads())

    def test_numbers_are_taken_as_people_write_them(self):
        for number, text in enumerate(("3", "2,5", "1.200", "1 200,50", "-4", "12000")):
            with self.subTest(text=text):
                email = f"number{number}@example.com"
                self.assert_thanked(
                    self.post(**{self.people._get_input(): text, "email": email})
                )
                self.assertEqual(self.find_leads(email).coaching_answer_ids.value, text)

    def test_answers_are_no_live_formulas(self):
        self.assert_thanked(self.post(track="scale", **{self.other._get_input(): "=1"}))
        self.assertEqual(self.find_leads().coaching_answer_ids.value, "'=1")

    def test_question_of_another_track_is_not_required(self):
        self.assert_thanked(self.post())
        self.assert_wrong(self.post(track="scale"), self.other._get_input())

    def test_every_question_has_a_label_and_a_way_to_be_hidden(self):
        form = self.get_form()
        labels = set(form.xpath(".//label/@for"))
        shown = form.xpath(".//input[starts-with(@name, 'question_')]")
        self.assertEqual(len(shown), 4)
        self.assertFalse(
            [node.get("id") for node in shown if node.get("id") not in labels]
        )
        self.assertFalse([node for node in shown if node.get("required")])
        style = form.xpath(".//style/text()")
        self.assertIn("#track_start:not(:checked)) .o_coaching_extra_start", style[0])

    def test_another_answer_is_noted_and_the_first_stays(self):
        self.post()
        self.assert_thanked(self.change(people="4", size="Longer"))
        lead = self.find_leads()
        self.assertEqual(lead.coaching_answer_ids.mapped("value"), ["3", "Longer"])
        self.assertIn("How many people?: 4", lead.message_ids[0].body)

    def test_rescued_request_keeps_its_answers(self):
        self.post(topic="x")
        self.env["coaching.quarantine"].search([]).action_rescue()
        self.assertEqual(self.find_leads().coaching_answer_ids.value, "3")

    def test_merged_leads_keep_all_answers(self):
        self.post()
        other = self.env["crm.lead"].create({"name": "Other"})
        merged = (self.find_leads() | other).merge_opportunity()
        self.assertEqual(merged.coaching_answer_ids.value, "3")

    def test_questions_are_asked_in_the_visitor_s_language(self):
        dutch = self.env["res.lang"]._activate_lang("nl_NL")
        self.website.language_ids = [Command.link(dutch.id)]
        self.size.with_context(lang="nl_NL").write(
            {"name": "Sinds wanneer?", "choices": "Dit jaar\nLanger"}
        )
        page = self.url_open("/nl/coaching").text
        self.assertIn("Sinds wanneer?", page)
        changes = {self.size._get_input(): "Langer"}
        self.assert_thanked(self.post("/nl/coaching", **changes))
        answer = self.find_leads().coaching_answer_ids[-1]
        self.assertEqual((answer.label, answer.value), ("Sinds wanneer?", "Langer"))

    def test_archived_question_is_not_asked_and_its_answers_stay(self):
        self.post()
        self.people.active = False
        self.assertNotIn("How many people?", self.url_open("/coaching").text)
        self.people.unlink()
        self.assertEqual(self.find_leads().coaching_answer_ids.value, "3")

    def test_choices_are_two_at_least(self):
        with self.assertRaises(ValidationError):
            self.size.choices = "One\n\n"

    def test_markup_in_questions_and_answers_is_text(self):
        self.people.name = "<b>People</b>"
        self.assertNotIn("<b>People", self.url_open("/coaching").text)
        self.post()
        self.post(**{self.people._get_input(): "9"})
        self.assertIn("&lt;b&gt;People", self.find_leads().message_ids[0].body)

    def test_only_sales_reads_answers_of_leads_they_may_see(self):
        self.post()
        answer = self.find_leads().coaching_answer_ids
        seller, outsider = (
            new_test_user(self.env, login, groups)
            for login, groups in (
                ("own_seller", "sales_team.group_sale_salesman"),
                ("no_seller", "base.group_user"),
            )
        )
        self.find_leads().user_id = seller
        self.assertEqual(answer.with_user(seller).value, "3")
        with self.assertRaises(AccessError):
            answer.with_user(outsider).read(["value"])
        with self.assertRaises(AccessError):
            answer.with_user(self.env.ref("base.public_user")).read(["value"])
        with self.assertRaises(AccessError):
            answer.with_user(seller).value = "4"
        self.find_leads().user_id = self.env.ref("base.user_admin")
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            answer.with_user(seller).read(["value"])

    def test_visitors_change_no_question(self):
        public = self.env.ref("base.public_user")
        self.assertEqual(self.people.with_user(public).name, "How many people?")
        with self.assertRaises(AccessError):
            self.people.with_user(public).name = "x"
        self.people.active = False
        with self.assertRaises(AccessError):
            self.people.with_user(public).read(["name"])

    def test_page_text_survives_hostile_answers(self):
        name = self.other._get_input()
        page = self.post(track="scale", phone="x", **{name: '"><script>alert(1)'})
        self.assertEqual(page.status_code, 422)
        shown = html.fromstring(page.text).xpath(f"//input[@name='{name}']/@value")
        self.assertEqual(shown, ['"><script>alert(1)'])
