import time
from urllib.parse import urlsplit

from lxml import html
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools.misc import hash_sign

from ..controllers import guard
from .common_form import FormCase

OURS = "/coaching/embed"


@tagged("post_install", "-at_install")
class TestFormEmbed(FormCase):
    """The form in a frame on another site: no cookie, and only where allowed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website.coaching_embed_origins = (
            "https://www.example.com/\n http://127.0.0.1:8099 "
        )

    def make_token(self, age):
        return self.make_other_token(age, guard.EMBED_SCOPE)

    def make_other_token(self, age, scope):
        """The token of a form shown ``age`` seconds ago, for any place."""
        shown = int(time.time()) - age
        return hash_sign(self.env, scope, shown, None, guard.TOKEN_HOURS)

    def post_embedded(self, **changes):
        """Post from a browser that keeps no cookie for a frame."""
        hidden = self.get_hidden(OURS)
        self.opener.cookies.clear()
        return self.post(OURS, hidden=hidden, **changes)

    def get_policy(self, path):
        return self.url_open(path).headers["Content-Security-Policy"]

    def test_only_sites_of_the_settings_may_frame_the_form(self):
        allowed = "frame-ancestors 'self' https://www.example.com http://127.0.0.1:8099"
        self.assertEqual(self.get_policy(OURS), allowed)
        self.assertEqual(self.get_policy(f"{OURS}/thanks"), allowed)
        for path in ("/coaching", "/coaching/thanks"):
            self.assertEqual(self.get_policy(path), "frame-ancestors 'self'")
        self.website.coaching_embed_origins = False
        self.assertEqual(self.get_policy(OURS), "frame-ancestors 'self'")

    def test_what_is_no_site_is_refused(self):
        for bad in (
            "example.com",
            "https://example.com/page",
            "https://*",
            "*",
            "https://a.example; script-src *",
            "javascript:alert(1)",
            "'none'",
        ):
            with self.subTest(bad=bad), self.assertRaises(ValidationError):
                self.website.coaching_embed_origins = bad
        self.website.coaching_embed_origins = "https://*.example.com"

    def test_request_goes_through_without_a_cookie(self):
        response = self.post_embedded()
        self.assertEqual(response.status_code, 303, response.text[:300])
        self.assertEqual(len(self.find_leads()), 1)
        self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))
        self.opener.cookies.clear()
        page = self.url_open(response.headers["Location"])
        self.assertIn("Thank you, we have your request", page.text)
        self.assertIn("/coaching/call/", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")

    def test_trap_and_known_address_are_thanked_alike(self):
        pages = []
        for changes in ({}, {"name": "Stranger"}, {"topic": "x"}):
            location = self.post_embedded(**changes).headers["Location"]
            pages.append((len(location), len(self.url_open(location).text)))
        self.assertEqual(len(set(pages)), 1)

    def test_token_of_the_page_is_none_for_the_frame(self):
        hidden = {"form_token": self.make_other_token(60, guard.SCOPE)}
        page = self.assert_wrong(self.post(OURS, hidden=hidden), status=400)
        self.assertEqual(page.xpath("//input[@name='phone']/@value"), ["06 12345678"])
        hidden = self.get_hidden() | {"form_token": self.make_token(60)}
        self.assert_wrong(self.post(hidden=hidden), status=400)
        self.assertFalse(self.find_leads())

    def test_a_post_within_two_seconds_is_asked_for_again(self):
        hidden = self.get_hidden(OURS) | {"form_token": self.make_token(-5)}
        self.assert_wrong(self.post(OURS, hidden=hidden))
        self.assertFalse(self.find_leads())

    def test_wrong_answers_stay_in_the_frame(self):
        response = self.post_embedded(phone="12")
        page = self.assert_wrong(response, "phone")
        self.assertEqual(page.xpath("//form[@id='coaching_form']/@action"), [OURS])
        self.assertFalse(page.xpath("//header[@id='top'] | //footer[@id='bottom']"))
        self.assertIn("127.0.0.1:8099", response.headers["Content-Security-Policy"])

    def test_thank_you_page_of_one_s_own_leaves_the_site_around_it_out(self):
        surroundings = "//header[@id='top'] | //footer[@id='bottom']"
        host = urlsplit(self.base_url()).netloc
        for own in ("/contactus", "/contactus?a=b", f"http://{host}/contactus#top"):
            self.website.coaching_thanks_url = own
            location = self.post_embedded().headers["Location"]
            page = html.fromstring(self.url_open(location).text)
            self.assertFalse(page.xpath(surroundings), location)
            self.assertTrue(page.xpath("//div[@id='wrap']"))
        page = html.fromstring(self.url_open("/contactus").text)
        self.assertEqual(len(page.xpath(surroundings)), 2, "on the site itself")
        self.website.coaching_thanks_url = elsewhere = "https://www.example.com/thanks"
        location = self.post_embedded(email="b@example.com").headers["Location"]
        self.assertEqual(location, elsewhere)

    def test_campaign_of_the_other_site_is_kept(self):
        hidden = self.get_hidden(f"{OURS}?track=start&utm_source=Partner")
        self.opener.cookies.clear()
        self.post(OURS, hidden=hidden)
        self.assertEqual(self.find_leads().source_id.name, "Partner")

    def test_limit_holds_in_the_frame(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 1)
        self.assertEqual(self.post_embedded().status_code, 303)
        response = self.post_embedded()
        self.assertEqual(response.status_code, 429)
        self.assertIn("127.0.0.1:8099", response.headers["Content-Security-Policy"])

    def test_script_for_the_other_site_can_be_fetched(self):
        script = self.url_open("/coaching_leads/static/src/embed/embed.js")
        self.assertEqual(script.status_code, 200)
        self.assertIn("/coaching/embed", script.text)
