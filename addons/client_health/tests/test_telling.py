from datetime import date, timedelta

from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import new_test_user, speak_dutch
from .flags_common import FlagsCase

MONDAY = "2031-03-03"


@tagged("-at_install", "post_install")
@freeze_time(f"{MONDAY} 09:00:00")
class TestTelling(FlagsCase):
    """Colleagues are told by mail what asks for them, once, and as far as they may."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Told = cls.env["client.health.told"]
        # others of the database are told of flags of tests as well
        group = cls.env.ref("client_health.client_health_group_user")
        group.all_user_ids.client_health_notice = "off"
        cls.company.client_health_refreshed_on = date(2031, 3, 3)
        cls.user.client_health_notice = "now"
        cls.Told._forget()

    def tell(self):
        """Run what the cron does, and return what was queued."""
        last = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        for user in self.Told._get_users_to_tell():
            self.Told._tell(user)
        return self.env["mail.mail"].search([("id", ">", last)], order="id")

    def test_a_new_flag_is_told_once_with_its_sentence(self):
        _health, flag = self.make_flagged(name="Loud Ltd")
        mail = self.tell()
        self.assertEqual(len(mail), 1)
        self.assertIn("health_user", mail.email_to)
        self.assertIn("1 to decide", mail.subject)
        self.assertIn("Loud Ltd", mail.body_html)
        self.assertIn(flag.reason, mail.body_html)
        self.assertFalse(self.tell())

    def test_a_flag_that_rises_is_told_again(self):
        health, flag = self.make_flagged("watch")
        self.assertTrue(self.tell())
        health.conduct_severe_count = 1
        self.judge(health)
        self.assertEqual(flag.level, "flag")
        self.assertTrue(self.tell())

    def test_a_flag_that_falls_is_not_told_again(self):
        _health, flag = self.make_flagged()
        self.assertTrue(self.tell())
        flag.level = "watch"
        self.Told._forget()
        self.assertTrue(flag.needs_decision)
        self.assertFalse(self.tell())

    def test_what_is_over_and_comes_back_is_told_again(self):
        _health, flag = self.make_flagged()
        self.assertTrue(self.tell())
        flag.with_user(self.user).action_dismiss("Once.", "2031-04-30")
        self.Told._forget()
        self.assertFalse(self.tell())
        with freeze_time("2031-05-02"):
            self.Told._forget()
            mail = self.tell()
        self.assertIn("no longer dismissed", mail.body_html)

    def test_what_comes_back_while_it_is_held_is_not_told_again(self):
        health, flag = self.make_flagged("watch")
        self.assertTrue(self.tell())
        health.conduct_incident_count = 0  # matched, and unmatched again
        self.judge(health)
        self.assertFalse(flag.needs_decision)
        self.Told._forget()
        health.conduct_incident_count = 1
        self.judge(health)
        self.assertTrue(flag.needs_decision)
        self.assertFalse(self.tell())
        health.conduct_incident_count = 0
        self.judge(health)
        with freeze_time("2031-06-10"):  # cleared, and something new
            self.judge(health)
            self.Told._forget()
            health.conduct_incident_count = 1
            self.judge(health)
            self.assertTrue(self.tell())

    def test_hundreds_are_one_mail_that_names_the_most_serious(self):
        self.make_flagged("watch", name="Milder Ltd")
        for number in range(11):
            self.make_flagged(name=f"Client {number}")
        mail = self.tell()
        self.assertEqual(len(mail), 1)
        self.assertIn("12 to decide", mail.subject)
        self.assertEqual(mail.body_html.count("/mail/view"), 10)
        self.assertIn("And 2 more.", mail.body_html)
        self.assertNotIn("Milder Ltd", mail.body_html)

    def test_while_the_first_count_runs_nothing_is_told(self):
        self.company.client_health_refreshed_on = False
        self.make_flagged()
        self.assertFalse(self.tell())
        self.company.client_health_refreshed_on = date(2031, 3, 3)
        self.assertTrue(self.tell())

    def test_once_a_week_is_on_monday_or_when_it_was_missed(self):
        self.user.client_health_notice = "weekly"
        self.assertFalse(self.tell())  # Monday has had its look
        self.make_flagged()
        with freeze_time("2031-03-09"):
            self.assertFalse(self.tell())
        with freeze_time("2031-03-11"):  # the server was off on Monday
            self.assertTrue(self.tell())
            self.make_flagged(name="Another")
            self.assertFalse(self.tell())

    def test_who_does_not_want_it_is_not_told(self):
        self.user.client_health_notice = "off"
        self.make_flagged()
        self.assertFalse(self.tell())

    def test_only_who_may_know_is_told(self):
        outsider = new_test_user(self.env, login="outsider", groups="base.group_user")
        outsider.client_health_notice = "now"
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = new_test_user(
            self.env,
            login="foreign",
            groups="client_health.client_health_group_user",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        foreign.client_health_notice = "now"
        self.make_flagged()
        self.assertEqual(self.tell().mapped("email_to"), [self.user.email_formatted])

    def test_amounts_are_for_who_may_see_invoices(self):
        self.manager.client_health_notice = "now"
        self.manager.group_ids += self.env.ref("account.group_account_invoice")
        health = self.make_client(
            name="Owes Ltd",
            invoice_count=9,
            instalment_due_count=9,
            late_count=9,
            late_share=1,
            late_amount_share=1,
            days_late_avg=40,
            overdue_amount=4321,
            overdue_days_max=120,
        )
        self.judge(health)
        mails = {mail.email_to: mail.body_html for mail in self.tell()}
        self.assertIn("4,321", mails[self.manager.email_formatted])
        self.assertNotIn("4,321", mails[self.user.email_formatted])
        self.assertIn("120 days", mails[self.user.email_formatted])

    def test_it_is_in_the_language_of_the_reader(self):
        speak_dutch(self.env)
        self.user.lang = "nl_NL"
        _health, flag = self.make_flagged()
        mail = self.tell()
        dutch = flag.with_user(self.user).with_context(lang="nl_NL").reason
        self.assertNotEqual(dutch, flag.reason)
        self.assertIn(dutch, mail.body_html)

    def test_a_dismissal_about_to_end_is_told_to_who_decided(self):
        self.manager.client_health_notice = "now"
        _health, flag = self.make_flagged()
        flag.with_user(self.user).action_dismiss("Once.", "2031-03-20")
        self.assertFalse(self.tell())
        with freeze_time("2031-03-14"):
            mail = self.tell()
            self.assertEqual(mail.mapped("email_to"), [self.user.email_formatted])
            self.assertIn("1 about to end", mail.subject)
            self.assertFalse(self.tell())

    def test_a_dismissal_that_was_prolonged_is_told_when_that_ends(self):
        _health, flag = self.make_flagged()
        flag.with_user(self.user).action_dismiss("Once.", "2031-03-20")
        with freeze_time("2031-03-14"):
            self.assertTrue(self.tell())
            flag.with_user(self.user).action_dismiss("Once more.", "2031-06-20")
            self.Told._forget()
            self.assertFalse(self.tell())
        with freeze_time("2031-06-14"):
            self.assertTrue(self.tell())
            self.Told._forget()
            self.assertFalse(self.tell())

    def test_a_step_is_told_once_where_the_day_begins_before_the_servers(self):
        self.user.tz = "Europe/Amsterdam"
        self.make_client().with_user(self.user).activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=date(2031, 3, 5),
            summary="Talk it over by telephone",
            user_id=self.user.id,
            automated=False,
        )
        with freeze_time("2031-03-04 23:30:00"):
            self.assertTrue(self.tell())
            self.Told._forget()
            self.assertFalse(self.tell())

    def test_a_step_is_told_on_its_day_and_again_when_it_was_moved(self):
        health = self.make_client()
        step = health.with_user(self.user).activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=date(2031, 3, 5),
            summary="Talk it over by telephone",
            user_id=self.user.id,
            automated=False,
        )
        self.assertFalse(self.tell())
        with freeze_time("2031-03-05 09:00:00"):
            mail = self.tell()
            self.assertIn("1 to do", mail.subject)
            self.assertIn("Talk it over by telephone", mail.body_html)
            step.date_deadline += timedelta(days=7)
            self.Told._forget()
            self.assertFalse(self.tell())
        with freeze_time("2031-03-12 09:00:00"):
            self.assertTrue(self.tell())

    def test_a_case_that_waits_for_a_second_manager_is_told(self):
        self.manager.client_health_notice = "now"
        case = (
            self.env["client.farewell"]
            .with_user(self.user)
            .create({"partner_id": self.make_client(name="Goes Ltd").partner_id.id})
        )
        case.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary="Read and approve",
            user_id=self.manager.id,
        )
        mail = self.tell()
        self.assertEqual(mail.email_to, self.manager.email_formatted)
        self.assertIn("Read and approve", mail.body_html)
        self.assertIn("Goes Ltd", mail.body_html)

    def test_who_is_asked_to_decide_is_told_so(self):
        self.manager.client_health_notice = "now"
        _health, flag = self.make_flagged()
        self.tell()
        flag.with_user(self.user)._assign(self.manager)
        mail = self.tell()
        self.assertEqual(mail.email_to, self.manager.email_formatted)
        self.assertIn("For you to decide", mail.body_html)
        self.assertFalse(self.tell())

    def test_what_is_put_off_is_not_told(self):
        _health, flag = self.make_flagged()
        flag.with_user(self.user)._snooze(date(2031, 3, 10))
        self.assertFalse(self.tell())
        with freeze_time("2031-03-11"):
            self.assertTrue(self.tell())

    def test_the_cron_keeps_what_it_told(self):
        self.make_flagged()
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers = triggers.search([("cron_id", "=", queue.id)])
        triggers.unlink()
        with self.enter_registry_test_mode():
            self.env.ref("client_health.ir_cron_tell").method_direct_trigger()
        self.assertEqual(self.user.client_health_told_on, fields.Date.today())
        self.assertTrue(self.Told.search([("user_id", "=", self.user.id)]))
        self.assertTrue(
            triggers.search([("cron_id", "=", queue.id)]), "the mail goes at once"
        )
        self.assertFalse(self.tell())

    def test_the_switch_is_ones_own_and_of_our_groups_only(self):
        mine = self.user.with_user(self.user)
        mine.write({"client_health_notice": "off"})
        self.assertEqual(mine.read(["client_health_notice"])[0]["id"], mine.id)
        with self.assertRaises(AccessError):
            self.manager.with_user(self.user).write({"client_health_notice": "off"})
        for group in ("base.group_user", "base.group_portal"):
            other = new_test_user(self.env, login=group, groups=group)
            with self.assertRaises(AccessError):
                other.with_user(other).write({"client_health_notice": "now"})
            with self.assertRaises(AccessError):
                other.with_user(other).read(["client_health_notice"])

    def test_nobody_reads_what_was_told(self):
        with self.assertRaises(AccessError):
            self.Told.with_user(self.manager).search([])
