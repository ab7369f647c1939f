import io
from smtplib import (
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from pypdf import PdfReader

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellDelivery(FarewellCase):
    def setUp(self):
        super().setUp()
        self.approve()
        self.case = self.farewell.with_user(self.author)

    def test_one_mail_to_one_address_with_the_letter(self):
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(len(sent), 1)
        message = sent[0]
        self.assertEqual(message["To"], "info@korenaar.example.com")
        self.assertFalse(message["Cc"] or message["Bcc"])
        self.assertEqual(message["Subject"], "Completing our work together")
        self.assertIn("farewell_author@example.com", message["From"])
        [attachment] = message.iter_attachments()
        self.assertEqual(
            attachment.get_filename(),
            "Completing our work together - Bakkerij De Korenaar.pdf",
        )
        reader = PdfReader(io.BytesIO(attachment.get_content()))
        text = reader.pages[0].extract_text()
        self.assertIn("December 31, 2099", text)
        self.assertNotIn("DRAFT", text)
        self.assertRecordValues(
            self.farewell,
            [{"state": "sent", "send_error": False, "sent_by_id": self.author.id}],
        )

    def test_the_mail_is_in_the_language_of_the_letter(self):
        self.case.action_draft()
        self.case.write({"lang": "nl_NL"})
        self.approve()
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(sent[0]["Subject"], "Afronding van onze samenwerking")
        body = sent[0].get_body(("html",)).get_content()
        self.assertIn("In de bijlage", body)
        self.assertNotIn("Attached", body)

    def test_another_address_is_mailed_after_another_approval(self):
        self.case.email_to = "Marieke <Marieke@Korenaar.example.com>"
        self.approve()
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(sent[0]["To"], "marieke@korenaar.example.com")

    def test_no_address_that_is_not_exactly_one(self):
        for bad in ("a@b", "a@x.nl,b@x.nl", "a@x.nl\nBcc: b@x.nl", False):
            with self.subTest(bad=bad), self.outbox() as sent:
                self.case.email_to = bad
                for step in (self.approve, self.case.action_send):
                    with self.assertRaises(UserError):
                        step()
                self.assertFalse(sent)
                self.assertEqual(self.farewell.state, "draft")

    def test_no_letter_goes_out_after_the_end_date_it_names(self):
        with self.outbox() as sent:
            with freeze_time("2100-01-02 12:00:00"):
                with self.assertRaisesRegex(UserError, "end date .* has passed"):
                    self.case.action_send()
            self.assertFalse(sent)
            with freeze_time("2099-12-31 12:00:00"):
                self.case.action_send()
        self.assertEqual(len(sent), 1)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_refused_mail_leaves_it_approved_with_the_error_and_a_retry(self):
        refused = SMTPRecipientsRefused(
            {"info@korenaar.example.com": (550, b"Unknown")}
        )
        for error in (refused, OSError("No route")):
            with self.subTest(error=error), self.outbox(error):
                self.case.action_send()
            self.assertEqual(self.farewell.state, "approved")
            self.assertTrue(self.farewell.send_error)
            self.assertTrue(self.farewell.letter_pdf)
            self.assertFalse(self.farewell.activity_ids)
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(len(sent), 1)
        self.assertRecordValues(self.farewell, [{"state": "sent", "send_error": False}])

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_why_it_was_not_sent_is_said_in_a_sentence(self):
        refused = SMTPRecipientsRefused(
            {"info@korenaar.example.com": (550, b"Unknown")}
        )
        sender = SMTPSenderRefused(501, b"No", "x@example.com")
        for error, failure, sentence, dutch in (
            (refused, "address", "Ask the client for the right", "Vraag de klant"),
            (sender, "sender", "in the name of", "namens"),
            (OSError("[Errno 111] refused"), "server", "could not be", "niet bereik"),
            (ValueError("Too large"), "other", "did not take", "niet aangenomen"),
        ):
            said = f"{type(error).__name__}: {error}"
            told = MailDeliveryException("Mail Delivery Failed", said)  # as core does
            with self.subTest(failure=failure), self.outbox(told):
                self.case.action_send()
                self.assertEqual(self.farewell.send_failure, failure)
                self.assertIn(sentence, self.case.send_advice)
                case = self.farewell.with_user(self.colleague)
                self.assertIn(dutch, case.with_context(lang="nl_NL").send_advice)
                for raw in ("550", "501", "Errno", "Too large"):
                    self.assertNotIn(raw, case.send_advice)
        view = self.case.get_view(view_type="form")["arch"]
        self.assertIn("The server said", view)
        view = self.case.with_user(self.colleague).get_view(view_type="form")["arch"]
        self.assertNotIn("The server said", view)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_server_that_hangs_up_may_have_the_letter(self):
        with self.outbox(SMTPServerDisconnected("Gone")):
            self.case.action_send()
        self.assertEqual(self.farewell.state, "approved")
        self.assertTrue(self.farewell.sending_date)
        with self.outbox() as sent:
            with self.assertRaisesRegex(UserError, "interrupted"):
                self.case.action_send()
            self.env["mail.mail"].process_email_queue()
            self.assertFalse(sent)
            self.case.action_send_again()
        self.assertEqual(len(sent), 1)
        self.assertEqual(self.farewell.state, "sent")

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_nothing_is_sent_twice(self):
        with self.outbox(OSError("No route")):
            self.case.action_send()
        with self.outbox() as sent:
            self.case.action_send()
            with self.assertRaises(UserError):
                self.case.action_send()
            self.env["mail.mail"].process_email_queue()
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(len(sent), 1)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_queued_mail_that_fails_later_brings_the_case_back(self):
        self.case.action_send()
        self.assertEqual(self.farewell.state, "sent")
        mail = self.farewell.sudo().mail_id
        self.assertEqual(mail.state, "outgoing")
        with self.outbox(OSError("No route")):
            mail.send()
        self.env.invalidate_all()
        self.assertEqual(self.farewell.state, "approved")
        self.assertIn("No route", self.farewell.send_error)

    def test_what_came_of_it_is_kept_at_sending(self):
        health = self.env["client.health"].sudo()
        health.create(
            {
                "partner_id": self.client_partner.id,
                "company_id": self.env.company.id,
                "revenue_amount": 1250,
                "ticket_count": 7,
                "message_count": 30,
            }
        )
        self.case.action_mark_posted()
        self.assertRecordValues(
            self.farewell.sudo(),
            [{"revenue_window": 1250, "ticket_window": 7, "message_window": 30}],
        )
