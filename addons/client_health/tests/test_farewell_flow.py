from ast import literal_eval
from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellFlow(FarewellCase):
    def post(self, farewell=None):
        self.approve(farewell)
        (farewell or self.farewell).with_user(self.author).action_mark_posted()

    def test_each_step_is_logged_with_who(self):
        self.flush_tracking()
        self.approve()
        self.flush_tracking()
        values = self.farewell.sudo().message_ids.tracking_value_ids.filtered(
            lambda value: value.field_id.name == "state"
        )
        self.assertEqual(values.mapped("new_value_char"), ["Approved"])
        self.assertEqual(values.mail_message_id.author_id, self.approver.partner_id)

    def test_no_step_out_of_order(self):
        for method in (
            "action_send", "action_mark_posted", "action_done", "action_welcome_back",
            "action_archive_client", "action_draft",
        ):  # fmt: skip
            with self.subTest(method=method), self.assertRaises(UserError):
                getattr(self.farewell.with_user(self.approver), method)()
        self.post()
        for method in ("action_approve", "action_cancel", "action_draft"):
            with (
                self.subTest(method=method),
                self.assertRaises(UserError),
            ):
                getattr(self.farewell.with_user(self.approver), method)()

    def test_who_comes_too_late_is_told_so(self):
        self.post()
        late = self.farewell.with_user(self.approver)
        for attempt, message in (
            (late.action_send, "is sent: this step"),
            (late.action_mark_posted, "is sent: this step"),
            (late.action_cancel, "is sent: this step"),
            (late.action_approve, "is sent: this step"),
            (late.action_draft, "kept as it is"),
            (late.unlink, "kept as it is"),
            (lambda: late.write({"email_to": "x@example.com"}), "kept as it is"),
            (lambda: late.write({"closing": "x"}), "kept as it is"),
            (lambda: late.item_ids[0].write({"name": "x"}), "kept as it is"),
        ):
            with self.subTest(attempt=attempt):
                with self.assertRaisesRegex(UserError, message) as error:
                    attempt()
                self.assertNotIsInstance(error.exception, AccessError)

    def test_the_letter_goes_to_a_contact_of_the_client(self):
        stranger = self.env["res.partner"].create({"name": "Somebody else"})
        for values in ({"contact_id": stranger.id}, {"contact_id": self.referral.id}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.farewell.with_user(self.author).write(values)
        person = self.env["res.partner"].create(
            {"name": "Marieke Bos", "parent_id": self.client_partner.id}
        )
        self.farewell.with_user(self.author).contact_id = person

    def test_another_company_s_partners_stay_out_of_the_letter(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["res.partner"].create(
            {"name": "Foreign", "company_id": company.id}
        )
        with self.assertRaises(UserError):
            self.farewell.with_user(self.author).referral_partner_ids = foreign

    def test_the_state_cannot_be_written(self):
        for values in (
            {"state": "sent"}, {"author_id": self.colleague.id},
            {"letter_pdf": b"eA=="}, {"lint_accepted_words": "x"},
            {"approved_by_id": self.author.id},
        ):  # fmt: skip
            with self.subTest(values=values), self.assertRaises(UserError):
                self.farewell.with_user(self.approver).write(values)
        with self.assertRaises(UserError):
            self.make_farewell(self.referral, state="approved")

    def test_an_approved_letter_does_not_change(self):
        self.approve()
        for values in ({"closing": "x"}, {"end_date": date(2098, 1, 1)}):
            with self.assertRaises(UserError):
                self.farewell.with_user(self.approver).write(values)
        with self.assertRaises(UserError):
            self.farewell.with_user(self.approver).item_ids[0].name = "x"
        with self.assertRaises(UserError):
            self.farewell.with_user(self.approver).item_ids[0].unlink()
        with self.assertRaises(UserError):
            self.env["client.farewell.item"].with_user(self.approver).create(
                {"farewell_id": self.farewell.id, "name": "x"}
            )

    def test_back_to_draft_needs_approval_again(self):
        self.approve()
        self.farewell.with_user(self.author).action_draft()
        self.assertRecordValues(
            self.farewell, [{"state": "draft", "approved_by_id": False}]
        )

    def test_one_open_case_for_a_client(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.make_farewell(self.client_partner)

    def test_a_new_case_after_cancelling(self):
        self.farewell.with_user(self.author).action_cancel()
        self.assertTrue(self.make_farewell(self.client_partner))

    def test_a_case_is_the_company_s_not_a_contact_s(self):
        contact = self.env["res.partner"].create(
            {"name": "Marieke", "parent_id": self.referral.id}
        )
        self.assertEqual(self.make_farewell(contact).partner_id, self.referral)

    def test_the_action_menu_opens_the_open_case(self):
        action = self.client_partner.with_user(self.colleague).action_start_farewell()
        self.assertEqual(action["res_id"], self.farewell.id)
        action = self.referral.with_user(self.colleague).action_start_farewell()
        self.assertFalse(action["res_id"])
        self.assertEqual(action["context"]["default_partner_id"], self.referral.id)

    def test_posting_keeps_the_letter_and_plans_what_is_open(self):
        self.farewell.with_user(self.author).item_ids[1].is_done = False
        self.post()
        self.assertTrue(self.farewell.letter_pdf)
        self.assertTrue(self.farewell.sent_by_post)
        self.assertRecordValues(
            self.farewell.activity_ids.sorted("date_deadline"),
            [
                {"summary": "VAT return", "date_deadline": date(2099, 12, 18)},
                {"summary": "Hand in receipts", "date_deadline": date(2099, 12, 31)},
            ],
        )
        self.assertEqual(self.farewell.activity_ids.user_id, self.author)

    def test_what_was_sent_is_read_only_for_everybody(self):
        self.post()
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "client.farewell"),
                ("res_id", "=", self.farewell.id),
                ("res_field", "=", "letter_pdf"),
            ]
        )
        self.assertEqual(len(attachment), 1)
        user = self.approver
        for attempt in (
            lambda: self.farewell.with_user(user).write({"tone": "informal"}),
            lambda: self.farewell.with_user(user).unlink(),
            lambda: attachment.with_user(user).write({"raw": b"other"}),
            lambda: attachment.with_user(user).unlink(),
        ):
            with self.assertRaises(UserError):
                attempt()
        self.farewell.with_user(user).message_post(body="A note is still possible.")
        self.farewell.with_user(user).item_ids[0].is_done = True

    def test_the_kept_letter_is_what_prints_afterwards(self):
        self.post()
        self.client_partner.name = "Another name"
        self.env.invalidate_all()
        text = self.print_letter().pages[0].extract_text()
        self.assertIn("Bakkerij De Korenaar", text)
        self.assertNotIn("DRAFT", text)

    def test_the_cron_completes_after_the_last_day_and_only_once(self):
        self.post()
        other = self.make_farewell(self.referral)
        cron = self.env.ref("client_health.client_farewell_cron_finish")
        with freeze_time("2099-12-31 12:00:00"):
            self.run_cron(cron)
            self.assertEqual(self.farewell.state, "sent")
        with freeze_time("2100-01-01 12:00:00"):
            self.run_cron(cron)
            self.assertRecordValues(
                self.farewell | other, [{"state": "done"}, {"state": "draft"}]
            )
            count = len(self.farewell.activity_ids)
            self.run_cron(cron)
            self.assertEqual(len(self.farewell.activity_ids), count)
        self.assertTrue(self.client_partner.active)

    def test_the_last_day_is_the_company_s(self):
        self.post()
        calendar = self.env.company.resource_calendar_id
        cron = self.env.ref("client_health.client_farewell_cron_finish")
        for zone, moment, state in (
            # still the evening of the last day in New York
            ("America/New_York", "2100-01-01 02:00:00", "sent"),
            # past midnight already in Amsterdam
            ("Europe/Amsterdam", "2099-12-31 23:30:00", "done"),
        ):
            calendar.tz = zone
            self.env.registry.clear_cache()
            with self.subTest(zone=zone), freeze_time(moment):
                self.run_cron(cron)
                self.assertEqual(self.farewell.state, state)

    def test_a_letter_is_dated_by_the_company_s_day(self):
        self.env.company.resource_calendar_id.tz = "Asia/Tokyo"
        self.env.registry.clear_cache()
        with freeze_time("2099-11-30 20:00:00"):
            dated = self.farewell.with_user(self.author)._get_letter_values()["date"]
        self.assertEqual(dated, "December 1, 2099")

    def test_a_colleague_completes_what_another_began(self):
        self.post()
        self.farewell.with_user(self.approver).action_done()
        self.assertEqual(self.farewell.state, "done")
        reminder = self.farewell.activity_ids.sorted("id")[-1:]
        self.assertEqual(reminder.user_id, self.farewell.user_id)
        self.assertNotEqual(reminder.user_id, self.approver)

    def test_welcome_back_reopens_the_relation(self):
        self.post()
        self.farewell.with_user(self.author).action_done()
        self.farewell.with_user(self.author).action_archive_client()
        self.assertFalse(self.client_partner.active)
        self.farewell.with_user(self.author).action_welcome_back()
        self.assertTrue(self.client_partner.active)
        self.assertTrue(self.farewell.welcome_back_date)
        self.assertTrue(self.farewell.letter_pdf)
        self.assertTrue(self.make_farewell(self.client_partner))

    def test_who_came_back_freed_no_room(self):
        action = self.env.ref("client_health.client_farewell_action_result")
        shown = Domain(literal_eval(action.domain))
        self.post()
        self.farewell.with_user(self.author).action_done()
        self.assertTrue(self.farewell.filtered_domain(shown))
        self.farewell.with_user(self.author).action_welcome_back()
        self.assertFalse(self.farewell.filtered_domain(shown))

    def test_who_is_back_is_not_archived_by_an_old_case(self):
        self.approve()
        case = self.farewell.with_user(self.author)
        case.action_mark_posted()
        case.action_done()
        case.action_welcome_back()
        for step in ("action_archive_client", "action_welcome_back"):
            with self.subTest(step=step), self.assertRaisesRegex(UserError, "back"):
                getattr(case, step)()
        self.assertTrue(self.client_partner.active)

    def test_welcome_back_before_the_end_stops_the_farewell(self):
        self.post()
        self.farewell.with_user(self.author).action_welcome_back()
        self.assertEqual(self.farewell.state, "cancelled")
        self.assertFalse(self.farewell.activity_ids)
        self.assertTrue(self.farewell.letter_pdf)

    def test_a_letter_that_went_out_is_kept_whatever_comes_after(self):
        self.post()
        case = self.farewell.with_user(self.approver)
        case.action_welcome_back()
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "client.farewell"),
                ("res_id", "=", case.id),
                ("res_field", "=", "letter_pdf"),
            ]
        )
        for attempt in (
            case.action_draft,
            case.unlink,
            lambda: attachment.with_user(self.approver).write({"raw": b"other"}),
        ):
            with self.subTest(attempt=attempt), self.assertRaises(UserError):
                attempt()
        self.assertEqual(case.state, "cancelled")

    def test_merging_contacts_keeps_the_case_that_is_further(self):
        self.post()
        double = self.client_partner.copy({"name": "Korenaar"})
        second = self.make_farewell(double)
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge._merge((double | self.client_partner).ids, double)
        self.assertRecordValues(
            self.farewell | second,
            [
                {"partner_id": double.id, "state": "sent"},
                {"partner_id": double.id, "state": "cancelled"},
            ],
        )

    def run_cron(self, cron):
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()
        self.env.invalidate_all()

    def test_a_client_is_proposed_by_the_context_as_by_the_values(self):
        client = self.env["res.partner"].create({"name": "Proposed"})
        contact = self.env["res.partner"].create(
            {"name": "Jan", "parent_id": client.id}
        )
        Case = self.env["client.farewell"].with_user(self.author)
        proposing = Case.with_context(default_partner_id=contact.id)
        made = proposing.create({"end_date": "2099-12-31"})
        self.assertEqual(made.partner_id, client)
        made.unlink()
        loaded = proposing.load(["end_date"], [["2099-12-31"]])
        self.assertFalse(loaded["messages"])
        self.assertEqual(Case.browse(loaded["ids"]).partner_id, client)
        other = proposing.create({"partner_id": self.referral.id})
        self.assertEqual(other.partner_id, self.referral, "values go first")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            Case.create({"end_date": "2099-12-31"})
