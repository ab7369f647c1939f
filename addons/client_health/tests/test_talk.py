from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
@freeze_time("2031-03-05 09:00:00")
class TestTalk(FlagsCase):
    """A talk is planned, its steps end with an outcome, and the last in a decision."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged()
        cls.own = cls.health.with_user(cls.user)
        action = cls.own.action_talk_first()
        Schedule = cls.env["mail.activity.schedule"].with_user(cls.user)
        dialog = Schedule.with_context(**action["context"]).create(
            {"plan_on_demand_user_id": cls.manager.id}
        )
        dialog.action_schedule_plan()
        cls.env.invalidate_all()

    def count_steps(self):
        return len(self.health.activity_ids)

    def get_outcomes(self):
        return (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search(
                [
                    ("res_model", "=", "client.health"),
                    ("res_id", "=", self.health.id),
                    ("active", "=", False),
                ],
                order="id",
            )
            .mapped("feedback")
        )

    def test_agreed_the_plan_goes_on_to_its_last_step(self):
        self.assertEqual(self.own.next_step_kind, "talk")
        self.own.action_step_agreed()
        self.assertEqual(self.own.next_step_kind, "step")
        self.assertIn("Put the agreement in writing", self.own.next_step)
        self.own.action_step_done()
        self.assertEqual(self.own.next_step_kind, "last")
        action = self.own.action_step_better()
        self.assertFalse(self.own.next_step)
        self.assertEqual(
            self.get_outcomes(),
            ["Talked, and agreed.", "Done.", "Talked over, and it is better now."],
        )
        Panel = self.env[action["res_model"]].with_user(self.user)
        panel = Panel.with_context(**action["context"]).create({})
        self.assertEqual(panel.flag_ids, self.flag)
        self.assertEqual(panel.reason, "Talked over, and it is better now.")
        panel.action_dismiss()
        self.assertEqual(self.flag.decision, "dismissed")

    def test_a_second_click_does_not_close_the_step_after_it(self):
        self.own.action_step_agreed()
        steps = self.count_steps()
        for late in ("agreed", "not_agreed", "better", "not_better"):
            with self.subTest(late=late), self.assertRaisesRegex(UserError, "already"):
                getattr(self.own, f"action_step_{late}")()
        self.assertEqual(self.count_steps(), steps)
        self.assertIn("Put the agreement in writing", self.own.next_step)

    def test_no_better_leads_to_the_decision_too(self):
        self.own.action_step_agreed()
        self.own.action_step_done()
        action = self.own.action_step_not_better()
        self.assertEqual(
            action["context"]["default_reason"], "Talked over, and it is no better."
        )

    def test_nothing_agreed_ends_the_conversation(self):
        self.health.activity_schedule("mail.mail_activity_data_todo", summary="Ours")
        action = self.own.action_step_not_agreed()
        self.assertFalse(self.own.next_step)
        self.assertEqual(self.health.activity_ids.mapped("summary"), ["Ours"])
        self.assertEqual(action["context"]["default_flag_ids"], self.flag.ids)

    def test_without_a_flag_to_decide_on_there_is_no_dialog(self):
        self.flag.with_user(self.user).action_confirm()
        self.assertIs(self.own.action_step_not_agreed(), True)

    def test_who_is_not_reached_is_tried_again(self):
        steps = self.count_steps()
        self.own.action_step_later()
        first = min(self.health.activity_ids.mapped("date_deadline"))
        self.assertEqual(first, date(2031, 3, 7))
        with freeze_time("2031-03-10 09:00:00"):  # from the day it was done at last
            self.own.action_step_later()
        self.assertEqual(self.count_steps(), steps)
        self.own.action_step_agreed()
        before = self.own._get_planned_steps()[:1].date_deadline
        self.own.action_step_later()
        later = self.own._get_planned_steps()[:1].date_deadline
        self.assertGreater(later, before)

    def test_the_client_is_in_conversation_on_every_screen(self):
        partner = self.health.partner_id.with_user(self.user)
        self.assertIn("Talk it over by telephone", partner.client_health_next_step)
        self.assertEqual(partner.client_health_next_step, self.own.next_step)
        self.assertEqual(self.flag.with_user(self.user).next_step, self.own.next_step)
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": partner.id}
        )
        self.assertEqual(
            person.with_user(self.user).client_health_next_step, self.own.next_step
        )

    def test_what_happened_stands_on_the_line_of_the_score(self):
        self.own.action_step_agreed()
        self.flag.with_user(self.user).action_confirm()
        case = self.env["client.farewell"].create(
            {"partner_id": self.health.partner_id.id}
        )
        self.env.cr.execute(  # it is the database's clock that stamps a record
            "UPDATE client_farewell SET create_date = %s WHERE id = %s",
            ("2031-03-04 10:00:00", case.id),
        )
        self.env["client.health.snapshot"].create(
            [
                {
                    "health_id": self.health.id,
                    "partner_id": self.health.partner_id.id,
                    "company_id": self.company.id,
                    "date": day,
                    "score": score,
                }
                for day, score in (("2030-05-01", 100), ("2029-09-01", 55))
            ]
        )
        self.env.invalidate_all()
        course = self.own.course
        self.assertEqual([point["y"] for point in course["now"]], [100, 80])
        self.assertEqual([point["y"] for point in course["before"]], [55])
        self.assertEqual(course["now"][-1]["x"], 1)
        kinds = [event["kind"] for event in course["events"]]
        for kind in ("flag", "decision", "talk", "farewell"):
            self.assertIn(kind, kinds)
        texts = " ".join(event["text"] for event in course["events"])
        self.assertIn("Talk it over by telephone: Talked, and agreed.", texts)
        self.assertIn("Confirmed", texts)

    def test_points_lost_are_what_the_score_lacks(self):
        self.assertEqual(self.flag.points, 100 - self.health.score)
        health, flag = self.make_flagged("watch", name="Milder")
        self.assertEqual(flag.points, 10)
        self.assertEqual(health.score, 90)
        flag.with_user(self.user).action_dismiss("Once.")
        self.assertEqual(flag.points, 0)

    def test_only_who_may_read_the_client_ends_a_step(self):
        outsider = new_test_user(self.env, login="outsider", groups="base.group_user")
        for act in ("agreed", "done", "not_agreed", "better", "not_better", "later"):
            with self.assertRaises(AccessError):
                getattr(self.health.with_user(outsider), f"action_step_{act}")()
        self.assertEqual(self.count_steps(), 3)
