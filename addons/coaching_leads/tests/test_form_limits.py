import doctest
from datetime import timedelta
from unittest.mock import PropertyMock, patch

from freezegun import freeze_time
from lxml import html
from odoo import http
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..controllers import guard
from .common_form import FormCase
from .test_call_pages import CallPageCase

HALF_PAST = "2026-11-23 10:30:00"


@tagged("post_install", "-at_install")
class TestFormLimits(FormCase):
    """Who posts is counted by what one visitor owns."""

    def post_from(self, address, **changes):
        where = PropertyMock(return_value=address)
        with patch.object(http.HTTPRequest, "remote_addr", where):
            return self.post(**changes)

    @freeze_time(HALF_PAST)
    def test_a_whole_ipv6_network_is_one_visitor(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 2)
        for number in (1, 2):
            address = f"2001:db8:1:2:{number}::{number}"
            email = f"six{number}@example.com"
            self.assert_thanked(self.post_from(address, email=email))
        third = self.post_from("2001:db8:1:2:ffff::3", email="six3@example.com")
        self.assertEqual(third.status_code, 429)
        other = self.post_from("2001:db8:1:3::1", email="six4@example.com")
        self.assert_thanked(other)

    @freeze_time(HALF_PAST)
    def test_a_tag_makes_no_other_mailbox(self):
        for number in range(guard.POSTS_PER_MAIL):
            email = f"Noor+{number}@visser.example.com"
            self.assert_thanked(self.post(email=email))
        self.assertEqual(self.post(email="noor+x@visser.example.com").status_code, 429)
        self.assert_thanked(self.post(email="other+1@visser.example.com"))

    @freeze_time(HALF_PAST)
    def test_a_setting_that_is_no_number_is_the_usual_limit(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", "x")
        self.assert_thanked(self.post())

    def test_examples_of_the_guard_hold(self):
        result = doctest.testmod(guard)
        self.assertGreater(result.attempted, 1)
        self.assertFalse(result.failed)


class TestCallLimits(CallPageCase):
    """Booking, moving and cancelling mail whoever was typed: not without end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["coaching.post.counter"].search([]).unlink()
        cls.env["coaching.quarantine"].search([]).unlink()

    def _book(self, number=0):
        path = self._book_path()
        page = self.url_open(path)
        return self._post_form(path, page.text, slot=self._slots(page.text)[number])

    def _cancel(self):
        path = self._manage_path()
        page = self.url_open(path)
        return self._post_form(f"{path}/cancel", page.text)

    def _change_often(self):
        """As many rounds as go through by themselves, an hour for each."""
        counter = self.env["coaching.post.counter"]
        for _round in range(guard.CHANGES_PER_DAY // 2):
            self.assertEqual(self._book().status_code, 303)
            self.assertEqual(self._cancel().status_code, 303)
            for counted in counter.search([], order="hour, id"):
                counted.hour -= timedelta(hours=2)
                self.env.flush_all()

    def test_booking_counts_with_the_posts_of_the_form(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 1)
        self.assertEqual(self._book().status_code, 303)
        self.assertEqual(self._cancel().status_code, 429)
        self.assertEqual(self.lead.coaching_session_state, "planned")

    def test_after_some_rounds_a_colleague_confirms(self):
        self._change_often()
        mails = self.env["mail.mail"].search_count([])
        answer = self._book()
        self.assertEqual(answer.status_code, 200)
        self.assertIn("A colleague looks at", answer.text)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(len(self.lead.activity_ids), 1)
        kept = self.env["coaching.quarantine"].search([])
        self.assertEqual((kept.reason, kept.lead_id), ("many_changes", self.lead))
        self._book(number=1)
        self.assertEqual(self.env["coaching.quarantine"].search([]), kept)
        wanted = kept.wanted_start
        kept.with_user(self.coach).action_rescue()
        self.assertEqual(self.lead.coaching_event_id.start, wanted)
        self.assertFalse(kept.exists())

    def test_a_colleague_confirms_that_it_is_off(self):
        self._change_often()
        self.lead._coaching_plan(self.lead._coaching_call_starts()[0])
        self.env.flush_all()
        self.assertIn("A colleague looks at", self._cancel().text)
        self.assertEqual(self.lead.coaching_session_state, "planned")
        kept = self.env["coaching.quarantine"].search([])
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            kept.with_user(stranger).action_rescue()
        kept.with_user(self.coach).action_rescue()
        self.assertEqual(self.lead.coaching_session_state, "cancelled")

    def test_another_lead_of_the_same_mailbox_is_no_way_round(self):
        self._change_often()
        self.lead = self._create_lead(email_from="Anna+2@example.com")
        self.env.flush_all()
        self.assertIn("A colleague looks at", self._book().text)

    def test_page_of_a_planned_call_shows_the_link_itself(self):
        page = html.fromstring(self.url_open(self._book().headers["Location"]).text)
        (link,) = page.xpath("//input[@id='coaching_manage_link']/@value")
        self.assertEqual(link, self.lead._coaching_manage_url())
        self.assertEqual(self.url_open(self._path(link)).status_code, 200)

    def test_a_time_that_is_taken_counts_nothing(self):
        path = self._book_path()
        page = self.url_open(path)
        self._post_form(path, page.text, slot="20200101T0900Z")
        self.assertFalse(self.env["coaching.post.counter"].search([]))
