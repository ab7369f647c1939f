import io

from odoo.tests import tagged
from openpyxl import load_workbook
from xlsxwriter import Workbook

from .. import answers
from .common_form import FormCase

FORMULAS = ("=HYPERLINK(A1)", "+1+1", "-2+3", "@SUM(A1)", "{=1+1}")


@tagged("post_install", "-at_install")
class TestFormAnswers(FormCase):
    """What is kept can be read, called and mailed; what cannot is told."""

    def test_no_answer_on_one_line_is_a_live_formula(self):
        for number, text in enumerate(FORMULAS):
            with self.subTest(text=text):
                email = f"formula{number}@example.com"
                self.assert_thanked(self.post(name=text, company=text, email=email))
                lead = self.find_leads(email)
                for kept in (lead.contact_name, lead.partner_name, lead.name):
                    self.assertNotIn(kept[0], "=+-@{")
                    self.assertIn(text, kept, "it cannot be read any more")

    def test_a_wish_is_no_live_formula_in_a_sheet(self):
        self.assert_thanked(self.post(goal="=HYPERLINK(A1)", obstacle="- rest"))
        lead = self.find_leads()
        output = io.BytesIO()
        with Workbook(output) as book:
            # as core's export writes its cells
            book.add_worksheet().write(0, 0, lead.coaching_goal)
        self.assertEqual(load_workbook(output).active["A1"].data_type, "s")
        self.assertEqual(lead.coaching_obstacle, "- rest")

    def test_the_generic_form_keeps_no_live_formula_either(self):
        values = {"name": "=1+1", "email_from": "x@example.com", "phone": "+31 6"}
        response = self.url_open("/website/form/crm.lead", data=values)
        lead = self.env["crm.lead"].browse(response.json()["id"])
        self.assertEqual((lead.name, lead.phone), ("'=1+1", "+31 6"))

    def test_what_nobody_sees_is_no_answer(self):
        for text in ("\u200b", "\u2060\ufeff", "\u3164", "\u2800 \u115f", "\u0301"):
            for name in ("name", "goal"):
                with self.subTest(text=ascii(text), name=name):
                    self.assert_wrong(self.post(**{name: text}), name)

    def test_invisible_characters_are_cut_and_pictures_stay_whole(self):
        coder = "\U0001f469\u200d\U0001f4bb"
        self.assert_thanked(self.post(name=f"No\u200bor \u202eVi\u00adsser {coder}"))
        self.assertEqual(self.find_leads().contact_name, f"Noor Visser {coder}")

    def test_addresses_that_mail_gets_past_are_taken(self):
        for email, sent in (
            ("jan@voorbeeld.xn--p1ai", "jan@voorbeeld.xn--p1ai"),
            ("Jan@M\u00fcnchen.example", "jan@m\u00fcnchen.example"),
            ("o'brien+news@example.ie", "o'brien+news@example.ie"),
        ):
            with self.subTest(email=email):
                self.assert_thanked(self.post(email=email))
                self.assertEqual(self.find_mails(sent).email_to, sent)

    def test_addresses_with_strange_signs_are_told_why(self):
        for email in (
            "\u201cnoor\u201d@visser.example.com",
            "noor\u2019s@visser.example.com",
            "noor\u200b@visser.example.com",
            "no\u00f6r@visser.example.com",
        ):
            with self.subTest(email=ascii(email)):
                page = self.assert_wrong(self.post(email=email), "email")
                self.assertIn("curly quote", page.text_content())
        self.assertFalse(self.find_mails("visser.example.com"))

    def test_addresses_that_cannot_be_sent_to_are_refused(self):
        for email in (
            "a@b",
            "a..b@example.com",
            "a@-b.example",
            "a@ex_ample.com",
            "a@1.2.3.4",
            "=a@example.com",
            "a b@example.com",
        ):
            with self.subTest(email=email):
                self.assert_wrong(self.post(email=email), "email")

    def test_numbers_that_cost_extra_are_refused_with_the_reason(self):
        for phone in ("0900 8844", "0906 1234", "+44 844 123 4567", "+1 900 555 1234"):
            with self.subTest(phone=phone):
                page = self.assert_wrong(self.post(phone=phone), "phone")
                self.assertIn("costs extra", page.text_content())

    def test_extensions_are_understood_however_they_are_written(self):
        for number, text in enumerate(("tst 12", "toestel 12", "ext. 12", "TST. 12")):
            with self.subTest(text=text):
                email = f"phone{number}@example.com"
                self.assert_thanked(
                    self.post(phone=f"020 555 0000 {text}", email=email)
                )
                phone = self.find_leads(email).phone
                self.assertEqual(phone, "+31 20 555 0000 ext. 12")

    def test_reading_what_was_read_changes_nothing(self):
        for text in ("'=1", *FORMULAS, "Noor \u200b Visser"):
            once = answers.tame(answers.clean(text))
            self.assertEqual(answers.tame(answers.clean(once)), once)
