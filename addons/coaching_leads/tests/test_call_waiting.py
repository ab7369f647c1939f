import doctest
from email.message import EmailMessage

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user

from ..models import coaching_lead_life, mail_thread
from .common_call import CallCase, local


@freeze_time(CallCase.NOW)
class TestWaiting(CallCase):
    """Everybody who waits for us is seen, told of and answered."""

    def _today(self, user=None):
        leads = self.env["crm.lead"].with_user(user or self.other)
        leads.invalidate_model()
        found = leads.search(
            [("coaching_todo", "!=", False), ("coaching_track_id", "=", self.track.id)]
        )
        return {lead.id: lead.coaching_todo for lead in found}

    def _todo(self, lead=None):
        return self._today().get((lead or self.lead).id)

    # -- today -----------------------------------------------------------------------

    def test_today_says_what_to_do(self):
        self.lead.coaching_call_before = "2026-11-23 09:00:00"
        self.assertEqual(self._todo(), "requested")
        with freeze_time("2026-11-23 09:01:00"):
            self.assertEqual(self._todo(), "late")
        self._plan("2026-11-24 10:00")
        self.assertFalse(self._todo(), "nothing to do before the day of the call")
        with freeze_time("2026-11-24 06:00:00"):
            self.assertEqual(self._todo(), "today")
        with freeze_time("2026-11-24 10:00:00"):
            self.assertEqual(self._todo(), "passed")
        self.lead.action_coaching_held()
        self.assertEqual(self._todo(), "outcome")
        self.lead.coaching_outcome = "later"
        self.assertFalse(self._todo())

    def test_who_cancelled_or_did_not_answer_waits(self):
        missed = self._create_lead()
        self._plan("2026-11-24 10:00")
        self._plan("2026-11-25 10:00", lead=missed)
        self.lead.coaching_call_id._cancel("client")
        missed.action_coaching_no_show()
        self.assertEqual(self._todo(), "cancelled")
        self.assertEqual(self._todo(missed), "no_show")
        self.assertEqual(missed.coaching_todo_since, fields.Datetime.now())

    def test_without_a_coach_everybody_in_sales_sees_it(self):
        self.lead.user_id = False
        self.assertEqual(self._today(self.coach)[self.lead.id], "no_coach")

    def test_a_coach_on_leave_or_archived_is_away(self):
        off = self.env["coaching.coach"].create({"user_id": self.coach.id})
        off.day_off_ids = [
            (0, 0, {"date_from": "2026-11-23", "date_to": "2026-11-25"}),
        ]
        self.assertEqual(self._todo(), "coach_away")
        off.day_off_ids.unlink()
        self.assertEqual(self._todo(), "requested")
        self._plan("2026-11-26 10:00")
        off.day_off_ids = [
            (0, 0, {"date_from": "2026-11-26", "date_to": "2026-11-26"}),
        ]
        self.assertEqual(off.day_off_ids.call_count, 1)
        self.assertEqual(self._todo(), "coach_away")
        off.day_off_ids.unlink()
        self.coach.active = False
        self.assertEqual(self._todo(), "coach_away")

    def test_who_cancelled_waits_since_then_also_where_the_coach_is_away(self):
        self._plan("2026-11-26 10:00")
        self.lead.coaching_call_id._cancel("client")
        self.coach.out_of_office_from = "2026-11-20 08:00:00"
        self.assertEqual(self._todo(), "coach_away")
        self.assertEqual(self.lead.coaching_todo_since, fields.Datetime.now())

    def test_lost_leads_wait_for_nothing(self):
        self.lead.action_set_lost()
        self.assertFalse(self._todo())

    def test_a_won_lead_is_still_called_as_agreed(self):
        self._plan("2026-11-24 10:00")
        self.lead.action_set_won()
        with freeze_time("2026-11-24 06:00:00"):
            self.assertEqual(self._todo(), "today")

    def test_today_asks_no_more_for_many_than_for_few(self):
        leads = self.lead
        for _number in range(12):
            leads |= self._create_lead()

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(some.mapped("coaching_todo")), {"requested"})
            return self.env.cr.sql_log_count - before

        count(leads)
        self.assertEqual(count(leads), count(leads[:2]))

    # -- asking again ------------------------------------------------------------------

    def test_asking_again_gets_the_mail_however_far_the_lead_is(self):
        def again(lead, number):
            before = len(self._mails())
            self.assertEqual(self._ask(goal=f"Wish {number}"), lead)
            return len(self._mails()) - before

        lead = self._ask()
        lead._coaching_mark_contacted()
        self.assertEqual(again(lead, 1), 1)
        self.assertEqual(lead.coaching_session_state, "requested")
        lead._coaching_plan(local("2026-11-24 10:00"))
        self.assertEqual(again(lead, 2), 1)
        self.assertEqual(lead.coaching_session_state, "planned")
        self.assertEqual(self._todo(lead), "again")
        self.assertTrue(self._mails()[-1].attachment_ids, "the call is confirmed again")
        first = lead.coaching_call_id
        lead.action_coaching_held()
        lead.coaching_note_tips = "First tip"
        lead.coaching_outcome = "later"
        self.assertEqual(again(lead, 3), 1)
        self.assertEqual(lead.coaching_session_state, "requested")
        self.assertTrue(lead._coaching_booking_url())
        lead._coaching_plan(local("2026-11-26 10:00"))
        lead.coaching_note_tips = "Second tip"
        self.assertRecordValues(
            first, [{"state": "held", "outcome": "later", "note_tips": "First tip"}]
        )
        self.assertEqual(lead.coaching_call_id.note_tips, "Second tip")
        self.assertEqual(len(lead.coaching_call_ids), 2)

    def test_asking_again_after_the_agreed_time_gets_a_new_time_to_choose(self):
        lead = self._ask()
        event = lead._coaching_plan(local("2026-11-24 10:00")) or lead.coaching_event_id
        with freeze_time("2026-11-24 12:00:00"):
            self.assertEqual(self._ask(goal="Still no call"), lead)
            mail = self._mails()[-1]
            self.assertFalse(mail.attachment_ids, "nobody confirms a time of before")
            self.assertIn("/coaching/call/", mail.body_html)
            self.assertEqual(self._todo(lead), "requested")
        self.assertEqual(lead.coaching_session_state, "requested")
        self.assertEqual(lead.coaching_call_ids.state, "cancelled")
        self.assertTrue(event.active, "the calendar keeps what was agreed")
        self.assertEqual(len(lead.activity_ids), 1)

    def test_the_coach_is_told_the_wish_of_this_time(self):
        self._ask()
        self._ask(goal="A second location")
        self.assertIn(
            "A second location", self._mails("call_coach@example.com")[-1].body_html
        )

    def test_the_coach_reads_the_planned_time_on_their_own_clock(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        lead = self._ask(lang="nl_NL")
        lead._coaching_plan(local("2026-11-24 10:00"))
        lead.coaching_tz = "America/New_York"
        self._ask(lang="nl_NL", goal="One more question")
        told = self._mails("call_coach@example.com")[-1].body_html
        self.assertIn("Amsterdam", told)
        self.assertIn("Tuesday", told)
        self.assertNotIn("New York", told)
        self.assertIn("New York", self._mails()[-1].body_html)

    def test_a_double_click_mails_once(self):
        lead = self._ask()
        mails = self.env["mail.mail"].search_count([])
        self.assertEqual(self._ask(), lead)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_a_corrected_number_is_the_one_that_is_called(self):
        lead = self._ask()
        lead._coaching_plan(local("2026-11-24 10:00"))
        revision = lead.coaching_call_id.revision
        self._ask(phone="+31 6 87654321")
        self.assertIn("87654321", lead.phone.replace(" ", ""))
        self.assertEqual(self._todo(lead), "number")
        ics = self._mails()[-1].attachment_ids.raw.decode().replace("\r\n ", "")
        self.assertIn("87654321", ics.replace(" ", ""))
        self.assertGreater(lead.coaching_call_id.revision, revision)
        noted = lead.message_ids.filtered(lambda m: "12345678" in (m.body or ""))
        self.assertTrue(noted, "the number of before stays in the thread")
        lead.with_user(self.coach).action_coaching_seen()
        self.assertFalse(self._todo(lead))

    def test_two_people_at_one_address_are_two_leads(self):
        lead = self._ask()
        bob = self._ask(name="Bob Prospect", phone="+31 6 11111111")
        self.assertNotEqual(bob, lead)
        self.assertEqual(self._ask(name="anna  PROSPECT", phone="+31 6 22222222"), lead)
        self.assertEqual(self._ask(name="B. Prospect", phone="06 11111111"), bob)

    # -- the coach is told -------------------------------------------------------------

    def test_the_coach_is_mailed_at_once_with_number_track_and_wish(self):
        self._ask()
        (mail,) = self._mails("call_coach@example.com")
        self.assertIn("12345678", mail.subject.replace(" ", ""))
        self.assertRegex(mail.body_html, r'href="tel:\+31612345678"')
        for text in ("Grow", "More customers", "Anna Prospect"):
            self.assertIn(text, mail.body_html)

    def test_who_switched_it_off_or_is_out_of_office_gets_no_mail(self):
        self.coach.coaching_mail_requests = False
        self._ask()
        self.assertFalse(self._mails("call_coach@example.com"))
        self.coach.coaching_mail_requests = True
        self.coach.out_of_office_from = "2026-11-20 08:00:00"
        self._ask(email="b@example.com")
        self.assertFalse(self._mails("call_coach@example.com"))

    def test_a_user_switches_the_mail_off_in_the_preferences(self):
        self.coach.with_user(self.coach).coaching_mail_requests = False
        self.assertFalse(self.coach.coaching_mail_requests)

    def test_without_a_coach_the_teams_leader_is_told(self):
        self.team.user_id = self.other
        self.coach.out_of_office_from = "2026-11-20 08:00:00"
        lead = self._ask(email="b@example.com")
        self.assertEqual(lead.user_id, self.other, "the leader is next")
        self.other.company_ids |= self.env["res.company"].create({"name": "Else"})
        self.track.user_id = False
        self.team.user_id = False
        manager = self._create_user("call_boss", "sales_team.group_sale_manager")
        lead = self._ask(email="c@example.com")
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.activity_ids.user_id, manager)
        self.assertIn("Nobody is assigned", self._mails(manager.email).body_html)

    # -- first contact -----------------------------------------------------------------

    def _receive_mail(self, **headers):
        mail = EmailMessage()
        mail["From"] = self.coach.email
        mail["To"] = "anna@example.com"
        mail["Subject"] = "Re: your wish"
        mail["Message-Id"] = "<answer@example.com>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("Hello Anna")
        self.env["mail.thread"].message_process(
            "crm.lead", mail.as_string(), thread_id=self.lead.id
        )

    def test_an_answer_from_a_mail_program_is_the_first_contact(self):
        self._receive_mail()
        self.assertEqual(self.lead.coaching_first_contact_on, fields.Datetime.now())

    def test_an_automatic_reply_is_no_contact(self):
        self._receive_mail(Auto_Submitted="auto-replied")
        self.assertFalse(self.lead.coaching_first_contact_on)

    # -- reminders ---------------------------------------------------------------------

    def test_one_reminder_after_two_working_days_without_a_booking(self):
        with freeze_time("2026-11-20 09:00:00"):  # Friday, ten o'clock
            lead = self._ask(email="d@example.com")
        self.assertEqual(len(self._mails("d@example.com")), 1)
        for moment, sent in (
            ("2026-11-23 15:00:00", 1),
            ("2026-11-24 16:00:00", 2),
            ("2026-11-27 16:00:00", 2),
        ):
            with freeze_time(moment):
                self._run("coaching_nudge")
                self.assertEqual(len(self._mails("d@example.com")), sent, moment)
        self.assertIn("find a moment", self._mails("d@example.com")[-1].subject)
        self.assertIn(
            lead._coaching_booking_url()[:30],
            self._mails("d@example.com")[-1].body_html,
        )

    def test_booking_losing_winning_and_answering_stop_the_reminder(self):
        with freeze_time("2026-11-18 09:00:00"):
            names = ("booked", "lost", "won", "answered")
            booked, lost, won, answered = (
                self._ask(name=name, email=f"{name}@example.com") for name in names
            )
        self._plan("2026-11-25 10:00", lead=booked)
        lost.action_set_lost()
        won.action_set_won()
        answered.message_post(
            body="Later please",
            email_from="answered@example.com",
            message_type="email",
        )
        with freeze_time("2026-11-24 16:00:00"):
            self._run("coaching_nudge")
        nudges = self.env["mail.mail"].search([("subject", "ilike", "find a moment")])
        self.assertFalse(
            set(nudges.mapped("email_to")) & {f"{name}@example.com" for name in names}
        )

    def test_a_no_show_is_offered_a_new_time(self):
        self._plan("2026-11-24 10:00")
        self.lead.with_user(self.coach).action_coaching_no_show()
        mail = self._mails()[-1]
        self.assertIn("missed", mail.subject)
        self.assertIn("/coaching/call/", mail.body_html)
        self.assertIn("/coaching/stop/", mail.body_html)

    def test_the_prospects_word_closes_the_lead(self):
        token = self.lead._coaching_stop_url().rsplit("/", 1)[-1]
        self._plan("2026-11-24 10:00")
        found = self.env["crm.lead"]._coaching_lead_to_stop(token)
        self.assertEqual(found, self.lead)
        found._coaching_withdraw()
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(self.lead.lost_reason_id.name, "Wants no call any more")
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertFalse(self.env["crm.lead"]._coaching_lead_to_stop(token))

    def test_examples_in_docstrings_are_true(self):
        for module in (coaching_lead_life, mail_thread):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    # -- staff plan --------------------------------------------------------------------

    def test_planning_keeps_team_and_owner(self):
        elsewhere = self.env["crm.team"].create(
            {"name": "Special projects", "company_id": self.company.id}
        )
        self.lead.write({"team_id": elsewhere.id, "user_id": self.coach.id})
        self.lead.team_id = elsewhere
        self._plan("2026-11-24 10:00")
        self.assertEqual(
            (self.lead.team_id, self.lead.user_id), (elsewhere, self.coach)
        )
        self.lead.coaching_call_id._cancel()
        self.lead.write({"user_id": False, "team_id": elsewhere.id})
        self._plan("2026-11-25 10:00")
        self.assertEqual(
            (self.lead.team_id, self.lead.user_id), (elsewhere, self.coach)
        )

    def test_colleagues_type_any_moment(self):
        lead = self.lead.with_user(self.coach)
        action = lead.action_coaching_plan()
        plan = lead.env[action["res_model"]].browse(action["res_id"])
        self._busy("2026-11-28 19:00", "2026-11-28 21:00")
        evening = local("2026-11-28 20:10").replace(tzinfo=None)
        with Form(plan) as form:
            form.start = evening
            self.assertTrue(form.is_busy)
        plan.action_plan()
        self.assertEqual(lead.coaching_call_start, evening)
        plan.start = "2026-11-20 10:00:00"
        with self.assertRaises(UserError):
            plan.action_plan()

    def test_only_a_moment_that_is_taken_is_said_to_be_so(self):
        self.track.buffer_minutes = 15
        self._busy("2026-11-24 10:00", "2026-11-24 11:00")
        action = self.lead.action_coaching_plan()
        plan = self.env[action["res_model"]].browse(action["res_id"])
        for moment, busy in (
            ("2026-11-24 09:07", False),  # between what is offered
            ("2026-11-24 11:00", False),  # right after, for who wants that
            ("2026-11-24 09:30", True),
            ("2026-11-24 20:00", True),
        ):
            plan.start = local(moment).replace(tzinfo=None)
            self.assertEqual(plan.is_busy, busy, moment)

    def test_a_call_is_not_in_its_own_way(self):
        self._plan("2026-11-24 10:00")
        action = self.lead.action_coaching_plan()
        plan = self.env[action["res_model"]].browse(action["res_id"])
        plan.start = local("2026-11-24 10:10").replace(tzinfo=None)
        self.assertFalse(plan.is_busy)

    def test_the_planner_says_how_far_it_shows_and_loads_more(self):
        lead = self.lead.with_user(self.coach)
        self.track.horizon_days = 30
        action = lead.action_coaching_plan()
        plan = lead.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(len(plan.slot_ids), 60)
        self.assertTrue(plan.has_more)
        until = plan.shown_until
        plan.action_more()
        self.assertEqual(len(plan.slot_ids), 120)
        self.assertNotEqual(plan.shown_until, until)

    def test_an_opportunity_leaves_the_first_stage(self):
        self.lead.action_coaching_held()
        first = self.lead.stage_id
        self.env["coaching.outcome"].with_user(self.coach).create(
            {"lead_id": self.lead.id, "outcome": "opportunity"}
        ).action_apply()
        self.assertGreater(self.lead.stage_id.sequence, first.sequence)

    # -- only methods write ------------------------------------------------------------

    def test_nobody_writes_how_far_a_call_is(self):
        self._plan("2026-11-24 10:00")
        lead = self.lead.with_user(self.coach)
        call = lead.coaching_call_id
        for name in type(call)._protected_fields:
            with self.subTest(name), self.assertRaises(AccessError):
                call.write({name: call[name] and False})
        for name in type(lead)._protected_fields:
            with self.subTest(name), self.assertRaises(AccessError):
                lead.write({name: False})
        with self.assertRaises(AccessError):
            lead.create({"name": "x", "coaching_session_state": "held"})
        made = lead.with_context(
            default_coaching_session_state="held", default_coaching_link_seq=9
        ).create({"name": "x"})
        self.assertFalse(made.coaching_session_state)
        self.assertFalse(made.coaching_link_seq)
        copied = lead.copy()
        self.assertFalse(copied.coaching_session_state or copied.coaching_call_ids)
        loaded = lead.load(["name", "coaching_session_state"], [["x", "held"]])
        self.assertFalse(loaded["ids"])
        call.note_tips = "Notes are for writing"
        self.assertEqual(lead.coaching_note_tips, "Notes are for writing")

    def test_who_phones_in_can_be_noted_as_a_request(self):
        lead = self.env["crm.lead"].with_user(self.coach)
        made = lead.create(
            {
                "name": "Phoned",
                "coaching_track_id": self.track.id,
                "coaching_session_state": "requested",
            }
        )
        self.assertEqual(self._todo(made), "requested")

    def test_sales_people_see_their_own_calls_and_nobody_outside_sales_any(self):
        call = self._plan("2026-11-24 10:00").coaching_call_ids
        theirs = self._create_lead(user_id=self.other.id)
        self._plan("2026-11-24 11:00", lead=theirs)
        calls = self.env["coaching.call"]
        self.assertIn(call, calls.with_user(self.coach).search([]))
        self.assertNotIn(
            theirs.coaching_call_id, calls.with_user(self.coach).search([])
        )
        self.assertIn(theirs.coaching_call_id, calls.with_user(self.other).search([]))
        for groups in ("base.group_user", "base.group_portal", "base.group_public"):
            user = new_test_user(self.env, login=f"no_{groups}", groups=groups)
            for name in ("coaching.call", "coaching.coach", "coaching.day.off"):
                with self.subTest((groups, name)), self.assertRaises(AccessError):
                    self.env[name].with_user(user).search([])

    def test_a_colleague_without_sales_reads_no_answers_in_the_calendar(self):
        event = self._plan("2026-11-24 10:00")
        self.assertNotIn("More customers", event.description)
        user = self._create_user("call_employee", "base.group_user")
        shown = event.with_user(user).read(["name", "description", "location"])[0]
        self.assertNotIn("More customers", str(shown))
        self.assertNotIn("Anna", str(shown))
        self.assertNotIn("12345678", str(shown))
