from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.addons.mail.models.mail_template import MailTemplate
from odoo.tests import tagged

from .common_form import FormCase


@tagged("post_install", "-at_install")
class TestForm(FormCase):
    """What a prospect sends arrives, once and whole."""

    def test_request_becomes_one_lead_with_its_track(self):
        before = self.env["crm.lead"].search_count([])
        self.assert_thanked(
            self.post(
                company="Visser Advies",
                obstacle="Too little time",
                strengths="Happy customers",
                call_moment="Monday, morning",
            )
        )
        self.assertEqual(self.env["crm.lead"].search_count([]), before + 1)
        lead = self.find_leads()
        self.assertRecordValues(
            lead,
            [
                {
                    "coaching_track_id": self.track.id,
                    "contact_name": "Noor Visser",
                    "partner_name": "Visser Advies",
                    "phone": "+31 6 12345678",
                    "coaching_goal": "More customers that fit me",
                    "coaching_obstacle": "Too little time",
                    "coaching_strengths": "Happy customers",
                    "coaching_call_moment": "Monday, morning",
                    "coaching_session_state": "requested",
                    "team_id": self.track.team_id.id,
                    "company_id": self.company.id,
                    "type": "opportunity",
                    "medium_id": self.env.ref("utm.utm_medium_website").id,
                }
            ],
        )

    def test_every_track_reaches_its_own_lead(self):
        for code in ("start", "next_level", "scale"):
            email = f"{code}@example.com"
            self.assert_thanked(self.post(track=code, email=email))
            self.assertEqual(self.find_leads(email).coaching_track_id.code, code)

    def test_link_of_the_building_block_preselects_the_track(self):
        for code in ("start", "next_level", "scale"):
            form = self.get_form(f"/coaching?track={code}")
            self.assertEqual(
                form.xpath(".//input[@name='track'][@checked]/@value"), [code]
            )
        self.assertFalse(
            self.get_form("/coaching?track=nosuch").xpath(".//input[@checked]")
        )

    def test_every_visible_input_has_a_label(self):
        form = self.get_form()
        labels = set(form.xpath(".//label/@for"))
        fields = form.xpath(".//textarea | .//input[not(@type='hidden')]")
        self.assertGreater(len(fields), 10)
        self.assertFalse([f.get("name") for f in fields if f.get("id") not in labels])
        (trap,) = form.xpath(".//input[@name='topic']")
        self.assertEqual(
            (trap.get("tabindex"), trap.get("autocomplete")), ("-1", "off")
        )

    def test_archived_track_is_not_offered_and_old_leads_keep_it(self):
        self.assert_thanked(self.post())
        self.track.active = False
        self.assertNotIn("start", self.get_form().xpath(".//@value"))
        self.assert_wrong(self.post(email="new@example.com"), "track")
        self.assertEqual(self.find_leads().coaching_track_id, self.track)

    def test_one_mail_to_one_recipient_waits_for_the_commit(self):
        mails = self.env["mail.mail"].search([])
        self.post()
        mail = self.env["mail.mail"].search([]) - mails
        self.assertRecordValues(
            mail,
            [
                {
                    "email_to": "noor@visser.example.com",
                    "email_cc": False,
                    "recipient_ids": [],
                    "state": "outgoing",
                }
            ],
        )

    def test_mail_and_thanks_are_in_the_language_of_the_visitor(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.env["ir.module.module"]._load_module_terms(["coaching_leads"], ["nl_NL"])
        dutch = self.env.ref("base.lang_nl")
        self.website.language_ids = [Command.link(dutch.id)]
        self.assert_thanked(self.post("/nl/coaching"))
        self.assertEqual(self.find_leads().lang_id, dutch)
        self.assertIn("We bellen je", self.find_mails().body_html)
        self.assertIn("Startend bedrijf laten groeien", self.find_mails().body_html)
        self.assertIn(
            "dit veld niet invullen s.v.p.", self.url_open("/nl/coaching").text
        )
        self.assertIn(
            "je aanvraag is binnen", self.url_open("/nl/coaching/thanks").text
        )

    def test_double_click_and_resend_make_one_lead_and_one_mail(self):
        hidden = self.get_hidden()
        for _click in range(3):
            self.assert_thanked(self.post(hidden=hidden))
        self.assert_thanked(self.post())
        self.assertEqual(len(self.find_leads()), 1)
        self.assertEqual(len(self.find_mails()), 1)
        notes = self.find_leads().message_ids.filtered(
            lambda message: "again" in (message.body or "")
        )
        self.assertFalse(notes)

    def test_broken_confirmation_loses_no_lead(self):
        failing = patch.object(
            MailTemplate, "send_mail", side_effect=ValueError("broken")
        )
        logged = self.assertLogs(
            "odoo.addons.coaching_leads.models.coaching_lead_mail", "ERROR"
        )
        with failing, logged:
            self.assert_thanked(self.post())
        self.assertEqual(len(self.find_leads()), 1)
        self.assertRegex(self.find_leads().message_ids[0].body, r"check .*\btemplate")

    def test_marketing_cookies_reach_the_lead(self):
        self.set_cookie("odoo_utm_source", "Spring")
        self.set_cookie("odoo_utm_campaign", "Grow")
        self.post()
        lead = self.find_leads()
        self.assertEqual(lead.source_id.name, "Spring")
        self.assertEqual(lead.campaign_id.name, "Grow")

    def test_call_is_due_one_working_hour_on_with_an_activity_that_day(self):
        self.company.resource_calendar_id.tz = "Europe/Amsterdam"
        # A Friday afternoon in Amsterdam, half an hour before the day ends.
        with freeze_time("2026-11-20 15:30:00"):
            hidden = self.get_hidden()
            self.assert_thanked(self.post(hidden=hidden))
        lead = self.find_leads()
        self.assertEqual(lead.coaching_call_before, datetime(2026, 11, 23, 7, 30))
        self.assertEqual(str(lead.activity_ids.date_deadline), "2026-11-23")

    def test_privacy_link_opens_a_page(self):
        (link,) = self.get_form().xpath(".//a[contains(text(), 'your data')]/@href")
        self.assertEqual(self.url_open(link).status_code, 200)

    def test_thank_you_offers_the_slots_to_who_asked_only(self):
        self.track.user_id = self.env.ref("base.user_admin")
        self.assert_thanked(self.post())
        url = self.find_leads()._coaching_booking_url()
        self.assertIn("Choose a moment", self.url_open("/coaching/thanks").text)
        self.assertTrue(url)
        self.authenticate(None, None)
        self.assertNotIn("Choose a moment", self.url_open("/coaching/thanks").text)
