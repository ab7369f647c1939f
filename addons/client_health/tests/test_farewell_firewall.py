import io

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from pypdf import PdfReader

from .common import new_test_user
from .farewell_common import FarewellCase

MARK = "Qzxinternal"


@tagged("post_install", "-at_install")
class TestFarewellFirewall(FarewellCase):
    """Marked words in everything internal; none of them may reach the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls.env["res.users"].create(
            {
                "name": "Marieke",
                "login": "farewell_portal",
                "email": "marieke@korenaar.example.com",
                "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
                "partner_id": cls.client_partner.id,
            }
        )
        cls.health = cls.fill_health()
        cls.client_partner.comment = f"<p>{MARK} note</p>"
        cls.client_partner.message_post(
            body=f"{MARK} about the client",
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )
        cls.farewell.sudo().message_subscribe(cls.client_partner.ids)
        cls.notes = cls.farewell.with_user(cls.author).message_post(
            body=f"{MARK} on the case",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=cls.client_partner.ids,
        )
        cls.farewell.with_user(cls.author).activity_schedule(
            "mail.mail_activity_data_todo", summary=f"{MARK} todo", note=f"{MARK} todo"
        )

    @classmethod
    def fill_health(cls):
        health = cls.env["client.health"].create(
            {"partner_id": cls.client_partner.id, "company_id": cls.env.company.id}
        )
        trait = cls.env["client.health.trait"].create(
            {"name": f"{MARK} trait", "code": "qzx", "guidance": f"{MARK} guidance"}
        )
        cls.env["client.health.flag"].create(
            {
                "health_id": health.id,
                "trait_id": trait.id,
                "level": "flag",
                "decision_reason": f"{MARK} reason",
            }
        )
        own = {"partner_id": cls.client_partner.id, "health_id": health.id}
        cls.env["client.health.incident"].create(
            {**own, "kind": "conduct", "description": f"{MARK} incident"}
        )
        cls.env["client.health.promise"].create(
            {**own, "description": f"{MARK} promise", "date_promised": "2099-01-01"}
        )
        health.message_post(body=f"{MARK} on health")
        return health

    def test_letter_and_mail_say_nothing_internal(self):
        self.assert_clean_pdf(self.print_letter())
        self.approve()
        with self.outbox() as sent:
            self.farewell.with_user(self.author).action_send()
        [message] = [m for m in sent if m["To"] == "info@korenaar.example.com"]
        self.assertEqual(len(sent), 1)
        [attachment] = message.iter_attachments()
        self.assertNotIn(MARK, attachment.get_filename())
        self.assert_clean_pdf(PdfReader(io.BytesIO(attachment.get_content())))
        self.assertNotIn(MARK, message.get_body(("html",)).get_content())
        headers = " ".join(f"{key}: {value}" for key, value in message.items())
        self.assertNotIn(MARK, headers)

    def test_the_client_reads_no_message_of_the_case(self):
        self.assertNotIn(self.client_partner, self.farewell.message_partner_ids)
        self.assertNotIn(self.client_partner, self.notes.sudo().notified_partner_ids)
        self.assertFalse(self.notes.sudo().partner_ids)
        self.approve()
        with self.outbox():
            self.farewell.with_user(self.author).action_send()
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "in", ("client.farewell", "client.health")),
                    ("res_id", "in", (self.farewell.id, self.health.id)),
                ]
            )
        )
        self.assertGreater(len(messages), 2)
        for message in messages.with_user(self.portal):
            with self.assertRaises(AccessError):
                message.read(["body", "subject"])

    def test_a_follower_from_elsewhere_is_not_notified(self):
        self.env["mail.followers"].sudo().create(
            {
                "res_model": "client.farewell",
                "res_id": self.farewell.id,
                "partner_id": self.client_partner.id,
                "subtype_ids": [Command.link(self.env.ref("mail.mt_comment").id)],
            }
        )
        message = self.farewell.with_user(self.author).message_post(
            body=MARK, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertNotIn(self.client_partner, message.sudo().notified_partner_ids)

    def test_who_signs_without_client_health_learns_nothing_of_the_case(self):
        signer = new_test_user(
            self.env, "farewell_signer", groups="base.group_user", email="s@example.com"
        )
        other = self.client_partner.copy({"name": "Other"})
        case = self.make_farewell(other, user_id=signer.id)
        self.env.flush_all()
        self.assertNotIn(signer.partner_id, case.sudo().message_partner_ids)
        case.with_user(self.author).message_post(
            body=MARK,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=signer.partner_id.ids,
        )
        self.approve(case)
        case.with_user(self.author).action_mark_posted()
        case.with_user(self.author).action_done()
        self.assertEqual(len(case.sudo().activity_ids), 3)
        self.assertNotIn(signer, case.sudo().activity_ids.user_id)
        told = self.env["mail.message"].with_user(signer)
        self.assertFalse(told.search([("model", "=", "client.farewell")]))

    def test_the_client_s_own_pages_show_no_mark(self):
        Message = self.env["mail.message"].with_user(self.portal)
        bodies = Message.search([]).mapped("body")
        self.assertFalse([body for body in bodies if MARK in (body or "")])
        mails = self.env["mail.mail"].sudo().search([])
        to_client = mails.filtered(
            lambda mail: (
                self.client_partner in mail.recipient_ids
                or "korenaar" in (mail.email_to or "")
            )
        )
        self.assertFalse([mail for mail in to_client if MARK in mail.body_html])

    def test_a_template_in_a_text_stays_text(self):
        attacks = (
            "{{ object.partner_id.comment }}",
            "<t t-out=\"env['client.health.flag'].search([]).decision_reason\"/>",
            "${object.partner_id.comment} {partner_id} {comment}",
        )
        draft = self.farewell.with_user(self.author)
        draft.write({"situation": f"<p>{' '.join(attacks)}</p>"})
        draft.item_ids[0].name = attacks[0]
        draft.salutation = attacks[0]
        reader = self.print_letter()
        self.assert_clean_pdf(reader)
        self.assertIn("{{ object.partner_id.comment }}", self.text_of(reader))

    def test_the_template_has_neither_record_nor_environment(self):
        view = self.env["ir.ui.view"].create(
            {
                "type": "qweb",
                "key": "client_health.test_farewell_probe",
                "arch": '<t><t t-if="env">E</t><t t-if="user_id">U</t>'
                '<t t-if="request">R</t><t t-if="res_company">C</t>.</t>',
            }
        )
        self.assertEqual(self.farewell._render_plain(view.id, {}), ".")

    def test_every_value_of_the_letter_is_text(self):
        def leaves(value):
            if isinstance(value, dict):
                value = value.values()
            if isinstance(value, (str, bool, int, float)):
                yield value
            else:
                for part in value:
                    yield from leaves(part)

        for value in leaves(self.farewell._get_letter_values()):
            self.assertIsInstance(value, (str, bool, int, float))

    def assert_clean_pdf(self, reader):
        self.assertNotIn(MARK, self.text_of(reader))
        self.assertNotIn(MARK, str(reader.metadata) + str(reader.xmp_metadata))
        self.assertFalse(reader.attachments)

    def text_of(self, reader):
        return "\n".join(page.extract_text() for page in reader.pages)
