import doctest

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError, ValidationError

from ..models import coaching_ics, res_company
from .common_call import CallCase, local, shown
from .test_free_times import AFTERNOON, MORNING


@freeze_time(CallCase.NOW)
class TestCoachHours(CallCase):
    """When coaches call: their own screen, holidays, and who is free soonest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hours = cls.env["coaching.coach"].create({"user_id": cls.coach.id})

    def _open(self, weekday, start, stop, coach=None):
        return self.env["coaching.hours"].create(
            {
                "coach_id": (coach or self.hours).id,
                "weekday": str(weekday),
                "hour_from": start,
                "hour_to": stop,
            }
        )

    def test_without_own_hours_the_companys_count(self):
        self.assertEqual(self._starts("2026-11-24"), MORNING + AFTERNOON)

    def test_own_hours_replace_them_evenings_and_saturdays_too(self):
        self._open(1, 19, 21.5)
        self._open(5, 10, 11)
        self.assertEqual(
            self._starts("2026-11-24"), ["19:00", "19:30", "20:00", "20:30"]
        )
        self.assertEqual(self._starts("2026-11-28"), ["10:00"])
        self.assertFalse(self._starts("2026-11-25"))

    def test_own_hours_go_by_the_coachs_clock(self):
        self.coach.tz = "Asia/Tokyo"
        self._open(1, 9, 10)
        starts = self.lead._coaching_call_starts()
        self.assertEqual(starts[0], local("2026-11-24 01:00"))

    def test_leave_counts_beside_own_hours(self):
        self._open(1, 9, 10)
        resource = self.env["resource.resource"].create(
            {"name": "C", "user_id": self.coach.id, "company_id": self.company.id}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Ill",
                "resource_id": resource.id,
                "company_id": self.company.id,
                "date_from": "2026-11-24 00:00:00",
                "date_to": "2026-11-24 22:00:00",
            }
        )
        self.assertFalse(self._starts("2026-11-24"))
        self.assertTrue(self._starts("2026-12-01"))

    def test_who_says_to_be_out_of_office_is_not_offered(self):
        self._open(1, 9, 10)
        self.coach.write(
            {
                "out_of_office_from": "2026-11-24 00:00:00",
                "out_of_office_to": "2026-11-25 00:00:00",
            }
        )
        self.assertFalse(self._starts("2026-11-24"))
        self.assertTrue(self._starts("2026-12-01"))

    def test_a_line_that_the_list_adds_by_itself_takes_no_day(self):
        for model, day in (("day.off", "date_from"), ("hours", "weekday")):
            given = self.env[f"coaching.{model}"].default_get([day])
            self.assertFalse(given.get(day), "an untouched line is left out, not saved")

    def test_days_off_take_the_day(self):
        self.hours.day_off_ids = [
            (0, 0, {"date_from": "2026-11-24", "date_to": "2026-11-25"})
        ]
        self.assertFalse(self._starts("2026-11-24") + self._starts("2026-11-25"))
        self.assertTrue(self._starts("2026-11-26"))

    def test_a_day_off_shows_the_calls_that_are_planned(self):
        self._plan("2026-11-25 10:00")
        off = self.env["coaching.day.off"].create(
            {
                "coach_id": self.hours.id,
                "date_from": "2026-11-24",
                "date_to": "2026-11-25",
            }
        )
        self.assertEqual(off.call_count, 1)
        self.assertEqual(
            off.action_show_calls()["domain"], [["id", "in", self.lead.ids]]
        )

    def test_public_holidays_of_the_companys_country_are_free(self):
        with freeze_time("2026-12-21 08:00:00"):
            self.assertTrue(self._starts("2026-12-25"))
            self.company.country_id = self.env.ref("base.nl")
            self.assertFalse(self._starts("2026-12-25"))
            self.assertTrue(self._starts("2026-12-28"))

    def test_nobody_is_promised_a_call_on_a_public_holiday(self):
        self.company.country_id = self.env.ref("base.nl")
        lead = self.lead.new({"company_id": self.company.id})
        asked = local("2026-12-24 16:45").replace(tzinfo=None)
        before = lead._coaching_get_call_before(asked)
        # Friday is Christmas, then comes the weekend
        self.assertEqual(before, local("2026-12-28 10:00").replace(tzinfo=None))

    def test_most_calls_a_day_closes_the_day(self):
        self.hours.most_per_day = 1
        self._plan("2026-11-24 10:00")
        other = self._create_lead()
        self.assertFalse(self._starts("2026-11-24", lead=other))
        self.assertTrue(self._starts("2026-11-25", lead=other))
        self.assertTrue(self._starts("2026-11-24"), "their own call can move that day")

    def test_of_track_and_coach_the_stricter_one_holds(self):
        self.hours.write({"notice_hours": 26, "horizon_days": 3, "buffer_minutes": 60})
        self._busy("2026-11-25 09:00", "2026-11-25 10:00")
        starts = shown(self.lead._coaching_call_starts())
        self.assertEqual(starts[0], "2026-11-24 11:00")
        self.assertLess(starts[-1], "2026-11-26 12:00")
        self.assertEqual(self._starts("2026-11-25")[0], "11:00")

    def test_a_flexible_or_missing_schedule_means_the_companys_hours(self):
        flexible = self.env["resource.calendar"].create(
            {"name": "Flex", "company_id": self.company.id, "flexible_hours": True}
        )
        resource = self.env["resource.resource"].create(
            {
                "name": "Coach",
                "user_id": self.coach.id,
                "company_id": self.company.id,
                "calendar_id": flexible.id,
            }
        )
        for calendar in (flexible, flexible.browse()):
            resource.calendar_id = calendar
            self.assertEqual(self._starts("2026-11-24"), MORNING + AFTERNOON)
            self.assertFalse(self._starts("2026-11-29"))
        self.company.resource_calendar_id = flexible
        self.assertFalse(self._starts("2026-11-29"), "not on Sundays")
        self.assertTrue(self._starts("2026-11-24"), "but nine to five")

    def test_hours_begin_before_they_end(self):
        for start, stop in ((10, 9), (-1, 3), (20, 25)):
            with self.subTest((start, stop)), self.assertRaises(ValidationError):
                self._open(1, start, stop)

    # -- the screen --------------------------------------------------------------------

    def test_a_coach_keeps_their_own_hours_and_no_others(self):
        mine = self.env["coaching.coach"].with_user(self.coach)
        action = mine.action_open_mine()
        self.assertEqual(action["res_id"], self.hours.id)
        opened = mine.browse(action["res_id"])
        opened.action_fill_week()
        self.assertEqual(len(opened.hour_ids), 5)
        theirs = self.env["coaching.coach"].with_user(self.other)
        made = theirs.browse(theirs.action_open_mine()["res_id"])
        self.assertEqual(made.user_id, self.other)
        with self.assertRaises(AccessError):
            made.with_user(self.coach).most_per_day = 3
        manager = self._create_user("call_boss", "sales_team.group_sale_manager")
        made.with_user(manager).most_per_day = 3

    def test_a_start_every_hour_offers_whole_hours(self):
        self.hours.step_minutes = 60
        self.assertEqual(
            self._starts("2026-11-24")[:4], ["09:00", "10:00", "11:00", "13:00"]
        )

    # -- by video ----------------------------------------------------------------------

    def test_a_coach_who_prefers_video_meets_there(self):
        self.hours.by_video = True
        self._plan("2026-11-24 10:00")
        call = self.lead.coaching_call_id
        self.assertEqual(call.meet_by, "video")
        self.assertIn("/calendar/join_videocall/", call.video_url)
        ics = call._write_ics(self.lead).decode().replace("\r\n ", "")
        self.assertIn(f"LOCATION:{call.video_url}", ics)

    def test_what_the_prospect_prefers_goes_before(self):
        self.hours.by_video = True
        self.lead.coaching_meet_by = "phone"
        self._plan("2026-11-24 10:00")
        call = self.lead.coaching_call_id
        self.assertEqual((call.meet_by, call.video_url), ("phone", False))
        self.assertFalse(call.event_id.videocall_location)

    def test_the_coachs_own_room_is_told_to_the_prospect(self):
        self.lead.coaching_meet_by = "video"
        self._plan("2026-11-24 10:00")
        call, before = self.lead.coaching_call_id, len(self._mails())
        call.event_id.videocall_location = "https://meet.example.com/anna"
        self.assertEqual(call.video_url, "https://meet.example.com/anna")
        self.assertEqual(len(self._mails()), before + 1)
        self.assertIn("https://meet.example.com/anna", self._mails()[-1].body_html)
        self._plan("2026-11-25 10:00")
        self.assertEqual(call.video_url, "https://meet.example.com/anna")

    def test_staff_change_between_video_and_telephone(self):
        self._plan("2026-11-24 10:00")
        call, before = self.lead.coaching_call_id, len(self._mails())
        self.lead.action_coaching_by_video()
        self.assertTrue(call.video_url)
        self.lead.action_coaching_by_video()
        self.assertEqual(len(self._mails()), before + 1, "told once")
        self.lead.action_coaching_by_phone()
        self.assertFalse(call.video_url or call.event_id.videocall_location)
        self.assertEqual(len(self._mails()), before + 2)

    # -- handing over ------------------------------------------------------------------

    def test_a_call_on_a_day_off_is_handed_over_in_two_clicks(self):
        self.track.user_ids = self.coach | self.other
        self._plan("2026-11-25 10:00")
        off = self.hours.day_off_ids.create(
            {
                "coach_id": self.hours.id,
                "date_from": "2026-11-25",
                "date_to": "2026-11-25",
            }
        )
        warning = off._onchange_dates()["warning"]
        self.assertIn("1", warning["message"])
        action = off.action_show_calls()
        leads = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(leads, self.lead)
        leads.action_coaching_hand_over()
        call = self.lead.coaching_call_id
        self.assertEqual((call.user_id, call.event_id.user_id), (self.other,) * 2)
        self.assertFalse(off.call_count)

    def test_only_who_is_free_then_gets_the_call(self):
        self.track.user_ids = self.coach | self.other
        self._plan("2026-11-25 10:00")
        self._busy(
            "2026-11-25 10:30",
            "2026-11-25 11:30",
            user_id=self.other.id,
            partner_ids=[(6, 0, self.other.partner_id.ids)],
        )
        with self.assertRaisesRegex(UserError, "No colleague is free"):
            self.lead.action_coaching_hand_over()
        self.assertEqual(self.lead.user_id, self.coach)

    def test_who_waits_without_a_coach_goes_to_who_is_free_soonest(self):
        self.track.user_ids = self.coach | self.other
        self.lead.user_id = False
        self._busy("2026-11-23 09:00", "2026-11-23 18:00")
        self.lead.action_coaching_hand_over()
        self.assertEqual(self.lead.user_id, self.other)
        self.assertEqual(self.lead.team_id, self.team)

    # -- round robin -------------------------------------------------------------------

    def _take_turns(self):
        self.track.user_ids = self.coach | self.other
        return self.track._get_owner(self.company)

    def test_who_is_free_soonest_gets_the_request(self):
        self._create_lead(user_id=self.other.id)
        self.assertEqual(self._take_turns(), self.coach, "of two the first")
        self._busy("2026-11-23 12:00", "2026-11-23 18:00")
        self.assertEqual(self._take_turns(), self.other)

    def test_archived_away_and_without_hours_are_skipped(self):
        self._create_lead(user_id=self.other.id)
        self.assertEqual(self._take_turns(), self.coach, "of two the first")
        for away in ("off", "out", "none", "archived"):
            with self.subTest(away), self.env.cr.savepoint() as savepoint:
                if away == "off":
                    self.hours.day_off_ids = [
                        (0, 0, {"date_from": "2026-11-23", "date_to": "2026-11-23"})
                    ]
                elif away == "out":
                    self.coach.out_of_office_from = "2026-11-20 08:00:00"
                elif away == "none":
                    self._open(0, 8, 8.25)  # too short for a call
                else:
                    self.coach.active = False
                self.assertEqual(self._take_turns(), self.other)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_nobody_there_leaves_the_request_to_everybody(self):
        self.coach.active = False
        lead = self._ask(email="new@example.com")
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.coaching_todo, "no_coach")

    def test_examples_in_docstrings_are_true(self):
        for module in (coaching_ics, res_company):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)
