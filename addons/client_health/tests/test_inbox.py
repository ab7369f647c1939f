from datetime import date

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
@freeze_time("2031-03-05 09:00:00")
class TestInbox(FlagsCase):
    """Flags are put off or handed to a colleague without being decided."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged("watch")
        cls.Flag = cls.env["client.health.flag"].with_user(cls.user)
        cls.own = cls.flag.with_user(cls.user)

    def in_inbox(self):
        return self.flag in self.Flag.search(self.Flag._get_inbox_domain())

    def make_panel(self, **values):
        return (
            self.env["client.health.flag.decide"]
            .with_user(self.user)
            .create({"flag_ids": [self.flag.id], **values})
        )

    def find_of(self, user):
        return self.Flag.search(
            [("responsible_id", "in", user.ids), ("id", "=", self.flag.id)]
        )

    def test_put_off_it_is_out_of_the_inbox_until_its_day_is_over(self):
        count = self.Flag.get_to_decide_count()
        told = self.make_panel().action_snooze_week()
        self.assertEqual(told["params"]["undo_method"], "action_wake")
        self.assertEqual(self.flag.snoozed_until, date(2031, 3, 12))
        self.assertFalse(self.in_inbox())
        self.assertTrue(self.own.is_snoozed)
        self.assertTrue(self.own.needs_decision)
        self.assertEqual(self.Flag.get_to_decide_count(), count - 1)
        with freeze_time("2031-03-13 09:00:00"):
            self.assertTrue(self.in_inbox())

    def test_a_higher_level_comes_back_at_once(self):
        self.make_panel().action_snooze_month()
        self.health.conduct_severe_count = 1
        self.judge(self.health)
        self.assertEqual(self.flag.level, "flag")
        self.assertTrue(self.in_inbox())

    def test_put_off_is_taken_back(self):
        self.make_panel().action_snooze_week()
        self.own.action_wake()
        self.assertTrue(self.in_inbox())

    def test_a_day_in_the_past_is_refused(self):
        with self.assertRaises(UserError):
            self.own._snooze(date(2031, 3, 4))

    def test_a_colleague_who_is_asked_is_responsible(self):
        seller = new_test_user(self.env, login="seller", groups="base.group_user")
        self.health.partner_id.user_id = seller
        self.assertEqual(self.own.responsible_id, seller)
        self.make_panel(assignee_id=self.manager.id).action_assign()
        self.assertEqual(self.own.responsible_id, self.manager)
        self.assertTrue(self.find_of(self.manager))
        self.assertFalse(self.find_of(seller))
        self.own._assign(self.env["res.users"])
        self.assertTrue(self.find_of(seller))

    def test_who_may_not_see_the_client_is_not_asked(self):
        outsider = new_test_user(self.env, login="outsider", groups="base.group_user")
        with self.assertRaises(UserError):
            self.own._assign(outsider)

    def test_only_our_users_do_so(self):
        outsider = new_test_user(self.env, login="outsider", groups="base.group_user")
        for act in ("action_wake", "get_to_decide_count"):
            with self.assertRaises(AccessError):
                getattr(self.flag.with_user(outsider), act)()
        with self.assertRaises(AccessError):
            self.own.write({"assignee_id": self.manager.id})

    def test_who_has_left_is_not_responsible(self):
        seller = new_test_user(self.env, "decide_seller", groups="base.group_user")
        self.health.partner_id.user_id = seller
        colleague = new_test_user(
            self.env,
            "decide_leaver",
            groups="base.group_user,client_health.client_health_group_user",
            company_id=self.company.id,
            company_ids=[self.company.id],
        )
        self.flag.assignee_id = colleague
        self.assertEqual(self.own.responsible_id, colleague)
        colleague.active = False
        self.assertEqual(self.own.responsible_id, seller)
        self.assertEqual(self.find_of(seller), self.flag)
        self.assertFalse(self.find_of(colleague))
        with self.assertRaises(UserError):
            self.own._assign(colleague)

    def dismiss_meanwhile(self, flag=None):
        boss = new_test_user(
            self.env,
            "decide_boss",
            name="Boss",
            groups="base.group_user,client_health.client_health_group_manager",
            company_id=self.company.id,
            company_ids=[self.company.id],
        )
        with freeze_time("2031-03-05 09:05:00"):
            (flag or self.flag).with_user(boss).action_dismiss("It was our fault")

    def test_a_click_on_an_old_row_leaves_what_a_colleague_decided(self):
        self.dismiss_meanwhile()
        for step in (self.own.action_confirm_row, self.own.action_open_dismiss):
            with self.subTest(step=step):
                told = step()["params"]
                self.assertIn("Boss", told["message"])
                self.assertFalse(told["undo_method"])
        self.assertEqual(self.flag.decision, "dismissed")
        self.assertEqual(self.flag.decision_reason, "It was our fault")

    def test_many_at_once_leave_what_a_colleague_decided_meanwhile(self):
        _health, other = self.make_flagged("watch", name="Other")
        panel = self.make_panel(flag_ids=[self.flag.id, other.id], reason="All")
        self.dismiss_meanwhile(other)
        with freeze_time("2031-03-05 09:10:00"):
            told = panel.action_confirm()["params"]
        self.assertEqual(self.flag.decision, "confirmed")
        self.assertEqual(other.decision, "dismissed")
        self.assertIn("Boss", told["message"])
        self.assertEqual(told["flag_ids"], self.flag.ids)

    def test_the_last_one_decided_meanwhile_is_told_too(self):
        panel = self.make_panel()
        self.dismiss_meanwhile()
        self.assertIn("Boss", panel.action_confirm()["params"]["message"])
        self.assertIn("Boss", panel.action_dismiss_once()["params"]["message"])
        self.assertEqual(self.flag.decision_reason, "It was our fault")

    def test_a_decision_taken_back_is_put_off_as_before(self):
        self.make_panel().action_snooze_week()
        self.own.action_confirm()
        self.assertFalse(self.flag.snoozed_until)
        self.own.action_undo()
        self.assertEqual(self.flag.snoozed_until, date(2031, 3, 12))
        self.assertFalse(self.in_inbox())
