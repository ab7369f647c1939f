import base64
import io
from datetime import date
from runpy import run_path

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import file_path
from pypdf import PdfReader

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellApproved(FarewellCase):
    """What is sent is what was approved, and goes where it was approved to go."""

    def setUp(self):
        super().setUp()
        self.approve()
        self.case = self.farewell.with_user(self.author)

    def test_another_destination_takes_the_approval_back(self):
        for values in (
            {"email_to": "stranger@example.com"},
            {"delivery": "post"},
            {"email_to": False},
        ):
            with self.subTest(values=values), self.outbox() as sent:
                self.case.write(values)
                self.assertRecordValues(
                    self.farewell,
                    [
                        {
                            "state": "draft",
                            "approved_by_id": False,
                            "letter_pdf": False,
                            "letter_digest": False,
                        }
                    ],
                )
                with self.assertRaises(UserError):
                    self.case.action_send()
                self.assertFalse(sent)
                note = self.farewell.message_ids.sorted("id")[-1]
                self.assertIn("approval was taken back", note.body)
                self.assertEqual(note.author_id, self.author.partner_id)
                self.case.write(
                    {"delivery": "email", "email_to": "info@korenaar.example.com"}
                )
                self.approve()

    def test_the_same_destination_again_leaves_it_approved(self):
        self.case.write({"email_to": self.case.email_to, "delivery": "email"})
        self.assertEqual(self.farewell.state, "approved")

    def test_who_changed_where_it_goes_does_not_approve_that(self):
        self.farewell.with_user(self.approver).email_to = "stranger@example.com"
        with self.assertRaisesRegex(UserError, "second manager"):
            self.approve()

    def test_an_approved_letter_for_the_post_is_not_mailed(self):
        self.case.delivery = "post"
        self.case.email_to = "stranger@example.com"
        self.approve()
        with self.outbox() as sent, self.assertRaisesRegex(UserError, "by post"):
            self.case.action_send()
        self.assertFalse(sent)

    def test_while_it_is_perhaps_under_way_it_goes_nowhere_else(self):
        self.farewell.sudo().sending_date = "2099-01-01 12:00:00"
        with self.assertRaisesRegex(UserError, "interrupted"):
            self.case.email_to = "stranger@example.com"

    def test_later_names_do_not_change_what_is_sent(self):
        approved = self.farewell.letter_pdf
        body = self.farewell.letter_mail["body"]
        self.referral.name = "Another Referral"
        self.client_partner.write({"name": "Another Client", "street": "Elsewhere 1"})
        self.author.write({"name": "Another Signer", "email": "other@example.com"})
        self.env.company.write({"name": "Another Company", "phone": "0900 0000"})
        self.env.invalidate_all()
        with self.outbox() as sent:
            self.case.action_send()
        [message] = sent
        [attachment] = message.iter_attachments()
        self.assertEqual(base64.b64encode(attachment.get_content()), approved)
        page = PdfReader(io.BytesIO(attachment.get_content())).pages[0].extract_text()
        self.assertIn("De Linde", page)
        self.assertIn("Farewell Author", page)
        self.assertIn("farewell_author@example.com", message["From"])
        self.assertIn("Bakkerij De Korenaar", attachment.get_filename())
        mailed = message.get_body(("html",)).get_content()
        self.assertIn("Farewell Author", mailed)
        self.assertIn("Farewell Author", body)
        for text in (page, mailed, attachment.get_filename(), str(message["From"])):
            self.assertNotIn("Another", text)

    def test_printing_and_posting_use_the_kept_letter_too(self):
        approved = base64.b64decode(self.farewell.letter_pdf)
        self.referral.name = "Another Referral"
        self.env.invalidate_all()
        self.assertEqual(self.case._render_letter_pdf(), approved)
        self.case.action_mark_posted()
        self.assertEqual(base64.b64decode(self.farewell.letter_pdf), approved)

    def test_what_is_not_as_approved_is_not_sent(self):
        kept = {name: self.farewell[name] for name in ("letter_pdf", "letter_mail")}
        for name, value in (
            ("letter_pdf", base64.b64encode(b"%PDF other")),
            ("letter_mail", {**kept["letter_mail"], "email_to": "x@example.com"}),
            ("letter_digest", "0" * 64),
            ("letter_pdf", False),
        ):
            with self.subTest(name=name), self.env.cr.savepoint() as savepoint:
                self.farewell.sudo()[name] = value
                for step in (self.case.action_send, self.case.action_mark_posted):
                    with self.outbox() as sent:
                        with self.assertRaisesRegex(UserError, "as it was approved"):
                            step()
                    self.assertFalse(sent)
                savepoint.rollback()
                self.env.invalidate_all()

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_a_retry_sends_the_very_same_letter(self):
        approved = base64.b64decode(self.farewell.letter_pdf)
        with self.outbox(OSError("No route")):
            self.case.action_send()
        with self.outbox() as sent:
            self.case.action_send()
        [attachment] = sent[0].iter_attachments()
        self.assertEqual(attachment.get_content(), approved)

    def test_back_in_draft_nothing_is_kept(self):
        self.case.action_draft()
        self.assertFalse(self.farewell.letter_pdf)
        self.assertFalse(self.farewell.letter_mail)
        self.assertIn("DRAFT", self.print_letter().pages[0].extract_text())

    def test_a_user_of_no_manager_rights_gets_no_letter_out(self):
        """The attack: a case that says it is approved, in every way there is."""
        Case = self.env["client.farewell"].with_user(self.colleague)
        client = self.env["res.partner"].create({"name": "Victim", "email": "v@x.nl"})
        vals = {"partner_id": client.id, "end_date": date(2099, 1, 1)}
        with self.assertRaises(AccessError):
            Case.create({**vals, "state": "approved"})
        case = Case.with_context(
            default_state="approved",
            default_approved_by_id=self.approver.id,
            default_sent_date="2020-01-01",
            default_letter_pdf=base64.b64encode(b"%PDF"),
            default_letter_digest="0" * 64,
        ).create(vals)
        self.assertRecordValues(
            case.sudo(),
            [
                {
                    "state": "draft",
                    "approved_by_id": False,
                    "sent_date": False,
                    "letter_pdf": False,
                    "letter_digest": False,
                }
            ],
        )
        with self.outbox() as sent, self.assertRaises(UserError):
            case.action_send()
        self.assertFalse(sent)


@tagged("post_install", "-at_install")
class TestFarewellAmounts(FarewellCase, HttpCase):
    """Only who may see invoices gets a letter that names amounts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.colleague, cls.author):
            user.password = user.login  # to log in with
        cls.approve(cls)
        with cls.outbox(cls):
            cls.farewell.with_user(cls.author).action_send()
        batch = cls.env["client.farewell.batch"].with_user(cls.author)
        cls.batch = batch.browse(
            batch.action_start("print", cls.farewell.ids)["res_id"]
        )
        cls.batch.sudo().result_pdf = base64.b64encode(b"%PDF batch")
        cls.env.flush_all()

    def test_the_kept_letter_is_behind_the_amount_groups(self):
        case = self.farewell.with_user(self.colleague)
        with self.assertRaises(AccessError):
            case.read(["letter_pdf"])
        with self.assertRaises(AccessError):
            case.search([("letter_pdf", "!=", False)])
        with self.assertRaises(UserError):
            case._render_letter_pdf()
        self.assertTrue(case.letter_digest)
        arch = case.get_view(view_type="form")["arch"]
        self.assertNotIn('name="letter_pdf"', arch)
        self.assertIn("may see invoices can open it", " ".join(arch.split()))
        arch = self.farewell.with_user(self.author).get_view(view_type="form")["arch"]
        self.assertIn('name="letter_pdf"', arch)
        self.assertNotIn("may see invoices can open it", " ".join(arch.split()))

    def test_no_file_of_the_letter_hangs_elsewhere(self):
        files = self.env["ir.attachment"].sudo()
        found = files.search(
            [
                ("res_model", "in", ("client.farewell", "mail.mail", "mail.message")),
                ("mimetype", "=", "application/pdf"),
                ("res_field", "in", (False, "letter_pdf", "other")),
                ("res_id", "!=", 0),
            ]
        ).filtered(lambda one: one.res_id == self.farewell.id or not one.res_field)
        self.assertEqual(found.mapped("res_field"), ["letter_pdf"])
        for one in found:
            with self.assertRaises(AccessError):
                one.with_user(self.colleague).read(["raw"])
        messages = self.farewell.sudo().message_ids
        self.assertFalse(messages.attachment_ids)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model")
    def test_no_route_gives_it_to_who_may_not_see_invoices(self):
        self.batch.sudo().create_uid = self.colleague
        files = self.env["ir.attachment"].sudo()
        file = files.search(
            [("res_field", "=", "letter_pdf"), ("res_id", "=", self.farewell.id)]
        )
        addresses = (
            f"/web/content/client.farewell/{self.farewell.id}/letter_pdf",
            f"/web/content/client.farewell.batch/{self.batch.id}/result_pdf",
            f"/web/content/{file.id}?download=1",
            f"/report/pdf/client_health.report_farewell_letter/{self.farewell.id}",
        )
        self.authenticate(self.colleague.login, self.colleague.login)
        for address in addresses:
            with self.subTest(address=address):
                self.assertNotIn(b"%PDF", self.url_open(address).content)
        self.authenticate(self.author.login, self.author.login)
        self.assertIn(b"%PDF", self.url_open(addresses[0]).content)

    def test_letters_of_before_are_kept_and_taken_off_their_messages(self):
        case = self.farewell.sudo()
        digest, case.letter_digest = case.letter_digest, False
        file = self.env["ir.attachment"].create(
            {"name": "letter.pdf", "res_model": case._name, "res_id": case.id}
        )
        case.mail_id.attachment_ids = file
        self.env.flush_all()
        path = "client_health/migrations/19.0.1.1.0/post-letters.py"
        for _number in range(2):  # an update may come again
            run_path(file_path(path))["migrate"](self.env.cr, "19.0")
            self.env.invalidate_all()
            self.assertEqual(case.letter_digest, digest)
            self.assertFalse(file.exists())

    def test_who_may_not_see_invoices_prints_no_pile(self):
        Batch = self.env["client.farewell.batch"].with_user(self.colleague)
        with self.assertRaisesRegex(UserError, "may see invoices"):
            Batch.action_start("print", self.farewell.ids)

    def test_a_salesperson_s_own_invoices_make_no_half_letter(self):
        """Reading some invoices is not seeing what a client has to pay."""
        self.env["ir.model.access"].create(
            {
                "name": "Own invoices",
                "model_id": self.env.ref("account.model_account_move").id,
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        case = self.make_farewell(self.referral).with_user(self.colleague)
        self.assertTrue(case._get_invoice_values()["hidden"])
