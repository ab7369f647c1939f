import base64
import io
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from pypdf import PdfReader

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellBatch(FarewellCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clients = cls.env["res.partner"].create(
            [
                {
                    "name": f"Client {number}",
                    "city": "Utrecht",
                    "email": f"client{number}@example.com",
                }
                for number in range(4)
            ]
        )
        cls.cases = cls.farewell.browse()
        for client in clients:
            cls.cases |= cls.make_farewell(client)

    def test_letters_are_printed_in_one_file_in_their_order(self):
        batch = self.start("print")
        self.assertRecordValues(batch, [{"state": "running", "progress": 0}])
        self.run_cron()
        self.assertRecordValues(batch, [{"state": "finished", "progress": 100}])
        reader = PdfReader(io.BytesIO(base64.b64decode(batch.result_pdf)))
        self.assertEqual(len(reader.pages), 4)
        for number, page in enumerate(reader.pages):
            self.assertIn(f"Client {number}", page.extract_text())
        self.assertFalse(any(batch.line_ids.mapped("pdf")))

    def test_one_that_fails_does_not_lose_the_others(self):
        failing, render = self.cases[1], type(self.farewell)._render_letter_pdf

        def fail(case):
            if case.id == failing.id:
                raise UserError(case.display_name)
            return render(case)

        batch = self.start("print")
        with patch.object(type(self.farewell), "_render_letter_pdf", fail):
            self.run_cron()
        self.assertRecordValues(
            batch.line_ids,
            [
                {"state": "done", "error": False},
                {"state": "failed", "error": failing.display_name},
                {"state": "done", "error": False},
                {"state": "done", "error": False},
            ],
        )
        self.assertEqual(batch.failed_count, 1)
        reader = PdfReader(io.BytesIO(base64.b64decode(batch.result_pdf)))
        self.assertEqual(len(reader.pages), 3)
        batch.action_retry()
        self.run_cron()
        self.assertEqual(batch.failed_count, 0)

    def test_approved_letters_are_mailed_once(self):
        self.approve(self.cases[:3])
        batch = self.start("send")
        with self.outbox() as sent:
            self.run_cron()
            self.run_cron()
        self.assertEqual(
            [message["To"] for message in sent],
            [f"client{number}@example.com" for number in range(3)],
        )
        self.assertEqual(self.cases.mapped("state"), ["sent"] * 3 + ["draft"])
        self.assertEqual(
            batch.line_ids.mapped("state"), ["done", "done", "done", "failed"]
        )
        self.assertEqual(self.cases[0].sent_by_id, self.author)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_refused_mail_is_a_failed_letter(self):
        self.approve(self.cases[:1])
        batch = self.start("send", self.cases[:1])
        with self.outbox(OSError("No route")):
            self.run_cron()
        self.assertEqual(batch.line_ids.state, "failed")
        self.assertIn("No route", batch.line_ids.error)
        self.assertEqual(self.cases[0].state, "approved")

    def test_an_interrupted_mail_is_not_tried_again_by_itself(self):
        self.approve(self.cases[:1])
        batch = self.start("send", self.cases[:1])
        batch.line_ids.sudo().state = "busy"
        with self.outbox() as sent:
            self.run_cron()
        self.assertFalse(sent)
        self.assertEqual(batch.line_ids.state, "failed")

    def test_the_last_look_leaves_out_what_is_not_ready(self):
        self.approve(self.cases[:2])
        action = self.cases.with_user(self.author).action_confirm_send()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.farewell_ids, self.cases[:2])
        self.assertEqual(wizard.skipped_count, 2)
        started = wizard.with_user(self.author).action_send()
        batch = self.env["client.farewell.batch"].browse(started["res_id"])
        self.assertEqual(batch.line_ids.farewell_id, self.cases[:2])

    def test_a_batch_is_its_owner_s(self):
        batch = self.start("print")
        with self.assertRaises(AccessError):
            batch.with_user(self.approver).read(["kind"])

    def test_the_print_menu_prints_several_as_well(self):
        self.assertEqual(len(self.print_letter(self.cases).pages), 4)

    def start(self, kind, cases=None):
        Batch = self.env["client.farewell.batch"].with_user(self.author)
        action = Batch.action_start(kind, (cases or self.cases).ids)
        return Batch.browse(action["res_id"])

    def run_cron(self):
        with self.enter_registry_test_mode():
            cron = self.env.ref("client_health.client_farewell_batch_cron")
            cron.method_direct_trigger()
        self.env.invalidate_all()
