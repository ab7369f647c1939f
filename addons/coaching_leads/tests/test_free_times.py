from freezegun import freeze_time
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation
from pytz import timezone

from .common_call import CallCase, local, shown

MORNING = ["09:00", "09:30", "10:00", "10:30", "11:00"]
AFTERNOON = ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]


@freeze_time(CallCase.NOW)
class TestFreeTimes(CallCase):
    def _leave(self, day, **values):
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Away",
                "date_from": local(f"{day} 00:00").replace(tzinfo=None),
                "date_to": local(f"{day} 23:59").replace(tzinfo=None),
                "calendar_id": self.calendar.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def test_an_empty_day_offers_its_working_hours_without_lunch(self):
        self.assertEqual(self._starts("2026-11-24"), MORNING + AFTERNOON)

    def test_the_weekend_offers_nothing(self):
        self.assertFalse(self._starts("2026-11-28") + self._starts("2026-11-29"))

    def test_notice_holds_for_visitors_and_not_for_staff(self):
        # it is nine in the morning in Amsterdam and the track asks four hours
        self.assertEqual(self._starts("2026-11-23"), AFTERNOON)
        self.assertEqual(
            self._starts("2026-11-23", for_visitor=False), MORNING + AFTERNOON
        )

    def test_the_horizon_ends_the_offer(self):
        self.track.horizon_days = 2
        days = {time[:10] for time in shown(self.lead._coaching_call_starts())}
        self.assertEqual(days, {"2026-11-23", "2026-11-24", "2026-11-25"})
        self.assertEqual(self._starts("2026-11-25"), ["09:00"])

    def test_a_busy_event_takes_its_time_and_the_buffer(self):
        self.track.buffer_minutes = 15
        self._busy("2026-11-24 10:00", "2026-11-24 11:00")
        self.assertEqual(self._starts("2026-11-24"), ["09:00", *AFTERNOON])

    def test_a_free_event_takes_nothing(self):
        self._busy("2026-11-24 09:00", "2026-11-24 17:00", show_as="free")
        self.assertEqual(self._starts("2026-11-24"), MORNING + AFTERNOON)

    def test_an_event_that_the_coach_declined_takes_nothing(self):
        event = self._busy("2026-11-24 09:00", "2026-11-24 17:00")
        event.attendee_ids.state = "declined"
        self.assertEqual(self._starts("2026-11-24"), MORNING + AFTERNOON)

    def test_a_declined_call_still_takes_its_time(self):
        self._plan("2026-11-24 10:00").attendee_ids.state = "declined"
        starts = self._starts("2026-11-24", lead=self._create_lead())
        self.assertEqual(starts, ["09:00", "11:00", *AFTERNOON])

    def test_a_private_event_of_somebody_else_with_the_coach_takes_its_time(self):
        self._busy(
            "2026-11-24 09:00",
            "2026-11-24 13:00",
            user_id=self.other.id,
            privacy="private",
        )
        self.assertEqual(self._starts("2026-11-24"), AFTERNOON)

    def test_an_all_day_event_takes_the_day_on_the_coachs_clock(self):
        # core stores it as eight to six in UTC: in New York there is work after that
        self.calendar.tz = "America/New_York"
        self._busy(
            "2026-11-24 08:00",
            "2026-11-24 18:00",
            allday=True,
            start_date="2026-11-24",
            stop_date="2026-11-24",
        )
        starts = shown(self.lead._coaching_call_starts(), timezone(self.calendar.tz))
        days = [start[:10] for start in starts]
        self.assertNotIn("2026-11-24", days)
        self.assertEqual(days.count("2026-11-25"), len(MORNING + AFTERNOON))

    def test_a_public_holiday_takes_the_day(self):
        self._leave("2026-11-24")
        self.assertFalse(self._starts("2026-11-24"))

    def test_a_holiday_of_another_company_takes_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self._leave("2026-11-24", calendar_id=False, company_id=other.id)
        self.assertEqual(self._starts("2026-11-24"), MORNING + AFTERNOON)

    def test_the_coachs_own_hours_and_leave_go_before_the_companys(self):
        calendar = self._create_calendar(self.company)
        calendar.attendance_ids.filtered(
            lambda line: line.day_period == "morning"
        ).unlink()
        resource = self.env["resource.resource"].create(
            {
                "name": "Coach",
                "user_id": self.coach.id,
                "company_id": self.company.id,
                "calendar_id": calendar.id,
                "tz": "Europe/Amsterdam",
            }
        )
        self._leave("2026-11-25", calendar_id=calendar.id, resource_id=resource.id)
        self.assertEqual(self._starts("2026-11-24"), AFTERNOON)
        self.assertFalse(self._starts("2026-11-25"))

    def test_local_hours_stay_when_the_clocks_change(self):
        # the clocks go back on 25 October 2026
        with freeze_time("2026-10-22 06:00:00"):
            days = [self._starts("2026-10-23"), self._starts("2026-10-26")]
        self.assertEqual(days, [MORNING + AFTERNOON] * 2)

    def test_the_number_of_queries_does_not_grow_with_the_calendar(self):
        self._starts("2026-11-24")
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self._starts("2026-11-24")
        for hour in range(9, 17):
            self._busy(f"2026-11-24 {hour:02}:00", f"2026-11-24 {hour:02}:30")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self._starts("2026-11-24")

    def test_nobody_to_call_offers_nothing(self):
        self.track.write({"user_id": False, "team_id": False})
        lead = self._create_lead(user_id=False, team_id=False)
        lead.user_id = False
        self.assertFalse(lead._coaching_call_starts())

    def test_numbers_that_no_calendar_has_are_refused(self):
        # taken, they ended the page of every prospect with an error
        coach = self.env["coaching.coach"].create({"user_id": self.coach.id})
        names = ("notice_hours", "horizon_days", "buffer_minutes")
        company = ("coaching_retention_months", "coaching_spam_days")
        cases = [
            *((self.track, name) for name in (*names, "call_minutes")),
            *((coach, name) for name in names),
            *((self.env.company, name) for name in company),
        ]
        for record, name in cases:
            for number in (-1, 10**8, 2**31 - 1):
                with (
                    self.subTest(model=record._name, name=name, number=number),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(CheckViolation),
                    self.env.cr.savepoint(),
                ):
                    record[name] = number
                    self.env.flush_all()
                self.env.invalidate_all()
