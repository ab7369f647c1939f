import re
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from icalendar import Calendar
from odoo import fields
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user
from odoo.tools import html2plaintext, mute_logger

from .common_call import CallCase, local


@freeze_time(CallCase.NOW)
class TestCall(CallCase):
    def _ics(self, mail):
        """Read the appointment of a mail as a calendar does."""
        self.assertEqual(mail.attachment_ids.mapped("mimetype"), ["text/calendar"])
        calendar = Calendar.from_ical(mail.attachment_ids.raw)
        self.assertFalse([part.errors for part in calendar.walk() if part.errors])
        (event,) = calendar.walk("VEVENT")
        return calendar, event

    # -- planning --------------------------------------------------------------------

    def test_planning_makes_one_event_of_the_tracks_length(self):
        event = self._plan("2026-11-24 10:00")
        self.assertRecordValues(
            self.lead,
            [
                {
                    "coaching_session_state": "planned",
                    "coaching_call_start": event.start,
                    "coaching_planned_on": fields.Datetime.now(),
                }
            ],
        )
        self.assertRecordValues(
            event,
            [
                {
                    "start": local("2026-11-24 10:00").replace(tzinfo=None),
                    "stop": local("2026-11-24 10:45").replace(tzinfo=None),
                    "user_id": self.coach.id,
                    "partner_ids": self.coach.partner_id.ids,
                    "opportunity_id": self.lead.id,
                    "name": "Coaching call",
                    "location": False,
                    "privacy": "private",
                }
            ],
        )
        self.assertEqual(
            html2plaintext(event.description).split("[1]")[0].strip(" *"),
            "Open the lead",
        )

    def test_the_prospect_gets_one_mail_and_nobody_else_reads_it(self):
        before = self.env["mail.mail"].sudo().search([])
        self._plan()
        mails = self.env["mail.mail"].sudo().search([]) - before
        to_prospect = mails.filtered("email_to")
        self.assertEqual(to_prospect, self._mails())
        self.assertEqual(len(to_prospect), 1)
        # what is left tells the coach
        self.assertEqual(
            (mails - to_prospect).recipient_ids, self.coach.partner_id, mails
        )
        self.assertEqual(len(mails), 2)

    def test_two_addresses_in_one_field_get_no_mail(self):
        self.lead.email_from = "anna@example.com, eve@example.com"
        before = self.env["mail.mail"].sudo().search([])
        self._plan()
        mails = self.env["mail.mail"].sudo().search([]) - before
        self.assertFalse(mails.filtered("email_to"))

    def test_the_mail_speaks_the_prospects_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.lead.lang_id = self.env["res.lang"]._lang_get("nl_NL")
        self._plan()
        self.assertIn("dinsdag 24 november 2026, 10:00", self._mails().subject)

    def test_the_mail_shows_both_clocks_where_they_differ(self):
        self.lead.coaching_tz = "America/New_York"
        self._plan("2026-11-24 16:00")
        body = self._mails().body_html
        self.assertRegex(body, r"10:00.AM \(New York time\)")
        self.assertRegex(body, r"4:00.PM \(Amsterdam time\)")

    def test_calendars_accept_the_appointment(self):
        self._plan("2026-11-24 10:00")
        calendar, appointment = self._ics(self._mails())
        self.assertEqual(calendar["METHOD"], "PUBLISH")
        self.assertEqual(appointment["DTSTART"].dt, local("2026-11-24 10:00"))
        self.assertEqual(
            appointment["DTEND"].dt - appointment["DTSTART"].dt, timedelta(minutes=45)
        )
        self.assertEqual(appointment["UID"], self.lead.coaching_call_id.uid)
        self.assertIn("+31 6 12345678", appointment["DESCRIPTION"])
        self.assertIn("call_coach@example.com", appointment["ORGANIZER"])

    def test_only_free_times_of_the_grid_can_be_planned(self):
        self._busy("2026-11-24 10:00", "2026-11-24 11:00")
        for refused in (
            "2026-11-24 10:00",  # busy
            "2026-11-24 09:30",  # runs into what is busy
            "2026-11-24 13:10",  # not on the half hour
            "2026-11-23 10:00",  # within the notice
            "2026-11-20 10:00",  # past
            "2026-11-28 10:00",  # weekend
            "2027-01-05 10:00",  # beyond the horizon
        ):
            with self.subTest(refused), self.assertRaises(UserError):
                self._plan(refused)
        self.assertEqual(self.lead.coaching_session_state, "requested")

    def test_one_slot_is_one_call(self):
        self._plan("2026-11-24 10:00")
        other = self._create_lead(email_from="bob@example.com")
        for overlap in ("2026-11-24 09:30", "2026-11-24 10:00", "2026-11-24 10:30"):
            with self.subTest(overlap), self.assertRaises(UserError):
                self._plan(overlap, lead=other)
        self.assertFalse(self._mails("bob@example.com"))

    def _send_queue(self, server=None):
        """Run the mail queue against a server that fails as ``server`` says."""

        def connect(*args, **kwargs):
            raise server

        with (
            patch.object(IrMail_Server, "_connect__", connect),
            patch.object(IrMail_Server, "_disable_send", lambda self: False),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            self.env["mail.mail"].sudo().process_email_queue()
        self.env.invalidate_all()

    def test_planning_waits_for_no_mail_server(self):
        def hang(*args, **kwargs):
            raise AssertionError("nobody talks to a mail server while planning")

        with (
            patch.object(IrMail_Server, "_connect__", hang),
            patch.object(IrMail_Server, "_disable_send", lambda self: False),
        ):
            self._plan()
        self.assertEqual(self.lead.coaching_session_state, "planned")
        self.assertEqual(self._mails().state, "outgoing")

    def test_a_mail_that_failed_is_tried_again_later_each_time(self):
        self._plan()
        self.env["mail.mail"].sudo().search([]).filtered(
            lambda mail: mail not in self._mails()
        ).unlink()
        now, waits = fields.Datetime.now(), []
        for _attempt in range(5):
            with freeze_time(now):
                self._send_queue(ConnectionRefusedError("no mail server"))
                mail = self._mails()
                self.assertEqual(mail.state, "outgoing")
                waits.append(mail.scheduled_date - now)
                now = mail.scheduled_date
        self.assertEqual(waits, sorted(waits))
        with freeze_time(now):
            self._send_queue(ConnectionRefusedError("no mail server"))
        self.assertEqual(self._mails().state, "exception")
        self.assertIn("could not be sent", self.lead.message_ids[0].body)

    # -- staff -----------------------------------------------------------------------

    def test_staff_plan_a_shown_time_in_one_click(self):
        lead = self.lead.with_user(self.coach)
        form = Form(lead)
        slot = fields.Datetime.to_datetime(form.coaching_slot_1)
        self.assertEqual(slot, local("2026-11-23 09:00").replace(tzinfo=None))
        context = {"coaching_start": fields.Datetime.to_string(slot)}
        lead.with_context(**context).action_coaching_plan()
        self.assertEqual(lead.coaching_call_start, slot)
        self.assertEqual(lead.coaching_first_contact_on, fields.Datetime.now())

    def test_the_three_times_shown_are_on_different_days(self):
        lead = self.lead
        days = (lead.coaching_slot_1, lead.coaching_slot_2, lead.coaching_slot_3)
        self.assertEqual([day.day for day in days], [23, 24, 25])

    def test_staff_pick_any_free_time_in_the_dialog(self):
        lead = self.lead.with_user(self.coach)
        action = lead.action_coaching_plan()
        plan = lead.env[action["res_model"]].browse(action["res_id"])
        slot = plan.slot_ids[3]
        self.assertTrue(slot.label)
        slot.action_pick()
        self.assertEqual(lead.coaching_call_start, slot.start)

    def test_who_may_not_change_leads_cannot_plan(self):
        user = new_test_user(self.env, login="call_nobody", groups="base.group_user")
        for name in ("plan", "held", "no_show", "cancel", "send_summary", "outcome"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(self.lead.with_user(user), f"action_coaching_{name}")()

    # -- moving and cancelling -------------------------------------------------------

    def test_moving_keeps_the_event_and_tells_calendars(self):
        event = self._plan("2026-11-24 10:00")
        self.assertEqual(self._plan("2026-11-25 14:00"), event)
        self.assertEqual(event.stop - event.start, timedelta(minutes=45))
        first, second = self._mails()
        (_, old), (_, new) = self._ics(first), self._ics(second)
        self.assertEqual(new["UID"], old["UID"])
        self.assertGreater(new["SEQUENCE"], old["SEQUENCE"])
        self.assertEqual(new["DTSTART"].dt, local("2026-11-25 14:00"))

    def test_a_call_can_move_into_its_own_time(self):
        self._plan("2026-11-24 10:00")
        self._plan("2026-11-24 10:30")
        self.assertEqual(
            self.lead.coaching_call_start,
            local("2026-11-24 10:30").replace(tzinfo=None),
        )

    def test_dragging_the_event_in_the_calendar_tells_the_prospect(self):
        event = self._plan("2026-11-24 10:00")
        start = local("2026-11-26 15:00").replace(tzinfo=None)
        event.with_user(self.coach).write(
            {"start": start, "stop": start + timedelta(minutes=45)}
        )
        self.assertEqual(self.lead.coaching_call_start, start)
        self.assertIn("new time", self._mails()[1].subject)
        self.assertEqual(len(self._mails()), 2)

    def test_cancelling_removes_the_call_from_calendars(self):
        event = self._plan()
        uid = self.lead.coaching_call_id.uid
        self.lead.with_user(self.coach).action_coaching_cancel()
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertFalse(self.lead.coaching_event_id)
        self.assertFalse(event.active)
        self.assertEqual(len(self._mails()), 2)
        calendar, appointment = self._ics(self._mails()[1])
        self.assertEqual(calendar["METHOD"], "CANCEL")
        self.assertEqual(appointment["STATUS"], "CANCELLED")
        self.assertEqual(appointment["UID"], uid)
        self.assertGreater(appointment["SEQUENCE"], 0)

    def test_the_mail_about_cancelling_leads_to_a_new_time(self):
        self._plan()
        self.lead.action_coaching_cancel()
        path = re.search(
            r'href="[^"]*(/coaching/call/[^"]+)"', self._mails()[1].body_html
        )
        token = path.group(1).rsplit("/", 1)[-1]
        self.assertEqual(self.lead._coaching_lead_to_book(token), self.lead)

    def test_every_mail_about_a_planned_call_lets_manage_it(self):
        self._plan("2026-11-25 10:00")
        self._remind("2026-11-24 09:15:00")
        with freeze_time("2026-11-24 10:00:00"):
            self._plan("2026-11-27 10:00")
            for mail in self._mails():
                url = re.search(r'href="[^"]*/coaching/manage/([^"]+)"', mail.body_html)
                found = self.lead._coaching_lead_to_manage(url.group(1))
                self.assertEqual(found, self.lead, mail.subject)

    def test_links_go_by_the_languages_of_the_companys_own_site(self):
        english = self.env.ref("base.lang_en")
        dutch = self.env["res.lang"]._activate_lang("nl_NL")
        site, url = self._get_website(), "https://call.example.com"
        site.write({"default_lang_id": dutch.id, "domain": url})
        site.language_ids = dutch | english
        for lang, start in ((dutch, url), (english, f"{url}/{english.url_code}")):
            self.lead.lang_id = lang
            link = self.lead._coaching_booking_url()
            self.assertTrue(link.startswith(f"{start}/coaching/call/"), link)

    def test_deleting_the_event_in_the_calendar_cancels_the_call(self):
        self._plan().with_user(self.coach).unlink()
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertIn("cancelled", self._mails()[1].subject)

    def test_a_cancelled_time_is_free_again(self):
        self._plan("2026-11-24 10:00")
        self.lead.action_coaching_cancel()
        self.assertIn("10:00", self._starts("2026-11-24"))

    def test_losing_the_lead_cancels_its_call(self):
        event = self._plan()
        self.lead.with_user(self.coach).action_set_lost()
        self.assertFalse(event.active)
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertEqual(len(self._mails()), 2)

    # -- the call itself -------------------------------------------------------------

    def test_held_and_no_show_take_one_click_and_only_one_sends_a_mail(self):
        for state, sent in (("held", 0), ("no_show", 1)):
            lead = self._create_lead(email_from=f"{state}@example.com")
            event = self._plan("2026-11-24 10:00", lead=lead)
            with freeze_time("2026-11-24 10:00:00"):
                getattr(lead.with_user(self.coach), f"action_coaching_{state}")()
                self.assertEqual(lead.coaching_session_state, state)
            self.assertEqual(len(self._mails(f"{state}@example.com")), 1 + sent)
            self.assertFalse(event.activity_ids)
            event.unlink()

    def test_a_call_that_was_not_planned_can_be_held(self):
        self.lead.with_user(self.coach).action_coaching_held()
        self.assertEqual(self.lead.coaching_held_on, fields.Datetime.now())

    def test_only_a_planned_call_can_be_missed_or_cancelled(self):
        for name in ("no_show", "cancel"):
            with self.subTest(name), self.assertRaises(UserError):
                getattr(self.lead, f"action_coaching_{name}")()

    def test_a_missed_call_can_be_planned_again(self):
        self._plan("2026-11-24 10:00")
        with freeze_time("2026-11-24 10:00:00"):
            self.lead.action_coaching_no_show()
            self._plan("2026-11-25 10:00")
        self.assertEqual(self.lead.coaching_session_state, "planned")
        self.assertEqual(
            self.env["calendar.event"].search_count(
                [("opportunity_id", "=", self.lead.id)]
            ),
            2,
        )

    # -- reminder --------------------------------------------------------------------

    def _remind(self, now):
        with freeze_time(now), self.enter_registry_test_mode():
            self.env.ref(
                "coaching_leads.ir_cron_coaching_remind"
            ).method_direct_trigger()

    def test_the_reminder_comes_once_a_day_ahead(self):
        self._plan("2026-11-25 10:00")
        self._remind("2026-11-24 08:00:00")
        self.assertEqual(len(self._mails()), 1)
        self._remind("2026-11-24 09:15:00")
        self._remind("2026-11-24 09:30:00")
        self.assertEqual(len(self._mails()), 2)
        self.assertIn("We speak soon", self._mails()[1].subject)

    def test_who_just_planned_is_not_reminded(self):
        self._plan("2026-11-24 09:00")
        self._remind("2026-11-23 09:00:00")
        self._remind("2026-11-24 07:30:00")
        self.assertEqual(len(self._mails()), 1)

    def test_a_moved_call_is_reminded_of_its_new_time(self):
        self._plan("2026-11-25 10:00")
        self._remind("2026-11-24 09:15:00")
        with freeze_time("2026-11-24 10:00:00"):
            self._plan("2026-11-27 10:00")
        self._remind("2026-11-26 09:15:00")
        self.assertIn("November 27", self._mails()[-1].subject)
        self.assertEqual(len(self._mails()), 4)

    def test_a_cancelled_call_is_not_reminded(self):
        self._plan("2026-11-25 10:00")
        self.lead.action_coaching_cancel()
        self._remind("2026-11-24 09:15:00")
        self.assertEqual(len(self._mails()), 2)

    def test_a_text_message_comes_once_an_hour_ahead_where_it_is_wanted(self):
        if "sms.sms" not in self.env:
            self.skipTest("text messages are not installed")
        self._plan("2026-11-24 10:00")
        texts = self.env["sms.sms"].search([])
        self._remind("2026-11-24 08:30:00")
        self.assertEqual(self.env["sms.sms"].search([]), texts, "it is off by default")
        self.company.coaching_text_reminder = True
        for moment in ("07:45", "08:15", "08:30"):
            self._remind(f"2026-11-24 {moment}:00")
        (text,) = self.env["sms.sms"].search([]) - texts
        self.assertEqual(text.number, "+31612345678")
        self.assertIn("10:00", text.body)
