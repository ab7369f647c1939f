import re
from datetime import timedelta
from urllib.parse import urlsplit

from freezegun import freeze_time
from icalendar import Calendar
from odoo import fields
from odoo.tests import HttpCase
from odoo.tools import format_date
from pytz import utc

from .common_call import CallCase

HOSTILE = (
    "",
    "x",
    "%00",
    "a\r\nSet-Cookie: x=1",
    "../../etc/passwd",
    "A" * 10_000,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "99999999T9999Z",
    "00010101T0000Z",
    "99991231T2359Z",
    "20261124T0900Z" * 3,
    "\N{PILE OF POO}",
)


class CallPageCase(HttpCase, CallCase):
    """A clock that goes on from Monday morning, as browsers need.

    At most other hours a day has fewer free times left, or loses one meanwhile.
    """

    @classmethod
    def setUpClass(cls):
        # five past, so that no half hour goes by on a slow machine
        clock = freeze_time("2026-11-23 08:05:00", tick=True)
        clock.start()
        cls.addClassCleanup(clock.stop)
        super().setUpClass()
        cls.track.horizon_days = 20

    def _path(self, url):
        return urlsplit(url).path

    def _book_path(self, lead=None):
        return self._path((lead or self.lead)._coaching_booking_url())

    def _manage_path(self, lead=None):
        return self._path((lead or self.lead)._coaching_manage_url())

    def _slots(self, html):
        return re.findall(r'value="(\d{8}T\d{4}Z)"', html)

    def _post_form(self, path, html, **values):
        token = re.search(r'name="csrf_token" value="([^"]+)"', html).group(1)
        self.env.flush_all()
        response = self.url_open(
            path, data={"csrf_token": token, **values}, allow_redirects=False
        )
        self.env.invalidate_all()
        return response

    def _plan_soon(self, lead=None):
        lead = lead or self.lead
        lead._coaching_plan(lead._coaching_call_starts()[4])
        self.env.flush_all()
        return lead.coaching_event_id


class TestCallPages(CallPageCase):
    # -- booking ---------------------------------------------------------------------

    def test_a_prospect_picks_a_time_and_comes_to_the_manage_page(self):
        path = self._book_path()
        page = self.url_open(path)
        slot = self._slots(page.text)[5]
        answer = self._post_form(path, page.text, slot=slot, tz="Europe/Amsterdam")
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self._path(answer.headers["Location"]), self._manage_path())
        start = self.lead.coaching_call_start
        self.assertEqual(f"{start:%Y%m%dT%H%MZ}", slot)
        self.assertEqual(len(self._mails()), 1)
        planned = self.url_open(self._manage_path())
        for time in self.lead._coaching_call_times():
            self.assertIn(time, planned.text.replace("&nbsp;", "\N{NO-BREAK SPACE}"))

    def test_the_booking_link_dies_when_used(self):
        path = self._book_path()
        page = self.url_open(path)
        slots = self._slots(page.text)
        self._post_form(path, page.text, slot=slots[0])
        event = self.lead.coaching_event_id
        self.assertEqual(self.url_open(path).status_code, 410)
        again = self._post_form(path, page.text, slot=slots[-1])
        self.assertEqual(again.status_code, 410)
        self.assertEqual(self.lead.coaching_event_id, event)
        self.assertEqual(len(self._mails()), 1)

    def test_the_booking_link_dies_when_staff_plan_the_call(self):
        path = self._book_path()
        self._plan_soon()
        self.assertEqual(self.url_open(path).status_code, 410)

    def test_an_old_booking_link_stays_dead_after_cancelling(self):
        path = self._book_path()
        self._plan_soon()
        self.lead.action_coaching_cancel()
        self.assertEqual(self.url_open(path).status_code, 410)
        self.assertEqual(self.url_open(self._book_path()).status_code, 200)

    def test_the_booking_link_dies_after_its_days(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=31)):
            path = self._book_path()
        self.assertEqual(self.url_open(path).status_code, 410)

    def test_a_colleagues_link_to_a_merged_lead_opens_what_is_left(self):
        kept, gone = self._create_lead(probability=80), self.lead.id
        (kept | self.lead).merge_opportunity()
        path = f"/mail/view?model=crm.lead&res_id={gone}"
        self.authenticate("call_other", "call_other")
        answer = self.url_open(path, allow_redirects=False)
        self.assertIn(f"/{kept.id}", answer.headers["Location"])
        self.authenticate(None, None)
        answer = self.url_open(path, allow_redirects=False)
        self.assertIn("/web/login", answer.headers["Location"])
        self.assertNotIn(f"res_id%3D{kept.id}", answer.headers["Location"])

    def test_a_taken_time_is_refused_with_the_times_that_are_left(self):
        path = self._book_path()
        page = self.url_open(path)
        slot = self._slots(page.text)[0]
        other = self._create_lead(email_from="bob@example.com")
        self._post_form(self._book_path(other), page.text, slot=slot)
        answer = self._post_form(path, page.text, slot=slot)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("no longer free", answer.text)
        self.assertNotIn(slot, self._slots(answer.text))
        self.assertEqual(self.lead.coaching_session_state, "requested")
        self.assertFalse(self._mails())

    def test_no_times_left_says_so(self):
        self.track.horizon_days = 0
        page = self.url_open(self._book_path())
        self.assertEqual(page.status_code, 200)
        self.assertIn("no free time", page.text)

    # -- time zones and languages ----------------------------------------------------

    def test_times_are_shown_in_both_time_zones(self):
        path = self._book_path()
        ours = self.url_open(path).text
        theirs = self.url_open(path, params={"tz": "Asia/Tokyo"}).text
        self.assertEqual(self._slots(ours), self._slots(theirs))
        self.assertNotRegex(ours, r"</t>\s+ours|\d\s+ours")
        self.assertRegex(theirs, r"\sours")
        self.assertIn("Asia/Tokyo", theirs)

    def test_the_chosen_time_zone_is_kept_for_the_mails(self):
        path = self._book_path()
        page = self.url_open(path, params={"tz": "Asia/Tokyo"})
        self._post_form(
            path, page.text, slot=self._slots(page.text)[0], tz="Asia/Tokyo"
        )
        self.assertEqual(self.lead.coaching_tz, "Asia/Tokyo")
        self.assertIn("Tokyo", self._mails().subject)
        self.assertIn("Amsterdam", self._mails().body_html)

    def test_the_link_opens_in_the_prospects_language(self):
        dutch = self.env["res.lang"]._activate_lang("nl_NL")
        self.env["website"].get_current_website().language_ids |= dutch
        self.lead.lang_id = dutch
        path = self._book_path()
        self.assertTrue(path.startswith("/nl"))
        self.assertIn('lang="nl', self.url_open(path).text)

    def test_every_page_has_a_title_for_people(self):
        book = self._book_path()

        def title(path):
            return re.search(r"<title>\s*(.*?)\s*\|", self.url_open(path).text)[1]

        self.assertEqual(title(book), "Pick a time for your call")
        self.assertEqual(title(f"{book}x"), "About your call")
        self._plan_soon()
        self.assertEqual(title(self._manage_path()), "Your call is planned")
        self.assertEqual(
            title(self._path(self.lead._coaching_stop_url())), "No call any more?"
        )

    def test_a_page_speaks_one_language(self):
        """Also to who opens it in another one than their mails."""
        dutch = self.env["res.lang"]._activate_lang("nl_NL")
        self.env["website"].get_current_website().language_ids |= dutch
        self._plan_soon()
        day = self.lead.coaching_call_start
        shown = self.url_open(self._manage_path()).text
        self.assertIn(f"{day:%B}", shown)
        translated = self.url_open(f"/nl{self._manage_path()}").text
        self.assertNotIn(f"{day:%A}", translated)
        self.assertIn(
            format_date(self.env, day, lang_code="nl_NL", date_format="MMMM"),
            translated,
        )

    # -- managing --------------------------------------------------------------------

    def test_the_prospect_moves_the_call(self):
        event = self._plan_soon()
        path = self._manage_path()
        page = self.url_open(path, params={"move": "1"})
        slot = self._slots(page.text)[-1]
        answer = self._post_form(path, page.text, slot=slot)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.lead.coaching_event_id, event)
        self.assertEqual(f"{event.start:%Y%m%dT%H%MZ}", slot)
        self.assertEqual(len(self._mails()), 2)

    def test_the_prospect_cancels_the_call(self):
        event = self._plan_soon()
        path = self._manage_path()
        page = self.url_open(path)
        answer = self._post_form(f"{path}/cancel", page.text)
        self.assertEqual(answer.status_code, 303)
        self.assertFalse(event.active)
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertEqual(len(self._mails()), 2)
        for _again in range(2):  # loaded again, the page keeps its words
            page = self.url_open(answer.headers["Location"])
            self.assertEqual(page.status_code, 410)
            self.assertIn("Your call is cancelled", page.text)
        again = re.search(r'href="[^"]*(/coaching/call/[^"]+)"', page.text).group(1)
        self.assertEqual(self.url_open(again).status_code, 200)

    def test_the_manage_link_lives_until_the_call(self):
        event = self._plan_soon()
        path = self._manage_path()
        self.assertEqual(self.url_open(path).status_code, 200)
        event.with_context(dont_notify=True).write(
            {
                "start": fields.Datetime.now() - timedelta(minutes=5),
                "stop": fields.Datetime.now() + timedelta(minutes=40),
            }
        )
        self.env.flush_all()
        self.assertEqual(self.url_open(path).status_code, 410)

    def test_the_appointment_can_be_downloaded(self):
        event = self._plan_soon()
        answer = self.url_open(f"{self._manage_path()}/call.ics")
        self.assertEqual(answer.headers["Content-Type"], "text/calendar; charset=utf-8")
        (call,) = Calendar.from_ical(answer.content).walk("VEVENT")
        self.assertEqual(call["DTSTART"].dt, utc.localize(event.start))

    # -- what became of a link --------------------------------------------------------

    def assert_dead(self, path, words):
        page = self.url_open(path)
        self.assertEqual(page.status_code, 410)
        self.assertIn(words, page.text)
        return page

    def test_an_old_booking_link_says_what_really_happened(self):
        path = self._book_path()
        self._plan_soon()
        self.assert_dead(path, "Your call is planned already")
        self.lead._coaching_plan(self.lead._coaching_call_starts()[-1])
        self.assert_dead(path, "Your call has been moved")
        self.lead.action_coaching_cancel()
        self.assert_dead(path, "The call that was planned with it is off")
        self.lead.action_coaching_held()
        self.assert_dead(path, "We have spoken already")
        self.lead.action_set_lost()
        self.assert_dead(path, "This request is closed")
        self.lead.unlink()
        self.env.flush_all()
        self.assert_dead(path, "This request is no longer kept")
        self.assert_dead(path[:-3], "This link is not complete")

    def test_an_expired_link_says_how_long_it_works(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=31)):
            path = self._book_path()
        page = self.assert_dead(path, "This link is too old")
        self.assertNotIn("Pick a new time", page.text)

    def test_an_old_manage_link_says_what_became_of_the_call(self):
        self._plan_soon()
        path = self._manage_path()
        self.lead.action_coaching_no_show()
        page = self.assert_dead(path, "We missed each other")
        again = re.search(r'href="[^"]*(/coaching/call/[^"]+)"', page.text).group(1)
        self.assertEqual(self.url_open(again).status_code, 200)
        self.lead.action_coaching_undo()
        self.assertEqual(self.url_open(path).status_code, 200)
        with freeze_time(self.lead.coaching_call_stop):
            self.assert_dead(path, "The time of this call is over")
        self.lead.action_coaching_held()
        self.assert_dead(path, "We have spoken already")

    def test_who_wants_no_call_any_more_can_load_the_page_again(self):
        path = self._path(self.lead._coaching_stop_url())
        answer = self._post_form(path, self.url_open(path).text)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.lead.won_status, "lost")
        for _again in range(2):
            page = self.url_open(answer.headers["Location"])
            self.assertEqual(page.status_code, 200)
            self.assertIn("We do not call you", page.text)

    # -- number and video -------------------------------------------------------------

    def test_the_number_can_be_corrected_while_booking(self):
        contact = self.env["res.partner"].create(
            {"name": "Anna", "email": "anna@example.com", "phone": "+31 6 12345678"}
        )
        self.lead.partner_id = contact
        path = self._book_path()
        page = self.url_open(path)
        slot = self._slots(page.text)[2]
        wrong = self._post_form(path, page.text, slot=slot, phone="12")
        self.assertIn("We cannot call this number", wrong.text)
        self.assertRegex(wrong.text, rf'value="{slot}"\s+checked')
        self.assertIn('value="12"', wrong.text)
        paid = self._post_form(path, page.text, slot=slot, phone="+31 900 8844")
        self.assertIn("costs extra", paid.text)
        self._post_form(path, page.text, slot=slot, phone="+31 6 87654321")
        self.assertEqual(self.lead.coaching_session_state, "planned")
        self.assertEqual(self.lead.phone, "+31 6 87654321")
        self.assertEqual(contact.phone, "+31 6 12345678", "no visitor changes it")
        ics = self._mails()[-1].attachment_ids.raw.decode()
        self.assertIn("LOCATION:+31 6 87654321", ics)
        self.assertIn("+31 6 87654321", self._mails()[-1].body_html)

    def test_a_prospect_chooses_video(self):
        path = self._book_path()
        page = self.url_open(path)
        self.assertRegex(page.text, r'id="coaching_by_phone"[^>]*checked')
        slot = self._slots(page.text)[2]
        self._post_form(path, page.text, slot=slot, meet_by="video")
        call = self.lead.coaching_call_id
        self.assertEqual(call.meet_by, "video")
        url = call.event_id.videocall_location
        self.assertIn("/calendar/join_videocall/", url)
        mail = self._mails()[-1]
        self.assertIn(url, mail.body_html)
        self.assertNotIn("We ring you", mail.body_html)
        (event,) = Calendar.from_ical(mail.attachment_ids.raw).walk("VEVENT")
        self.assertEqual(event["LOCATION"], url)
        planned = self.url_open(self._manage_path())
        self.assertIn(url, planned.text)
        room = self.url_open(self._path(url))
        self.assertEqual(room.status_code, 200, "a visitor gets into the room")

    def test_the_way_to_speak_changes_without_moving_the_call(self):
        event = self._plan_soon()
        path, call, start = self._manage_path(), self.lead.coaching_call_id, event.start
        page = self.url_open(path)
        for meet_by, revision in (("video", 2), ("video", 2), ("phone", 4)):
            answer = self._post_form(f"{path}/how", page.text, meet_by=meet_by)
            self.assertEqual(answer.status_code, 303)
            self.assertEqual((call.meet_by, call.revision), (meet_by, revision))
            self.assertEqual(bool(event.videocall_location), meet_by == "video")
        self.assertEqual((event.start, len(self._mails())), (start, 3))
        wrong = self._post_form(f"{path}/how", page.text, phone="x")
        self.assertEqual(wrong.status_code, 422)
        self._post_form(f"{path}/how", page.text, phone="+31 6 87654321")
        self.assertEqual(self.lead.phone, "+31 6 87654321")
        self.assertEqual(len(self._mails()), 4)

    # -- nothing else gets in --------------------------------------------------------

    def test_only_a_post_changes_anything(self):
        event = self._plan_soon()
        other = self._create_lead(email_from="bob@example.com")
        paths = [
            self._book_path(other) + "?slot=20261124T0900Z",
            self._manage_path(),
            self._manage_path() + "?move=1&slot=20261124T0900Z",
            self._manage_path() + "/cancel",
            self._manage_path() + "/call.ics",
        ]
        mails = self.env["mail.mail"].sudo().search_count([])
        values = self._snapshot(event, other)
        for path in paths:
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
                answer = self.opener.request(method, self.base_url() + path)
                self.assertLess(answer.status_code, 500, (method, path))
                self.env.invalidate_all()
                self.assertEqual(
                    self._snapshot(event, other), values, (method, path[-30:])
                )
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), mails)

    def _snapshot(self, event, other):
        leads = self.lead | other
        return (
            event.active,
            event.start,
            leads.mapped("coaching_session_state"),
            leads.mapped("coaching_link_seq"),
            leads.mapped("coaching_tz"),
        )

    def test_a_post_without_a_session_token_is_refused(self):
        event = self._plan_soon()
        for path in (self._manage_path(), self._manage_path() + "/cancel"):
            answer = self.url_open(path, data={"slot": "20261124T0900Z"})
            self.assertEqual(answer.status_code, 400)
        self.env.invalidate_all()
        self.assertTrue(event.active)

    def test_forged_links_find_nothing(self):
        self._plan_soon()
        good = self._manage_path().rsplit("/", 1)[-1]
        booking = self._book_path(self._create_lead()).rsplit("/", 1)[-1]
        forged = [*HOSTILE[1:], good[:-1], good[:-4] + "AAAA", good[5:], good + "A"]
        # a link for one thing opens no other
        paths = [f"/coaching/call/{good}", f"/coaching/manage/{booking}"]
        paths += [f"/coaching/call/{token}" for token in forged]
        paths += [f"/coaching/manage/{token}" for token in forged]
        for path in paths:
            answer = self.url_open(path)
            self.assertIn(answer.status_code, (400, 404, 410, 414), path[:80])

    def test_hostile_forms_show_the_times_again(self):
        path = self._book_path()
        page = self.url_open(path)
        for text in HOSTILE:
            for values in ({"slot": text}, {"slot": text, "tz": text}):
                answer = self._post_form(path, page.text, **values)
                self.assertEqual(answer.status_code, 200, text[:40])
                self.assertIn('role="alert"', answer.text)
        answer = self._post_form(path, page.text, slot=["a", "b"], unknown="x")
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(self.lead.coaching_event_id)
        for text in HOSTILE:
            page = self.url_open(path, params={"tz": text, "move": text})
            self.assertEqual(page.status_code, 200)

    def test_pages_stay_out_of_caches_and_search_engines(self):
        self._plan_soon()
        for path in (self._manage_path(), "/coaching/call/x"):
            headers = self.url_open(path).headers
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertIn("noindex", headers["X-Robots-Tag"])

    def test_an_answer_of_the_prospect_is_shown_as_text(self):
        self.lead.phone = "<b>06</b>"
        self.assertNotIn("<b>06</b>", self.url_open(self._book_path()).text)
