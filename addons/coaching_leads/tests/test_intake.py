import doctest
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from .. import answers
from ..models.coaching_past import PastClients


@tagged("post_install", "-at_install")
class TestIntake(TransactionCase):
    """From answers to a lead: found again, linked, handed out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].search([], limit=1)
        cls.company = cls.website.company_id
        cls.company.country_id = cls.env.ref("base.nl")
        cls.track = cls.env.ref("coaching_leads.coaching_track_start")
        cls.track.user_id = cls.track.user_ids = False
        cls.values = dict.fromkeys(answers.LIMITS, "") | {
            "track": "start",
            "name": "Noor Visser",
            "email": "noor@visser.example.com",
            "phone": "+31 6 12345678",
            "goal": "Grow",
        }

    def receive(self, **changes):
        lead, created = self.env["crm.lead"]._coaching_receive(
            self.values | changes, self.website, "en_US"
        )
        self.env.flush_all()
        return lead, created

    def get_note(self, lead):
        """What was noted last of a request that came again."""
        notes = lead.message_ids.filtered(lambda m: "again" in (m.body or ""))
        return notes[0]

    def create_seller(self, login):
        return new_test_user(self.env, login, groups="sales_team.group_sale_salesman")

    def test_known_contact_is_linked_and_never_changed(self):
        partner = self.env["res.partner"].create(
            {"name": "N. Visser", "email": "Noor@Visser.example.com", "phone": "010"}
        )
        other = "+31 20 555 0000"
        lead, _created = self.receive(phone=other, company="New name")
        self.assertEqual(lead.partner_id, partner)
        self.assertEqual(lead.phone, other)
        self.assertRecordValues(
            partner,
            [{"name": "N. Visser", "email": "Noor@Visser.example.com", "phone": "010"}],
        )

    def test_new_answers_are_noted_on_the_open_lead(self):
        lead, created = self.receive()
        self.assertTrue(created)
        mails = self.env["mail.mail"].search_count([])
        again, created = self.receive(goal="Something else", obstacle="Time")
        self.assertFalse(created)
        self.assertEqual(again, lead)
        self.assertEqual(lead.coaching_goal, "Grow", "what stands is overwritten")
        self.assertEqual(lead.coaching_obstacle, "Time", "what was empty is not filled")
        note = self.get_note(lead)
        self.assertIn("Something else", note.body)
        self.assertTrue(note.subtype_id.internal)
        self.assertGreater(
            self.env["mail.mail"].search_count([]), mails, "the page announces a mail"
        )

    def test_markup_in_answers_is_text_in_the_note(self):
        self.receive()
        lead, _created = self.receive(goal="<img src=x onerror=alert(1)>")
        self.assertIn("&lt;img", self.get_note(lead).body)

    def test_open_lead_of_another_kind_is_added_to_unless_it_is_an_offer(self):
        plain = self.env["crm.lead"].create(
            {"name": "Question", "email_from": self.values["email"]}
        )
        offer = plain.copy({"expected_revenue": 5000})
        lead, created = self.receive()
        self.assertEqual((lead, created), (plain, False))
        self.assertEqual(lead.coaching_track_id, self.track)
        self.assertEqual(lead.coaching_session_state, "requested")
        self.assertFalse(offer.coaching_track_id)

    def test_lost_and_won_leads_are_closed(self):
        lost, _created = self.receive()
        lost.action_set_lost()
        won, created = self.receive()
        self.assertTrue(created)
        won.action_set_won()
        self.assertTrue(self.receive()[1])

    def test_request_after_a_missed_call_starts_again(self):
        lead, _created = self.receive()
        lead.activity_ids.unlink()
        lead.coaching_session_state = "no_show"
        mails = self.env["mail.mail"].search_count([])
        self.receive()
        self.assertEqual(lead.coaching_session_state, "requested")
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails + 1)

    def test_question_before_a_planned_call_keeps_the_plan(self):
        lead, _created = self.receive()
        lead.activity_ids.unlink()
        lead.coaching_session_state = "planned"
        self.receive(goal="One more thing")
        self.assertEqual(lead.coaching_session_state, "planned")
        self.assertEqual(len(lead.activity_ids), 1)

    def test_colleagues_take_turns(self):
        first, second = (self.create_seller(f"turn_{n}") for n in (1, 2))
        self.track.user_ids = [Command.set((first | second).ids)]
        owners = []
        for number in range(4):
            lead, _created = self.receive(email=f"turn{number}@example.com")
            lead.coaching_requested_on = f"2026-01-01 0{number}:00:00"
            owners.append(lead.user_id)
        self.assertEqual(owners, [first, second, first, second])

    def test_owner_gets_an_activity_and_one_mail(self):
        self.track.user_id = self.create_seller("track_owner")
        self.track.user_id.notification_type = "email"
        before = self.env["mail.mail"].search([])
        lead, _created = self.receive()
        self.assertEqual(lead.user_id, self.track.user_id)
        self.assertEqual(lead.activity_ids.user_id, self.track.user_id)
        mails = self.env["mail.mail"].search([]) - before
        self.assertEqual(
            sorted(mails.mapped("email_to")),
            sorted([self.values["email"], self.track.user_id.email]),
        )

    def test_owner_of_another_company_gets_nothing(self):
        self.track.user_id = self.create_seller("elsewhere")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.track.user_id.write(
            {"company_id": company.id, "company_ids": [Command.set(company.ids)]}
        )
        self.assertFalse(self.receive()[0].user_id)

    def test_company_without_working_hours_calls_within_an_hour(self):
        self.company.resource_calendar_id = False
        lead, _created = self.receive()
        wait = lead.coaching_call_before - lead.coaching_requested_on
        self.assertEqual(wait.total_seconds(), 3600)

    def test_company_holiday_is_no_working_hour(self):
        calendar = self.company.resource_calendar_id
        calendar.tz = "Europe/Amsterdam"
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": "2026-11-23 00:00:00",
                "date_to": "2026-11-23 22:00:00",
            }
        )
        lead = self.env["crm.lead"].new({"company_id": self.company.id})
        start = self.env["crm.lead"]._fields["coaching_call_before"].to_datetime
        self.assertEqual(
            lead._coaching_get_call_before(start("2026-11-20 15:30:00")),
            start("2026-11-24 07:30:00"),
        )

    def test_rescue_makes_the_lead_that_should_have_been(self):
        seller = self.create_seller("rescuer")
        kept = self.env["coaching.quarantine"]._keep(
            "trap", self.values, self.website, "en_US"
        )
        action = kept.with_user(seller).action_rescue()
        lead = self.env["crm.lead"].browse(action["res_id"])
        self.assertEqual(lead.email_from, self.values["email"])
        self.assertEqual(lead.coaching_track_id, self.track)
        self.assertFalse(kept.exists())

    def test_rescue_wants_answers_that_can_be_followed_up(self):
        kept = self.env["coaching.quarantine"]._keep(
            "trap", self.values | {"phone": "x", "goal": ""}, self.website, "en_US"
        )
        with self.assertRaisesRegex(UserError, "Phone"):
            kept.action_rescue()
        self.assertTrue(kept.exists())

    def test_only_sales_sees_the_quarantine(self):
        kept = self.env["coaching.quarantine"]._keep(
            "trap", self.values, self.website, "en_US"
        )
        for groups in ("base.group_user", "base.group_portal", "base.group_public"):
            user = new_test_user(self.env, f"no_{groups}", groups=groups)
            with self.assertRaises(AccessError):
                kept.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                kept.with_user(user).action_rescue()

    def test_who_may_only_look_cannot_rescue(self):
        kept = self.env["coaching.quarantine"]._keep(
            "trap", self.values, self.website, "en_US"
        )
        self.env["ir.model.access"].create(
            {
                "name": "look",
                "model_id": self.env["ir.model"]._get_id(kept._name),
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        looker = new_test_user(self.env, "looker", groups="base.group_user")
        with self.assertRaises(AccessError):
            kept.with_user(looker).action_rescue()
        self.assertFalse(
            self.env["crm.lead"].search([("email_from", "=", self.values["email"])])
        )

    def test_visitors_see_what_is_offered_and_not_who_follows_up(self):
        public = self.env.ref("base.public_user")
        track = self.track.with_user(public)
        self.assertEqual(track.name, "Grow a starting business")
        with self.assertRaises(AccessError):
            track.read(["user_id"])
        self.track.active = False
        with self.assertRaises(AccessError):
            track.read(["name"])

    def test_quarantine_is_emptied_after_thirty_days(self):
        keep = self.env["coaching.quarantine"]._keep
        old = keep("trap", self.values, self.website, "en_US")
        new = keep("trap", self.values, self.website, "en_US")
        self.env.cr.execute(
            "UPDATE coaching_quarantine SET create_date = now() - interval '31 days'"
            " WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()
        self.env["coaching.quarantine"]._gc_quarantine()
        self.assertFalse(old.exists())
        self.assertTrue(new.exists())

    def test_privacy_lookup_finds_what_is_kept(self):
        self.env["coaching.quarantine"]._keep(
            "trap", self.values, self.website, "en_US"
        )
        lead, _created = self.receive()
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": self.values["name"], "email": self.values["email"]}
        )
        wizard.action_lookup()
        found = wizard.line_ids.mapped("res_model")
        self.assertIn("coaching.quarantine", found)
        self.assertIn(lead._name, found)

    @freeze_time("2026-11-23 10:30:00")  # it counts by the hour
    def test_counter_keeps_no_address(self):
        counter = self.env["coaching.post.counter"]
        counter.search([]).unlink()
        self.assertTrue(counter._hit({"mail:a@example.com": 2, "address:1.2.3.4": 9}))
        self.assertTrue(counter._hit({"mail:a@example.com": 2, "address:1.2.3.4": 9}))
        self.assertFalse(counter._hit({"mail:a@example.com": 2, "address:1.2.3.4": 9}))
        self.assertEqual(sorted(counter.search([]).mapped("hits")), [2, 2])
        self.assertNotIn("example", "".join(counter.search([]).mapped("key")))

    def test_health_is_told_to_who_may_know(self):
        lead, _created = self.receive()
        partner = self.env["res.partner"].create({"name": "Past"})
        lead.partner_id = partner
        self.assertFalse(lead.coaching_health_notice)
        model, past = type(lead), PastClients(partner)
        with (
            patch.object(model, "_coaching_past_clients", lambda self: past),
            patch.object(model, "_coaching_flagged", lambda self: {partner.id}),
        ):
            lead.invalidate_recordset()
            self.assertIn("working together before", lead.coaching_health_notice)
            self.assertIn("points of attention", lead.coaching_health_notice)


class TestAnswers(TransactionCase):
    """The examples in the documentation of the answers hold."""

    def test_examples(self):
        result = doctest.testmod(answers)
        self.assertGreater(result.attempted, 4)
        self.assertFalse(result.failed)
