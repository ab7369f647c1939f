from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_call import CallCase, local


@tagged("post_install", "-at_install")
@freeze_time(CallCase.NOW)
class TestRoom(CallCase):
    """Monday nine o'clock: five days of seven hours until next Monday nine."""

    def get_room(self, user=None):
        self.env.flush_all()
        return (
            self.env["crm.lead"]
            .with_user(user or self.coach)
            .with_company(self.company)
            .coaching_get_room()
        )

    def test_the_room_is_the_hours_of_the_week_less_the_calls(self):
        room = self.get_room()
        self.assertEqual((room["hours"], room["calls"], room["waiting"]), (35, 46, 1))
        self.assertIn("for 46 calls of 45 minutes", room["text"])
        self.lead._coaching_plan(local("2026-11-24 10:00"))
        room = self.get_room()
        self.assertEqual((room["hours"], room["calls"]), (34.25, 45))
        self.assertEqual(room["waiting"], 0)

    def test_a_day_off_leaves_less_room_and_a_second_coach_more(self):
        self.env["coaching.coach"].create(
            {
                "user_id": self.coach.id,
                "day_off_ids": [
                    (0, 0, {"date_from": "2026-11-25", "date_to": "2026-11-26"})
                ],
            }
        )
        self.assertEqual(self.get_room()["hours"], 21)
        self.track.user_ids = self.other
        self.assertEqual(self.get_room()["hours"], 56)

    def test_calls_of_the_week_after_take_no_room(self):
        self.lead._coaching_plan(local("2026-12-01 10:00"))
        self.assertEqual(self.get_room()["hours"], 35)

    def test_it_is_for_those_who_follow_up_leads(self):
        nobody = new_test_user(self.env, "call_nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.get_room(nobody)
