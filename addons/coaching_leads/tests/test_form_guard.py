from unittest.mock import patch

from freezegun import freeze_time
from lxml import html
from odoo.addons.base.models.ir_http import IrHttp
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers import guard
from .common_form import FormCase

# Posts are counted by the hour: none may end between two that are counted together.
HALF_PAST = "2026-11-23 10:30:00"


@tagged("post_install", "-at_install")
class TestFormGuard(FormCase):
    """Robots stay out, people's words are not lost."""

    def find_kept(self):
        return self.env["coaching.quarantine"].search([])

    def test_filled_trap_is_thanked_and_leaves_no_lead(self):
        good = self.post(email="good@example.com")
        trapped = self.post(topic="SEO offer", email="not even an address")
        self.assert_thanked(trapped)
        self.assertEqual(trapped.headers["Location"], good.headers["Location"])
        self.assertEqual(trapped.text, good.text)
        self.assertFalse(self.find_leads("not even an address"))
        self.assertRecordValues(
            self.find_kept(), [{"reason": "trap", "name": "Noor Visser"}]
        )

    @freeze_time(HALF_PAST)  # no machine is too slow for it
    def test_too_fast_post_keeps_the_words_and_goes_through_later(self):
        hidden = self.get_hidden() | {"form_token": self.make_token(0)}
        page = self.assert_wrong(self.post(hidden=hidden))
        self.assertEqual(
            page.xpath("//textarea[@name='goal']")[0].text, self.good["goal"]
        )
        self.assertFalse(self.find_leads())
        self.assertRecordValues(self.find_kept(), [{"reason": "too_fast"}])
        # the clock runs on from when the form was first shown
        self.assertEqual(
            page.xpath("//input[@name='form_token']/@value"), [hidden["form_token"]]
        )
        self.assert_thanked(self.post())
        self.assertEqual(len(self.find_leads()), 1)
        self.assertFalse(self.find_kept(), "kept twice")

    def test_missing_or_forged_tokens_show_the_form_again(self):
        hidden = self.get_hidden()
        for name, bad in [
            ("form_token", ""),
            ("form_token", "AAAA"),
            ("form_token", "é\x00"),
            ("form_token", hidden["form_token"][:-3] + "abc"),
            ("form_token", self.make_token(60 + guard.TOKEN_HOURS * 3600)[:-1]),
            ("csrf_token", ""),
            ("csrf_token", "éo9999999999"),
            ("csrf_token", "0" * 40 + "o9999999999"),
            ("csrf_token", hidden["csrf_token"] + "9" * 5000),
        ]:
            with self.subTest(name=name, bad=bad[:30]):
                page = self.assert_wrong(
                    self.post(hidden=hidden | {name: bad}), status=400
                )
                self.assertEqual(
                    page.xpath("//input[@name='phone']/@value"), ["06 12345678"]
                )
        self.assertFalse(self.find_leads())

    def test_required_answers_are_required_by_the_server(self):
        for name in ("track", "name", "email", "phone", "goal"):
            with self.subTest(name=name):
                self.assert_wrong(self.post(**{name: " \t\r\n"}), name)
        self.assertFalse(self.find_leads())

    def test_first_wrong_answer_gets_the_focus(self):
        page = self.assert_wrong(self.post(phone="12", email="a@b"), "phone", "email")
        self.assertEqual(page.xpath("//*[@autofocus]/@name"), ["phone"])

    @freeze_time(HALF_PAST)
    def test_limit_by_address_is_a_friendly_429(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 3)
        for number in range(3):
            self.assert_thanked(self.post(email=f"p{number}@example.com"))
        response = self.post(email="p3@example.com")
        self.assertEqual(response.status_code, 429)
        page = html.fromstring(response.text)
        self.assertIn("One moment, please", page.text_content())
        self.assertEqual(
            page.xpath("//textarea[@name='goal']")[0].text, self.good["goal"]
        )
        self.assertEqual(response.headers["Retry-After"], "3600")
        self.assertFalse(self.find_leads("p3@example.com"))

    @freeze_time(HALF_PAST)
    def test_limit_by_mail_holds_from_any_address(self):
        for _time in range(guard.POSTS_PER_MAIL):
            self.assert_thanked(self.post())
        self.assertEqual(self.post().status_code, 429)
        self.assert_thanked(self.post(email="somebody@else.example.com"))

    def test_wrong_answers_do_not_count_against_a_person(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 1)
        for _time in range(3):
            self.assert_wrong(self.post(phone="nope"), "phone")
        self.assert_thanked(self.post())

    def test_wrong_methods_are_refused(self):
        for method in ("PUT", "DELETE", "PATCH"):
            with self.subTest(method=method), mute_logger("odoo.http"):
                url = self.base_url() + "/coaching"
                response = self.opener.request(method, url, data=self.good)
                self.assertLess(response.status_code, 500)
        url = self.base_url() + "/coaching"
        self.assertEqual(self.opener.head(url).status_code, 200)
        self.assertFalse(self.find_leads())

    def test_get_with_answers_makes_nothing(self):
        self.assertEqual(self.url_open("/coaching?name=x&goal=y").status_code, 200)
        self.assertFalse(self.find_leads())

    def test_captcha_is_asked_and_its_no_keeps_the_words(self):
        with patch.object(
            IrHttp, "_verify_request_recaptcha_token", side_effect=UserError("no")
        ) as asked:
            page = self.assert_wrong(self.post())
        asked.assert_called_once()
        self.assertIn("check that you are a person", page.text_content())
        self.assertFalse(self.find_leads())
