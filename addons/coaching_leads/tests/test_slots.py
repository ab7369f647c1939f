import doctest
from datetime import timedelta

from odoo.tests import BaseCase, tagged
from pytz import timezone

from ..models import coaching_diary, coaching_slots
from ..models.coaching_slots import call_starts, free_intervals, plain_intervals
from .common_call import AMSTERDAM, local, shown

CALL = timedelta(minutes=45)


@tagged("post_install", "-at_install")
class TestSlots(BaseCase):
    def _starts(self, *hours, tz=AMSTERDAM, first=None, last=None, step=30):
        free = plain_intervals(
            (local(start, tz), local(stop, tz)) for start, stop in hours
        )
        first = first or local(hours[0][0], tz)
        last = last or local(hours[-1][1], tz)
        return call_starts(free, CALL, first, last, tz, step)

    def test_examples_in_docstrings_are_true(self):
        for module in (coaching_slots, coaching_diary):
            result = doctest.testmod(module)
            self.assertGreater(result.attempted, 2)
            self.assertFalse(result.failed)

    def test_a_call_fits_in_whole(self):
        starts = self._starts(("2026-11-24 09:00", "2026-11-24 10:44"))
        self.assertEqual(shown(starts), ["2026-11-24 09:00", "2026-11-24 09:30"])

    def test_starts_at_the_next_half_hour_on_the_clock(self):
        starts = self._starts(("2026-11-24 09:10", "2026-11-24 10:30"))
        self.assertEqual(shown(starts), ["2026-11-24 09:30"])

    def test_starts_are_as_far_apart_as_the_coach_wants(self):
        hours = ("2026-11-24 09:00", "2026-11-24 12:00")
        shown_at = {
            step: [time[11:] for time in shown(self._starts(hours, step=step))]
            for step in (20, 60, 90)
        }
        self.assertEqual(shown_at[20][:3], ["09:00", "09:20", "09:40"])
        self.assertEqual(shown_at[60], ["09:00", "10:00", "11:00"])
        self.assertEqual(shown_at[90], ["09:00", "10:30"])

    def test_aligns_on_the_clock_of_zones_with_quarter_hours(self):
        nepal = timezone("Asia/Kathmandu")
        starts = self._starts(("2026-11-24 09:05", "2026-11-24 10:30"), tz=nepal)
        self.assertEqual(shown(starts, nepal), ["2026-11-24 09:30"])

    def test_no_call_through_the_hour_that_spring_skips(self):
        # 29 March 2026: 02:00 becomes 03:00, so this night shift is one hour
        starts = self._starts(("2026-03-29 01:30", "2026-03-29 03:30"))
        self.assertEqual(shown(starts), ["2026-03-29 01:30"])

    def test_autumn_offers_the_hour_that_comes_twice_twice(self):
        # 25 October 2026: 03:00 becomes 02:00, so these two hours are three
        starts = self._starts(("2026-10-25 01:30", "2026-10-25 03:15"))
        self.assertEqual(
            [time[11:] for time in shown(starts)],
            ["01:30", "02:00", "02:30", "02:00", "02:30"],
        )
        self.assertEqual(len(set(starts)), 5)

    def test_working_hours_stay_on_the_clock_when_it_changes(self):
        starts = self._starts(
            ("2026-10-23 09:00", "2026-10-23 09:45"),
            ("2026-10-26 09:00", "2026-10-26 09:45"),
        )
        self.assertEqual(shown(starts), ["2026-10-23 09:00", "2026-10-26 09:00"])
        self.assertEqual(starts[1] - starts[0], timedelta(days=3, hours=1))

    def test_a_buffer_keeps_its_distance_on_both_sides(self):
        work = plain_intervals([(local("2026-11-24 09:00"), local("2026-11-24 17:00"))])
        busy = plain_intervals([(local("2026-11-24 11:00"), local("2026-11-24 15:00"))])
        free = free_intervals(work, busy, timedelta(minutes=30))
        first, last = local("2026-11-24 00:00"), local("2026-11-25 00:00")
        starts = call_starts(free, CALL, first, last, AMSTERDAM, 30)
        self.assertEqual(
            [time[11:] for time in shown(starts)], ["09:00", "09:30", "15:30", "16:00"]
        )
