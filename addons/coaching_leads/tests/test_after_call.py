import re
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from lxml import etree
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .common_call import CallCase

# what else decides whether a button is shown
_OTHERS = {"coaching_track_id": 1, "coaching_attention": 0, "coaching_video_url": 0}


@freeze_time(CallCase.NOW)
class TestAfterCall(CallCase):
    def _hold(self, lead=None):
        (lead or self.lead).with_user(self.coach).action_coaching_held()
        return lead or self.lead

    def _decide(self, outcome, lead=None, **values):
        lead = lead or self.lead
        action = lead.with_user(self.coach).action_coaching_outcome()
        wizard = self.env[action["res_model"]].with_user(self.coach)
        with Form(wizard.with_context(**action["context"])) as form:
            form.outcome = outcome
            for name, value in values.items():
                setattr(form, name, value)
        form.record.action_apply()
        return lead

    # -- summary ---------------------------------------------------------------------

    def test_the_summary_holds_the_notes_and_nothing_of_the_rest(self):
        lead = self._hold()
        lead.write(
            {
                "coaching_note_tips": "Call three customers\nthis <week>",
                "coaching_note_steps": "Write the offer",
                "description": "Internal doubts",
                "coaching_obstacle": "Money",
            }
        )
        lead.with_user(self.coach).action_coaching_send_summary()
        (mail,) = self._mails()
        self.assertIn("Call three customers<br", mail.body_html)
        self.assertIn("this &lt;week&gt;", mail.body_html)
        self.assertIn("Write the offer", mail.body_html)
        for absent in ("Internal doubts", "Money", "Chances", "chances"):
            self.assertNotIn(absent, mail.body_html)
        self.assertEqual(lead.coaching_summary_sent_on, fields.Datetime.now())

    def test_an_empty_summary_is_not_sent(self):
        with self.assertRaises(UserError):
            self._hold().action_coaching_send_summary()
        self.assertFalse(self._mails())

    def test_a_summary_without_an_address_is_not_lost_silently(self):
        self.lead.write({"coaching_note_tips": "Tip", "email_from": "a@b.nl, c@d.nl"})
        with self.assertRaises(UserError):
            self._hold().action_coaching_send_summary()
        self.assertFalse(self.lead.coaching_summary_sent_on)

    # -- outcome ---------------------------------------------------------------------

    def test_an_opportunity_gets_its_expected_revenue(self):
        self.lead.type = "lead"
        lead = self._decide("opportunity", self._hold(), expected_revenue=2400)
        self.assertRecordValues(
            lead,
            [
                {
                    "coaching_outcome": "opportunity",
                    "type": "opportunity",
                    "expected_revenue": 2400,
                    "won_status": "pending",
                }
            ],
        )
        lead.action_set_won()
        self.assertEqual(lead.won_status, "won")

    def test_later_makes_an_activity_on_the_day(self):
        day = fields.Date.today() + timedelta(days=30)
        lead = self._decide("later", self._hold(), later_date=day)
        self.assertEqual(lead.activity_ids.date_deadline, day)
        self.assertEqual(lead.activity_ids.user_id, self.coach)
        self.assertEqual(lead.won_status, "pending")

    def test_other_help_and_no_fit_close_with_their_reason_and_one_mail(self):
        for outcome in ("other_help", "no_fit"):
            lead = self._create_lead(email_from=f"{outcome}@example.com")
            self._decide(outcome, self._hold(lead))
            self.assertEqual(lead.won_status, "lost")
            self.assertEqual(
                lead.lost_reason_id,
                self.env.ref(f"coaching_leads.crm_lost_reason_{outcome}"),
            )
            self.assertEqual(len(self._mails(f"{outcome}@example.com")), 1)

    def _shown(self, lead):
        """Names of the buttons that the lead's form shows."""
        form = lead.env["crm.lead"].get_view(view_type="form")["arch"]
        found = etree.fromstring(form).iterfind(".//button[@name]")
        names = ("active", "coaching_outcome", "coaching_session_state")
        state = {name: lead[name] for name in names}
        return [
            button.get("string")
            for button in found
            if button.get("name").startswith("action_coaching_")
            and set(names) & set(re.findall(r"\w+", button.get("invisible") or ""))
            and not safe_eval(button.get("invisible"), state | _OTHERS)
        ]

    def test_another_outcome_replaces_the_one_of_before(self):
        lead = self._decide("later", self._hold())
        self.assertIn("Change Outcome", self._shown(lead))
        lead = self._decide("opportunity", lead, expected_revenue=2400)
        self.assertEqual(lead.coaching_outcome, "opportunity")
        self.assertFalse(lead.activity_ids, "nobody calls again about it")
        lost = self._decide("no_fit", lead)
        lost.action_unarchive()
        self.assertIn("Change Outcome", self._shown(lost))

    def test_after_a_call_another_one_can_be_planned(self):
        lead = self._decide("later", self._hold()).with_user(self.coach)
        first = lead.coaching_call_id
        self.assertIn("Plan Another Call", self._shown(lead))
        action = lead.action_coaching_plan()
        lead.env[action["res_model"]].browse(action["res_id"]).slot_ids[0].action_pick()
        self.assertEqual(lead.coaching_session_state, "planned")
        self.assertEqual(first.outcome, "later")
        self.assertNotIn("Call again", str(lead.activity_ids.mapped("summary")))
        self.assertNotIn("Plan Another Call", self._shown(lead))

    def test_a_close_without_mail_sends_none(self):
        self._decide("no_fit", self._hold(), mail_close=False)
        self.assertFalse(self._mails())

    # -- first contact ---------------------------------------------------------------

    def _post(self, user, **values):
        self.lead.with_user(user).message_post(
            body="Hello", message_type="comment", **values
        )

    def test_staffs_first_message_is_the_first_contact(self):
        with freeze_time("2026-11-23 10:30:00"):
            self._post(self.coach, subtype_xmlid="mail.mt_comment")
        with freeze_time("2026-11-23 14:30:00"):
            self._post(self.coach, subtype_xmlid="mail.mt_comment")
        # asked at nine, answered at half past eleven
        self.assertEqual(self.lead.coaching_first_contact_hours, 2.5)

    def test_only_working_hours_count(self):
        with freeze_time("2026-11-24 09:00:00"):
            self._post(self.coach, subtype_xmlid="mail.mt_comment")
        # seven hours on Monday and one on Tuesday; the night and lunch are left out
        self.assertEqual(self.lead.coaching_first_contact_hours, 8)

    def test_a_colleagues_note_is_the_first_contact(self):
        self._post(self.coach, subtype_xmlid="mail.mt_note")
        self.assertEqual(self.lead.coaching_first_contact_on, fields.Datetime.now())

    def test_the_prospects_answer_is_no_contact(self):
        partner = self.env["res.partner"].create({"name": "Anna"})
        self.lead.message_post(
            body="Hi",
            author_id=partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertFalse(self.lead.coaching_first_contact_on)

    def test_a_finished_call_activity_is_the_first_contact(self):
        self.lead.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.coach.id
        )
        self.lead.activity_ids.with_user(self.coach).action_feedback()
        self.assertEqual(self.lead.coaching_first_contact_on, fields.Datetime.now())

    def test_a_prospect_who_books_alone_was_not_contacted(self):
        self.lead.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.coach.id
        )
        self._plan()
        self.assertFalse(self.lead.coaching_first_contact_on)
        self.assertFalse(
            self.lead.activity_ids.filtered(
                lambda activity: activity.activity_type_id.category == "phonecall"
            ),
            "nobody has to call about what is planned",
        )

    def test_late_is_who_waits_beyond_the_hour(self):
        self.lead.coaching_call_before = "2026-11-23 08:30:00"
        other = self._create_lead(coaching_call_before="2026-11-23 08:30:00")
        other._coaching_mark_contacted()
        self.assertFalse(self.lead.coaching_is_late)
        with freeze_time("2026-11-23 08:31:00"):
            self.env.invalidate_all()
            leads = self.lead | other
            self.assertEqual(leads.filtered("coaching_is_late"), self.lead)
            late = self.env["crm.lead"].search(
                [("coaching_is_late", "=", True), ("id", "in", leads.ids)]
            )
            self.assertEqual(late, self.lead)
            timely = self.env["crm.lead"].search(
                [("coaching_is_late", "=", False), ("id", "in", leads.ids)]
            )
            self.assertEqual(timely, other)

    # -- merging ---------------------------------------------------------------------

    def test_merging_keeps_track_answers_and_call(self):
        event = self._plan("2026-11-24 10:00")
        plain = self.env["crm.lead"].create(
            {
                "name": "From a fair",
                "type": "opportunity",
                "email_from": "anna@example.com",
                "company_id": self.company.id,
                "team_id": self.team.id,
                "user_id": self.coach.id,
                "probability": 80,
            }
        )
        again = self._create_lead(coaching_goal="More time", coaching_track_id=False)
        merged = (plain | self.lead | again).merge_opportunity()
        self.assertEqual(merged, plain)
        self.assertRecordValues(
            merged,
            [
                {
                    "coaching_track_id": self.track.id,
                    "coaching_session_state": "planned",
                    "coaching_event_id": event.id,
                    "coaching_call_start": event.start,
                }
            ],
        )
        self.assertIn("More customers", merged.coaching_goal)
        self.assertIn("More time", merged.coaching_goal)
        self.assertEqual(len(self._mails()), 1)

    def test_merging_two_planned_calls_keeps_the_first_and_cancels_the_other(self):
        other = self._create_lead()
        later = self._plan("2026-11-26 10:00")
        sooner = self._plan("2026-11-24 10:00", lead=other)
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(merged.coaching_event_id, sooner)
        self.assertEqual(merged.coaching_session_state, "planned")
        self.assertFalse(later.active)
        self.assertEqual(
            self._mails().mapped(lambda mail: "cancelled" in mail.subject),
            [False, False, True],
        )

    def test_who_hears_that_one_of_two_calls_is_off_reads_it_as_ever(self):
        other = self._create_lead()
        self._plan("2026-11-26 10:00")
        self._plan("2026-11-24 10:00", lead=other)
        (self.lead | other).merge_opportunity()
        mail = self._mails()[-1]
        self.assertEqual(mail.subject, "Your call is cancelled")
        self.assertNotIn("/coaching/call/", mail.body_html, "the other call stays")
        self.assertEqual(
            {mail.subject.partition(":")[0] for mail in self._mails()},
            {"Your call is planned", "Your call is cancelled"},
        )

    def test_the_manage_link_lives_through_a_merge(self):
        self._plan("2026-11-24 10:00")
        token = self.lead._coaching_manage_url().rsplit("/", 1)[-1]
        merged = (self._create_lead(probability=80) | self.lead).merge_opportunity()
        found = self.env["crm.lead"]._coaching_lead_to_manage(token)
        self.assertEqual(found, merged)

    def test_the_link_of_a_call_that_is_off_says_what_there_is_instead(self):
        other = self._create_lead()
        self._plan("2026-11-26 10:00")
        token = self.lead._coaching_manage_url().rsplit("/", 1)[-1]
        self._plan("2026-11-24 10:00", lead=other)
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(merged._coaching_why_dead("manage", token)[0], "replaced")
        merged.coaching_call_id._cancel("client")
        why, lead = merged._coaching_why_dead("manage", token)
        self.assertEqual((why, lead), ("called_off", merged), "we cancelled this one")
        self.assertTrue(lead._coaching_booking_url())

    def _merge_tail(self, **values):
        """Merge the lead into another; return that and the links the mails held."""
        links = [self.lead._coaching_booking_url(), self.lead._coaching_stop_url()]
        kept = self._create_lead(probability=80, **values)
        self.assertEqual((kept | self.lead).merge_opportunity(), kept)
        return kept, *(link.rsplit("/", 1)[-1] for link in links)

    def test_links_of_a_merged_lead_lead_to_the_one_that_is_left(self):
        kept, book, stop = self._merge_tail()
        self.assertEqual(kept._coaching_lead_to_book(book), kept)
        self.assertEqual(kept._coaching_lead_to_stop(stop), kept)
        self._plan("2026-11-24 10:00", lead=kept)
        self.assertFalse(kept._coaching_lead_to_book(book))
        self.assertEqual(kept._coaching_why_dead("book", book)[0], "planned")
        kept._coaching_withdraw()
        self.assertFalse(kept._coaching_lead_to_stop(stop))
        self.assertEqual(kept._coaching_why_dead("stop", stop)[0], "closed")

    def test_links_live_through_a_second_merge_and_end_with_a_call_as_ever(self):
        self._plan("2026-11-24 10:00")
        old = self.lead._coaching_booking_url()
        self.assertFalse(old)
        self.lead.coaching_call_id._cancel("client")
        kept, book, _stop = self._merge_tail()
        last = self._create_lead(probability=90)
        self.assertEqual((last | kept).merge_opportunity(), last)
        self.assertEqual(last._coaching_lead_to_book(book), last)
        self._plan("2026-11-25 10:00", lead=last)
        last.coaching_call_id._cancel("client")
        self.assertFalse(last._coaching_lead_to_book(book))
        self.assertEqual(last._coaching_why_dead("book", book)[0], "used")
        last.unlink()
        self.assertEqual(last._coaching_why_dead("book", book)[0], "gone")
        self.assertFalse(self.env["coaching.former.lead"].search_count([]))

    def test_who_holds_a_link_sees_nothing_of_another_address(self):
        kept, book, stop = self._merge_tail(email_from="bert@example.com")
        self.assertFalse(kept._coaching_lead_to_book(book))
        self.assertFalse(kept._coaching_lead_to_stop(stop))
        for kind, token in (("book", book), ("stop", stop)):
            why, lead = kept._coaching_why_dead(kind, token)
            self.assertEqual((why, lead), ("merged", lead.browse()))

    # -- privacy ---------------------------------------------------------------------

    def _lose(self, months, **values):
        lead = self._create_lead(**values)
        lost_on = fields.Datetime.now() - relativedelta(months=months, days=1)
        with freeze_time(lost_on):
            lead.action_set_lost()
        return lead

    def _forget(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "coaching_leads.ir_cron_coaching_forget"
            ).method_direct_trigger()

    def test_lost_leads_go_after_their_companys_time_with_their_calls(self):
        other_company = self.env["res.company"].create({"name": "Keeps longer"})
        other_company.coaching_retention_months = 36
        old, recent = self._lose(13), self._lose(11)
        kept = self._lose(13, company_id=other_company.id, team_id=False, user_id=False)
        won, open_lead = self._create_lead(), self._create_lead()
        with freeze_time("2024-01-08 08:00:00"):
            won.action_set_won()
            event = self._busy("2024-01-09 10:00", "2024-01-09 11:00")
            event.opportunity_id = old
        plain = self._lose(13, coaching_track_id=False)
        self._forget()
        self.assertFalse(old.exists())
        self.assertFalse(event.exists())
        stay = recent | kept | won | open_lead | plain
        self.assertEqual(stay.exists(), stay)

    def test_a_lead_that_nobody_ever_closed_goes_too(self):
        long_ago = fields.Datetime.now() - relativedelta(months=14)
        with freeze_time(long_ago):
            forgotten, waiting = self._create_lead(), self._create_lead()
            for lead in forgotten | waiting:
                lead._coaching_request_call()  # leaves an activity
            self.env.flush_all()
        waiting.activity_ids.date_deadline = fields.Date.today()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET write_date = %s WHERE id = ANY(%s)",
            [long_ago, (forgotten | waiting).ids],
        )
        self.env.invalidate_all()
        self._forget()
        self.assertEqual((forgotten | waiting).exists(), waiting)

    def test_zero_months_keep_everything(self):
        self.company.coaching_retention_months = 0
        old = self._lose(60)
        self._forget()
        self.assertTrue(old.exists())

    def test_quarantine_is_kept_for_the_days_of_its_company(self):
        short, long = self.company, self.env["res.company"].create({"name": "Long"})
        short.coaching_spam_days, long.coaching_spam_days = 5, 50
        kept = self.env["coaching.quarantine"]
        for company in short | long:
            website = self.env["website"].create(
                {"name": company.name, "company_id": company.id}
            )
            kept |= kept.create(
                {"reason": "trap", "email": "x@example.com", "website_id": website.id}
            )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE coaching_quarantine SET create_date = %s WHERE id = ANY(%s)",
            [fields.Datetime.now() - timedelta(days=6), kept.ids],
        )
        kept._gc_quarantine()
        self.assertEqual(kept.exists().company_id, long)

    def test_privacy_lookup_finds_lead_and_call(self):
        event = self._plan()
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": "Anna Prospect", "email": "anna@example.com"}
        )
        wizard.action_lookup()
        found = {(line.res_model, line.res_id) for line in wizard.line_ids}
        self.assertIn(("crm.lead", self.lead.id), found)
        self.assertIn(("calendar.event", event.id), found)

    def test_privacy_lookup_shows_no_call_of_somebody_else(self):
        self._plan()
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": "Bob Nobody", "email": "bob@example.com"}
        )
        wizard.action_lookup()
        self.assertNotIn("calendar.event", wizard.line_ids.mapped("res_model"))


@freeze_time(CallCase.NOW)
class TestCoachingReport(CallCase):
    def _lines(self, user=None):
        self.env.flush_all()
        report = self.env["coaching.report"].with_user(user or self.coach)
        ((row),) = report._read_group(
            [("track_id", "=", self.track.id)],
            [],
            [
                "requested:sum",
                "planned:sum",
                "held:sum",
                "won:sum",
                "no_show:sum",
                "no_show_rate:avg",
                "first_contact_hours:avg",
            ],
        )
        return row

    def test_the_way_from_requested_to_won(self):
        leads = self.lead
        for _number in range(4):
            leads |= self._create_lead()
        held, missed, cancelled, won, _waiting = leads
        for day, lead in zip((24, 25, 26, 27), leads[:4], strict=True):
            self._plan(f"2026-11-{day} 10:00", lead=lead)
        (held | won).action_coaching_held()
        missed.action_coaching_no_show()
        cancelled.action_coaching_cancel()
        won.action_set_won()
        self.assertEqual(self._lines()[:5], (5, 4, 2, 1, 1))
        self.assertAlmostEqual(self._lines()[5], 100 / 3)

    def test_who_was_not_contacted_does_not_lower_the_average(self):
        self._create_lead()
        with freeze_time("2026-11-23 10:00:00"):
            self.lead._coaching_mark_contacted()
        self.assertEqual(self._lines()[6], 2)

    def test_sales_people_see_their_own_leads_and_managers_all(self):
        self._create_lead(user_id=self.other.id)
        self.assertEqual(self._lines()[0], 1)
        self.assertEqual(self._lines(self.other)[0], 2)
