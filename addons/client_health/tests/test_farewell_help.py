from datetime import date

from lxml import etree
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellHelp(FarewellCase):
    """What a colleague finds filled in, and is told before they ask."""

    def test_what_is_missing_stands_there_until_it_is_filled_in(self):
        with Form(self.farewell.with_user(self.approver)) as form:
            self.assertTrue(form.may_approve)
            self.assertIn("Nothing is missing", form.approval_note)
            form.closing = False
            self.assertFalse(form.may_approve)
            self.assertIn("The door stays open", form.approval_note)
            form.closing = "<p>Goodbye, you failed.</p>"
            self.assertIn("you failed", form.approval_note)
            self.assertFalse(form.may_approve)

    def test_who_may_not_approve_is_told_and_can_ask(self):
        case = self.farewell.with_user(self.author)
        self.assertFalse(case.may_approve)
        self.assertIn("another manager", case.approval_note)
        self.assertFalse(case.is_asked)
        case.action_ask_approval()
        self.assertTrue(case.is_asked)
        self.assertIn(self.approver.name, case.approval_note)
        self.assertNotIn("another manager", case.approval_note)
        case.action_ask_approval()
        self.assertRecordValues(
            self.farewell.sudo().activity_ids,
            [
                {
                    "user_id": self.approver.id,
                    "summary": "Read and approve this letter",
                }
            ],
        )
        self.approve()
        self.assertFalse(self.farewell.sudo().activity_ids)

    def test_a_colleague_asks_a_manager_who_did_not_write_it(self):
        self.farewell.with_user(self.colleague).action_ask_approval()
        self.assertEqual(self.farewell.sudo().activity_ids.user_id, self.approver)

    def test_nothing_is_asked_for_a_letter_that_is_not_complete(self):
        case = self.farewell.with_user(self.author)
        case.closing = False
        with self.assertRaisesRegex(UserError, "The door stays open"):
            case.action_ask_approval()

    def test_the_only_manager_is_not_sent_to_another(self):
        self.approver.group_ids -= self.env.ref(
            "client_health.client_health_group_manager"
        )
        case = self.farewell.with_user(self.author)
        self.assertTrue(case.may_approve)
        with self.assertRaisesRegex(UserError, "approve it yourself"):
            case.action_ask_approval()

    @freeze_time("2026-01-31 12:00:00")
    def test_an_end_date_is_proposed(self):
        Case = self.env["client.farewell"].with_user(self.author)
        self.assertEqual(Case.default_get(["end_date"])["end_date"], date(2026, 2, 28))

    def test_what_runs_is_proposed_for_completion(self):
        client = self.env["res.partner"].create({"name": "Client with a Ticket"})
        self.author.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_manager")
        self.env["helpdesk.ticket"].create(
            {
                "name": "The oven stays cold",
                "description": "Since Monday",
                "partner_id": client.id,
                "company_id": self.env.company.id,
            }
        )
        Case = self.env["client.farewell"].with_user(self.author)
        form = Form(Case.with_context(default_partner_id=client.id))
        case = form.save()
        self.assertRecordValues(
            case.item_ids,
            [{"kind": "2_ours", "name": "Answer “The oven stays cold”"}],
        )
        self.assertEqual(case.referral_partner_ids, self.referral)

    def test_a_dutch_letter_takes_no_first_name_in_its_salutation(self):
        self.env["res.partner"].create(
            {"name": "Marieke van den Berg", "parent_id": self.referral.id}
        )
        case = self.make_farewell(self.referral, lang="nl_NL")
        self.assertEqual(case.salutation, "Geachte heer/mevrouw Van den Berg,")
        case.lang = "en_US"
        self.assertEqual(case.salutation, "Dear Marieke van den Berg,")

    def test_characters_without_a_font_are_told_before_approval(self):
        farewell = self.farewell.with_user(self.author)
        self.assertFalse(farewell.unprinted)
        # private use: no font of any server has it
        farewell.salutation = "Beste \ue0a7 \ue0a8 Жан,"
        self.assertEqual(farewell.unprinted, "\ue0a7 \ue0a8")
        self.assertTrue(farewell.letter_preview)
        self.approve()
        self.assertFalse(farewell.unprinted, "it is kept as it was approved")

    def test_who_could_help_is_nobody_s_client_and_no_colleague(self):
        arch = (
            self.env["client.farewell"]
            .with_user(self.author)
            .get_view(view_type="form")["arch"]
        )
        node = etree.fromstring(arch).find(".//field[@name='referral_partner_ids']")
        domain = safe_eval(node.get("domain"), {"partner_id": self.client_partner.id})
        other = self.env["res.partner"].create({"name": "Client", "is_company": True})
        self.env["client.health"]._ensure(other, self.env.company)
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": other.id}
        )
        colleague = self.colleague.partner_id
        found = self.env["res.partner"].with_user(self.author).search(domain)
        self.assertIn(self.referral, found)
        self.assertFalse(
            found & (other | person | self.client_partner | colleague), "not anybody"
        )
