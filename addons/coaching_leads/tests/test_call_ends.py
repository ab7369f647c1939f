from datetime import timedelta

from freezegun import freeze_time
from icalendar import Calendar
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools.misc import hash_sign

from .common_call import CallCase, local


@freeze_time(CallCase.NOW)
class TestCallEnds(CallCase):
    """Whatever ends or changes a call: calendar, links, mails and lists agree, and who
    must know is told once."""

    def _ics(self, mail):
        (event,) = Calendar.from_ical(mail.attachment_ids.raw).walk("VEVENT")
        return event

    def _told(self, user):
        """What a colleague was notified of, oldest first."""
        return (
            self.env["mail.message"]
            .search([("notified_partner_ids", "in", user.partner_id.ids)])
            .filtered(lambda message: message.message_type == "user_notification")
            .sorted("id")
            .mapped("subject")
        )

    # -- staff end the lead ------------------------------------------------------------

    def test_archiving_cancels_the_call_and_offers_no_new_time(self):
        event = self._plan()
        self.lead.with_user(self.coach).action_archive()
        self.assertFalse(event.active)
        self.assertEqual(self.lead.coaching_session_state, "cancelled")
        self.assertEqual(len(self._mails()), 2)
        self.assertNotIn("/coaching/call/", self._mails()[1].body_html)
        self.assertFalse(self.lead.activity_ids)

    def test_deleting_the_lead_tells_the_prospect_and_frees_the_calendar(self):
        event = self._plan()
        uid = self.lead.coaching_call_id.uid
        manager = self._create_user("call_boss", "sales_team.group_sale_manager")
        self.lead.with_user(manager).unlink()
        self.assertFalse(event.active)
        mail = self._mails()[-1]
        self.assertIn("cancelled", mail.subject)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(self._ics(mail)["UID"], uid)
        self.assertEqual(self._ics(mail)["STATUS"], "CANCELLED")
        self.assertFalse(self.env["coaching.call"].search([("uid", "=", uid)]))

    def test_moving_the_call_of_who_left_gives_it_to_who_is_there(self):
        """The times offered are a colleague's: the call goes into that calendar."""
        event = self._plan()
        self.track.user_ids = self.other
        self.coach.active = False
        self._plan("2026-11-25 10:00")
        self.assertEqual(self.lead.coaching_event_id, event)
        self.assertEqual(self.lead.coaching_call_id.user_id, self.other)
        self.assertEqual(event.user_id, self.other)
        self.assertEqual(event.partner_ids, self.other.partner_id)
        self.assertEqual(self.lead.user_id, self.other)
        self.assertEqual(self.lead.team_id, self.team)
        self.assertEqual(len(self._mails()), 2, "planned, and moved")
        self.assertIn(self.other.name, self._mails()[-1].body_html)
        self.assertNotIn("10:00", self._starts("2026-11-25", self._create_lead()))

    def test_winning_keeps_what_was_agreed(self):
        event = self._plan()
        self.lead.action_set_won()
        self.assertTrue(event.active)
        self.assertEqual(self.lead.coaching_session_state, "planned")

    # -- held, missed, and back --------------------------------------------------------

    def test_a_call_held_early_leaves_both_calendars(self):
        event = self._plan("2026-11-26 10:00")
        self.lead.with_user(self.coach).action_coaching_held()
        self.assertFalse(event.active)
        self.assertIn("2026-11-26", str(self.lead.coaching_call_start))
        mail = self._mails()[-1]
        self.assertIn("spoke already", mail.subject)
        self.assertEqual(self._ics(mail)["STATUS"], "CANCELLED")
        self.assertIn("10:00", self._starts("2026-11-26", lead=self._create_lead()))

    def test_held_by_mistake_is_planned_again(self):
        event = self._plan("2026-11-26 10:00")
        lead = self.lead.with_user(self.coach)
        lead.action_coaching_held()
        self._mails().state = "sent"
        lead.action_coaching_undo()
        self.assertEqual(lead.coaching_session_state, "planned")
        self.assertTrue(event.active)
        self.assertFalse(lead.coaching_held_on)
        revisions = [self._ics(mail)["SEQUENCE"] for mail in self._mails()]
        self.assertEqual(len(revisions), 3)
        self.assertEqual(revisions, sorted(set(revisions)))
        token = lead._coaching_manage_url().rsplit("/", 1)[-1]
        self.assertEqual(lead._coaching_lead_to_manage(token), lead)

    def test_a_call_given_up_before_its_time_leaves_both_calendars(self):
        event = self._plan("2026-11-26 10:00")
        lead = self.lead.with_user(self.coach)
        lead.action_coaching_no_show()
        self.assertFalse(event.active)
        mail = self._mails()[-1]
        self.assertIn("missed each other", mail.subject)
        self.assertEqual(self._ics(mail)["STATUS"], "CANCELLED")
        mail.state = "sent"
        lead.action_coaching_undo()
        self.assertTrue(event.active)
        again = self._ics(self._mails()[-1])
        self.assertEqual(again["STATUS"], "CONFIRMED")
        self.assertGreater(again["SEQUENCE"], self._ics(mail)["SEQUENCE"])

    def test_a_no_show_by_mistake_is_planned_again(self):
        self._plan("2026-11-24 10:00")
        with freeze_time("2026-11-24 09:10:00"):
            self.lead.with_user(self.coach).action_coaching_no_show()
            self.lead.with_user(self.coach).action_coaching_undo()
            self.assertEqual(self.lead.coaching_session_state, "planned")
            self.assertFalse(self.lead._coaching_booking_url())

    def test_what_is_undone_in_time_is_never_mailed(self):
        self._plan("2026-11-24 10:00")
        planned, files = self._mails(), self._files()
        with freeze_time("2026-11-24 09:10:00"):
            lead = self.lead.with_user(self.coach)
            for again in range(2):
                lead.action_coaching_no_show()
                offered = self._mails() - planned
                self.assertEqual(offered.subject, "We missed each other")
                if not again:
                    lead.action_coaching_undo()
                    self.assertEqual(self._mails(), planned)
            offered.state = "sent"
            lead.action_coaching_undo()
            self.assertEqual(self._mails(), planned | offered, "what is sent is sent")
        self.assertEqual(self._files(), files)

    def test_held_too_early_and_undone_in_time_tells_nobody(self):
        event = self._plan("2026-11-24 10:00")
        planned, files = self._mails(), self._files()
        lead = self.lead.with_user(self.coach)
        lead.action_coaching_held()
        self.assertGreater(self._mails(), planned)
        lead.action_coaching_undo()
        self.assertEqual((self._mails(), self._files()), (planned, files))
        self.assertTrue(event.active)

    def _files(self):
        return self.env["ir.attachment"].search(
            [("res_model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        )

    def test_a_call_held_at_once_by_mistake_was_never_there(self):
        lead = self.lead.with_user(self.coach)
        lead.action_coaching_held()
        lead.action_coaching_undo()
        self.assertEqual(lead.coaching_session_state, "requested")
        self.assertFalse(lead.coaching_call_ids)
        with self.assertRaises(UserError):
            lead.action_coaching_undo()

    # -- staff change the event --------------------------------------------------------

    def test_a_longer_call_is_longer_for_everybody(self):
        event = self._plan("2026-11-24 10:00")
        event.with_user(self.coach).write({"stop": event.start + timedelta(hours=2)})
        self.assertEqual(self.lead.coaching_call_id.minutes, 120)
        self.assertEqual(len(self._mails()), 2)
        appointment = self._ics(self._mails()[1])
        length = appointment["DTEND"].dt - appointment["DTSTART"].dt
        self.assertEqual(length, timedelta(hours=2))
        self.assertIn("120", self._mails()[1].body_html)

    def test_a_call_moved_into_the_past_tells_nobody(self):
        event = self._plan("2026-11-24 10:00")
        with freeze_time("2026-11-24 12:00:00"):
            event.with_user(self.coach).write(
                {
                    "start": "2026-11-24 10:00:00",
                    "stop": "2026-11-24 10:45:00",
                }
            )
            self.assertEqual(str(self.lead.coaching_call_start)[11:16], "10:00")
        self.assertEqual(len(self._mails()), 1)

    def test_another_organizer_in_the_calendar_makes_the_call(self):
        event = self._plan("2026-11-24 10:00")
        event.with_user(self.coach).user_id = self.other
        self.assertEqual(self.lead.user_id, self.other)
        self.assertEqual(self.lead.coaching_call_id.user_id, self.other)
        self.assertEqual(event.partner_ids, self.other.partner_id)

    def test_deleting_a_call_of_the_past_keeps_the_question_what_became_of_it(self):
        event = self._plan("2026-11-24 10:00")
        with freeze_time("2026-11-24 12:00:00"):
            event.unlink()
            self.env.invalidate_all()
            self.assertEqual(self.lead.coaching_session_state, "planned")
            self.assertEqual(self.lead.coaching_todo, "passed")
        self.assertEqual(len(self._mails()), 1)

    # -- somebody else -----------------------------------------------------------------

    def test_reassigning_moves_activity_and_call_and_tells_all_once(self):
        self.lead._coaching_schedule(fields.Datetime.now())
        event = self._plan("2026-11-24 10:00")
        self.lead._coaching_schedule(fields.Datetime.now())
        manager = self._create_user("call_boss", "sales_team.group_sale_manager")
        team = self.lead.team_id
        self.lead.with_user(manager)._coaching_assign(self.other)
        self.assertRecordValues(
            event,
            [
                {
                    "user_id": self.other.id,
                    "partner_ids": self.other.partner_id.ids,
                    "active": True,
                }
            ],
        )
        self.assertEqual(self.lead.team_id, team)
        self.assertEqual(self.lead.activity_ids.user_id, self.other)
        mails = self._mails()
        self.assertEqual(len(mails), 2)
        self.assertIn(self.other.name, mails[1].subject)
        self.assertIn("call_other@example.com", self._ics(mails[1])["ORGANIZER"])
        self.assertGreater(
            self._ics(mails[1])["SEQUENCE"], self._ics(mails[0])["SEQUENCE"]
        )
        planned = [s for s in self._told(self.other) if "planned" in (s or "")]
        self.assertEqual(len(planned), 1)
        self.assertIn("Somebody else calls", self._told(self.coach)[-1])
        self.assertIn("10:00", self._starts("2026-11-24", lead=self._create_lead()))

    def test_reassigning_after_a_no_show_moves_the_next_call(self):
        self._plan("2026-11-24 10:00")
        self.lead.action_coaching_no_show()
        self.lead._coaching_assign(self.other)
        event = self._plan("2026-11-25 10:00")
        self.assertEqual(event.user_id, self.other)
        self.assertEqual(self.lead.coaching_call_ids.user_id, self.coach | self.other)

    def test_when_a_coach_leaves_the_managers_are_told_once_of_everybody(self):
        manager = self._create_user("call_boss", "sales_team.group_sale_manager")
        bob = self._create_lead(contact_name="Bob Waits")
        self._plan("2026-11-24 10:00")
        self.coach.active = False
        told = self._told(manager)
        self.assertEqual(len(told), 1)
        self.assertIn(self.coach.name, told[0])
        message = self.env["mail.message"].search([("subject", "=", told[0])])
        self.assertIn("Bob Waits", message.body)
        self.assertIn("Anna Prospect", message.body)
        for lead in self.lead | bob:
            self.assertEqual(lead.with_user(manager).coaching_todo, "coach_away")
        bob._coaching_assign(self.other)
        self.assertEqual(bob.coaching_todo, "requested")

    # -- merging -----------------------------------------------------------------------

    def test_merging_keeps_every_call(self):
        self._plan("2026-11-24 10:00")
        self.lead.action_coaching_no_show()
        other = self._create_lead()
        event = self._plan("2026-11-26 10:00", lead=other)
        merged = (self.lead | other).with_user(self.other).merge_opportunity()
        self.assertEqual(
            sorted(merged.coaching_call_ids.mapped("state")), ["no_show", "planned"]
        )
        self.assertEqual(merged.coaching_event_id, event)

    def test_merging_forgets_no_later_request(self):
        self.lead.action_coaching_held()
        with freeze_time("2026-11-25 08:00:00"):
            later = self._create_lead(coaching_requested_on="2026-11-25 08:00:00")
            merged = (self.lead | later).merge_opportunity()
        self.assertEqual(merged.coaching_session_state, "requested")
        self.assertEqual(merged.coaching_call_ids.state, "held")

    # -- retention ---------------------------------------------------------------------

    def test_leads_that_nobody_closed_are_forgotten_too(self):
        with freeze_time("2025-01-06 08:00:00"):
            stale, offer, kept = (self._create_lead() for _number in range(3))
            offer.expected_revenue = 100
            stale._coaching_schedule(fields.Datetime.now())
        kept._coaching_schedule(fields.Datetime.now())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET write_date = '2025-01-06' WHERE id = ANY(%s)",
            [(stale | offer | kept).ids],
        )
        self.env.invalidate_all()
        self._run("coaching_forget")
        self.assertEqual((stale | offer | kept).exists(), offer | kept)

    def test_only_who_may_write_leads_undoes(self):
        user = new_test_user(self.env, login="call_none", groups="base.group_user")
        with self.assertRaises(Exception) as caught:
            self.lead.with_user(user).action_coaching_undo()
        self.assertEqual(type(caught.exception).__name__, "AccessError")

    def test_old_links_open_what_the_calls_of_before_were(self):
        event = self._plan()
        token = hash_sign(self.env, "coaching-manage", [event.id])
        self.assertEqual(self.lead._coaching_lead_to_manage(token), self.lead)
        self.assertEqual(
            self.lead.coaching_call_start,
            local("2026-11-24 10:00").replace(tzinfo=None),
        )
