import doctest
import logging
from unittest.mock import patch

from lxml import html
from odoo import Command
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import ValidationError
from odoo.service.server import RequestHandler
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers import access_log
from .common_form import FormCase


@tagged("post_install", "-at_install")
class TestFormThanks(FormCase):
    """Everybody is thanked alike, and the link reaches nobody else."""

    def get_link(self, text):
        links = html.fromstring(text).xpath("//a[contains(@href, '/coaching/call/')]")
        return links[0].get("href")

    def test_page_with_the_link_is_kept_by_no_cache(self):
        page = self.url_open(self.post().headers["Location"])
        self.assertIn("/coaching/call/", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")

    def test_page_does_not_tell_whether_an_address_is_known(self):
        new = self.get_thanks(self.post())
        stranger = {"name": "Stranger", "phone": "06 87654321", "goal": "Peek"}
        known = self.get_thanks(self.post(**stranger))
        self.assertEqual(known, new)

    def test_trap_is_thanked_with_the_same_page(self):
        new = self.get_thanks(self.post())
        trapped = self.get_thanks(self.post(topic="x", email="robot@example.com"))
        self.assertEqual(trapped, new)
        self.assertFalse(self.find_leads("robot@example.com"))

    def test_answering_takes_as_long_whoever_asks(self):
        """A robot in the trap, a known address and a new one cost the same queries."""
        hidden = self.get_hidden()
        takes = {}
        self.post(hidden=hidden, email="first@example.com")  # warms the caches
        for who, changes in (
            ("new", {"email": "second@example.com"}),
            ("trap", {"email": "third@example.com", "topic": "x"}),
            ("known", {"email": "second@example.com", "goal": "Once more"}),
        ):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assert_thanked(self.post(hidden=hidden, **changes))
            takes[who] = self.cr.sql_log_count - before
        self.assertFalse(self.find_leads("third@example.com"))
        self.assertFalse(self.find_mails("third@example.com"))
        for who in ("trap", "known"):
            share = takes[who] / takes["new"]
            self.assertTrue(0.7 < share < 1.45, takes)

    def test_link_opens_the_call_of_who_asked_and_nothing_for_a_stranger(self):
        self.track.user_id = self.env.ref("base.user_admin")
        page = self.url_open(self.post().headers["Location"])
        self.assertEqual(self.url_open(self.get_link(page.text)).status_code, 200)
        lead = self.find_leads()
        lead.write({"name": "Open", "contact_name": "Noor Visser"})
        other = self.post(name="Stranger", goal="Peek")
        self.assertEqual(self.find_leads(), lead)
        page = self.url_open(other.headers["Location"])
        answer = self.url_open(self.get_link(page.text))
        self.assertEqual(answer.status_code, 410)
        self.assertNotIn("12345678", answer.text)
        again = self.url_open(self.post(goal="More").headers["Location"])
        self.assertEqual(self.url_open(self.get_link(again.text)).status_code, 200)

    def test_page_without_a_request_offers_nothing(self):
        page = self.url_open("/coaching/thanks")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("/coaching/call/", page.text)

    def test_forged_receipts_show_nothing(self):
        for receipt in ("", "x", "é\x00", "A" * 5000, "1" * 64):
            page = self.url_open("/coaching/embed/thanks", params={"receipt": receipt})
            self.assertEqual(page.status_code, 200)
            self.assertNotIn("/coaching/call/", page.text)

    def test_length_of_the_call_is_the_track_s(self):
        self.track.call_minutes = 37
        self.assertIn("37 minutes", " ".join(self.get_thanks(self.post()).split()))
        self.assertNotIn("45 minutes", self.url_open("/coaching").text)

    def test_privacy_page_tells_the_settings(self):
        self.company.write({"coaching_spam_days": 17, "coaching_retention_months": 5})
        page = html.fromstring(self.url_open("/coaching/privacy").text).text_content()
        text = " ".join(page.split())
        self.assertIn("deleted after 17 days", text)
        self.assertIn("after 5 months", text)
        self.company.coaching_retention_months = 0
        self.assertNotIn("months", self.url_open("/coaching/privacy").text)

    def test_page_of_one_s_own_is_shown_instead(self):
        self.website.coaching_thanks_url = "/contactus"
        for changes in ({}, {"topic": "x"}):
            response = self.post(**changes)
            self.assertEqual(response.status_code, 303)
            self.assertTrue(response.headers["Location"].endswith("/contactus"))
        self.website.coaching_thanks_url = "https://www.example.com/thanks"
        location = self.post(email="b@example.com").headers["Location"]
        self.assertEqual(location, "https://www.example.com/thanks")
        for bad in ("//evil.example", "javascript:alert(1)", "/\\evil", "thanks"):
            with self.subTest(bad=bad), self.assertRaises(ValidationError):
                self.website.coaching_thanks_url = bad

    def test_nobody_waits_for_a_mail_server(self):
        with patch.object(
            IrMail_Server, "_connect__", side_effect=AssertionError
        ) as asked:
            self.get_thanks(self.post())
        asked.assert_not_called()
        self.assertEqual(self.find_mails().state, "outgoing")

    def test_time_zone_of_the_browser_is_kept(self):
        self.post(tz="Asia/Tokyo")
        self.assertEqual(self.find_leads().coaching_tz, "Asia/Tokyo")
        self.assert_thanked(self.post(tz="Moon/Crater", email="b@example.com"))
        self.assertFalse(self.find_leads("b@example.com").coaching_tz)

    def test_marketing_names_of_the_address_need_no_cookie(self):
        hidden = self.get_hidden("/coaching?utm_source=Letter&utm_campaign=a%00b")
        self.assertEqual(hidden["utm_source"], "Letter")
        self.opener.cookies.pop("odoo_utm_source", None)
        self.assert_thanked(self.post(hidden=hidden))
        lead = self.find_leads()
        self.assertEqual(lead.source_id.name, "Letter")
        self.assertEqual(lead.campaign_id.name, "ab")

    def test_other_languages_are_thanked_alike(self):
        dutch = self.env["res.lang"]._activate_lang("nl_NL")
        self.website.language_ids = [Command.link(dutch.id)]
        pages = []
        for changes in ({}, {"topic": "x"}):
            location = self.post("/nl/coaching", **changes).headers["Location"]
            pages.append(self.get_link(self.url_open(location).text))
        self.assertTrue(all(link.startswith("/nl/coaching/call/") for link in pages))

    def test_access_log_holds_no_link(self):
        with self.assertLogs("werkzeug", logging.INFO) as log:
            self.log_request("/coaching/call/SECRET?tz=UTC")
            self.log_request("/nl/coaching/manage/SECRET/call.ics")
            self.log_request("/coaching/embed/thanks?receipt=SECRET")
            self.log_request("/coaching?track=start")
        lines = "\n".join(log.output)
        self.assertIn("GET /coaching/call/***?tz=UTC HTTP", lines)
        self.assertIn("GET /nl/coaching/manage/***/call.ics HTTP", lines)
        self.assertIn("receipt=*** HTTP", lines)
        self.assertIn("GET /coaching?track=start HTTP", lines)
        self.assertNotIn("SECRET", lines)

    def log_request(self, path):
        """Write what the server writes for a request."""
        handler = RequestHandler.__new__(RequestHandler)
        handler.client_address = ("127.0.0.1", 0)
        handler.command, handler.path, handler.request_version = "GET", path, "HTTP/1"
        handler.requestline = f"GET {path} HTTP/1"
        handler.log_request(200)

    def test_examples_of_the_log_hold(self):
        self.assertFalse(doctest.testmod(access_log).failed)
        filters = logging.getLogger("longpolling").filters
        self.assertTrue(any(isinstance(f, access_log.MaskLinks) for f in filters))

    def test_address_that_is_there_for_a_form_leads_to_its_page(self):
        dutch = self.env["res.lang"]._activate_lang("nl_NL")
        self.website.language_ids = [Command.link(dutch.id)]
        for path in ("/coaching/manage/x/cancel", "/nl/coaching/manage/x/cancel"):
            answer = self.url_open(path, allow_redirects=False)
            self.assertEqual(answer.status_code, 303)
            page = self.url_open(path)
            self.assertEqual(page.status_code, 410)
            self.assertIn('id="wrapwrap"', page.text)
        with mute_logger("odoo.http"):
            posted = self.url_open("/coaching/thanks", data={"x": "y"})
        self.assertEqual(posted.status_code, 200)
        self.assertIn("Thank you", posted.text)

    def test_other_addresses_and_methods_are_refused_as_ever(self):
        for method, path in (
            ("GET", "/website/form/crm.lead"),
            ("DELETE", "/coaching/thanks"),
            ("PUT", "/coaching/embed"),
        ):
            answer = self.opener.request(method, self.base_url() + path)
            self.assertEqual(answer.status_code, 405, path)
