from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .farewell_common import FarewellCase


class Killed(BaseException):
    """The process ends here: nothing catches it, and its transaction is lost."""


@tagged("post_install", "-at_install")
class TestFarewellInterrupted(FarewellCase):
    """A server that stops after the mail server took a letter.

    What was committed stays: `assertRaises` would roll that back as well.
    """

    def setUp(self):
        super().setUp()
        self.approve()
        self.case = self.farewell.with_user(self.author)

    def test_a_case_says_that_it_was_perhaps_sent(self):
        self.stop_while_sending()
        self.assertRecordValues(
            self.farewell, [{"state": "approved", "sent_date": False}]
        )
        self.assertTrue(self.farewell.sending_date)
        self.assertTrue(self.farewell.letter_pdf)
        self.assertEqual(self.farewell.message_ref, self.message["Message-Id"])
        self.assertEqual(self.case.search([("sending_date", "!=", False)]), self.case)

    def test_nothing_sends_it_again_by_itself(self):
        self.stop_while_sending()
        with self.outbox() as sent:
            self.env["mail.mail"].sudo().process_email_queue()
            self.env["mail.mail"].sudo().process_email_queue()
            self.run_cron("client_farewell_batch_cron")
            self.run_cron("client_farewell_cron_finish")
            with self.assertRaisesRegex(UserError, "interrupted"):
                self.case.action_send()
        self.assertFalse(sent)

    def test_first_somebody_says_whether_it_was_sent(self):
        self.stop_while_sending()
        for step in ("action_send", "action_mark_posted", "action_draft",
                     "action_cancel"):  # fmt: skip
            with self.subTest(step=step), self.assertRaises(UserError):
                getattr(self.case, step)()
        ready = self.case.action_confirm_send()
        wizard = self.env[ready["res_model"]].browse(ready["res_id"])
        self.assertFalse(wizard.farewell_ids)

    def test_it_was_sent(self):
        self.stop_while_sending()
        when = self.farewell.sending_date
        with self.outbox() as sent:
            self.case.action_confirm_sent()
        self.assertFalse(sent)
        self.assertRecordValues(
            self.farewell,
            [{"state": "sent", "sent_date": when, "sending_date": False}],
        )
        self.assertEqual(len(self.farewell.activity_ids), 2)

    def test_it_was_not_sent(self):
        self.stop_while_sending()
        with self.outbox() as sent:
            self.case.action_send_again()
        self.assertEqual(len(sent), 1)
        self.assertRecordValues(
            self.farewell, [{"state": "sent", "sending_date": False}]
        )

    def test_only_an_interrupted_case_is_decided_on(self):
        for step in ("action_confirm_sent", "action_send_again"):
            with self.subTest(step=step), self.assertRaises(UserError):
                getattr(self.case, step)()

    def test_a_batch_goes_on_with_the_others(self):
        second = self.make_farewell(self.referral, email_to="post@linde.example.com")
        second.delivery = "email"
        self.approve(second)
        Batch = self.env["client.farewell.batch"].with_user(self.author)
        cases = self.farewell | second
        batch = Batch.browse(Batch.action_start("send", cases.ids)["res_id"])
        with self.outbox(Killed()) as sent, suppress(Killed):
            self.run_cron("client_farewell_batch_cron")
        self.env.invalidate_all()
        self.assertEqual(batch.line_ids.mapped("state"), ["busy", "todo"])
        with self.outbox() as rest:
            self.run_cron("client_farewell_batch_cron")
            self.run_cron("client_farewell_batch_cron")
        self.assertEqual(batch.line_ids.mapped("state"), ["failed", "done"])
        self.assertEqual(
            [message["To"] for message in sent + rest],
            ["info@korenaar.example.com", "post@linde.example.com"],
        )
        batch.action_retry()
        with self.outbox() as again:
            self.run_cron("client_farewell_batch_cron")
        self.assertFalse(again)
        self.assertIn("interrupted", batch.line_ids[0].error)

    def test_a_printed_batch_goes_on_where_it_was(self):
        second = self.make_farewell(self.referral)
        Batch = self.env["client.farewell.batch"].with_user(self.author)
        cases = self.farewell | second
        batch = Batch.browse(Batch.action_start("print", cases.ids)["res_id"])
        render, printed = type(self.farewell)._render_letter_pdf, []

        def stop_at_the_second(case):
            if printed:
                raise Killed
            printed.append(case.id)
            return render(case)

        with (
            patch.object(type(self.farewell), "_render_letter_pdf", stop_at_the_second),
            suppress(Killed),
        ):
            self.run_cron("client_farewell_batch_cron")
        self.env.invalidate_all()
        self.assertEqual(batch.line_ids.mapped("state"), ["done", "todo"])
        self.run_cron("client_farewell_batch_cron")
        self.assertEqual(batch.line_ids.mapped("state"), ["done", "done"])
        self.assertTrue(batch.result_pdf)

    def stop_while_sending(self):
        """Send the letter; the server stops before it can note the answer."""
        with (
            self.enter_registry_test_mode(),
            self.outbox(Killed()) as sent,
            patch.object(type(self.farewell), "_can_commit", lambda _self: True),
            suppress(Killed),
            self.registry.cursor() as cr,
        ):
            self.case.with_env(self.case.env(cr=cr)).action_send()
        [self.message] = sent
        self.env.invalidate_all()

    def run_cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"client_health.{name}").method_direct_trigger()
        self.env.invalidate_all()
