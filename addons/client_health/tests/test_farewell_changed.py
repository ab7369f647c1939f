import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import BooksCase
from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellChanged(FarewellCase, BooksCase):
    """Who sends an approved letter is told what it would say otherwise by now."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.country_id = cls.client_partner.country_id
        cls.today = fields.Date.today()
        cls.first = cls.invoice(500, days_late=10)
        cls.second = cls.invoice(80)
        cls.case = cls.farewell.with_user(cls.author)

    def setUp(self):
        super().setUp()
        self.approve()

    # what is told

    def test_nothing_is_told_where_nothing_changed(self):
        self.assertFalse(self.case.changes)
        self.assertFalse(self.case.is_outdated)
        self.client_partner.write(
            {"email": "Info@Korenaar.example.com ", "city": "Utrecht"}
        )
        self.assertEqual(self.told(), [])

    def test_each_change_of_the_client_is_told(self):
        person = self.env["res.partner"].create(
            {"name": "Marieke", "parent_id": self.client_partner.id}
        )
        self.case.action_draft()
        self.case.contact_id = person
        self.approve()
        self.client_partner.write(
            {"name": "De Molen", "street": "Elders 1", "email": "x@molen.example.com"}
        )
        person.write({"name": "Joop", "lang": "nl_NL"})
        text = "\n".join(self.told())
        self.assertIn("Name of the client: Bakkerij De Korenaar → De Molen", text)
        self.assertIn("Addressed to: Marieke → Joop", text)
        self.assertIn("Oudegracht 210", text)
        self.assertIn("→ Elders 1", text)
        self.assertIn("info@korenaar.example.com → x@molen.example.com", text)
        self.assertRegex(text, "Language of the client: English.* → Dutch")
        self.assertEqual(len(text.splitlines()), 5)

    def test_each_change_of_an_invoice_is_told(self):
        self.pay(self.first, 200)
        self.pay(self.second, 80)
        third = self.invoice(40)
        self.invoice(15, move_type="out_refund")
        text = "\n".join(self.told())
        self.assertRegex(
            text, rf"{self.first.name}: .*500.00 in the letter, .*300.00 now"
        )
        self.assertRegex(
            text, rf"{self.second.name}: .*80.00 in the letter, nothing is"
        )
        self.assertRegex(text, rf"{third.name}: .*40.00 open, not in the letter")
        self.assertRegex(text, r"-\D*15.00 received or credited, not in the letter")
        self.assertRegex(text, r"asks for .*580.00; .*285.00 of that is still due")

    def test_what_was_settled_or_is_disputed_is_told(self):
        self.case.action_draft()
        credit = self.invoice(30, move_type="out_refund")
        self.approve()
        lines = (credit | self.first).line_ids
        lines.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.assertRegex(
            "\n".join(self.told()), rf"{credit.name}: -\D*30.00 is settled"
        )
        self.assertFalse(self.case.is_outdated, "matched: as much is due as before")
        self.second.sudo().client_health_disputed = True
        self.assertIn(
            f"• {self.second.name}: disputed now, so not asked for", self.told()
        )
        self.assertTrue(self.case.is_outdated)

    def test_another_due_date_and_account_are_told(self):
        banks = self.env["res.partner.bank"].create(
            [
                {
                    "acc_number": number,
                    "partner_id": self.env.company.partner_id.id,
                    "allow_out_payment": True,
                }
                for number in ("NL91 ABNA 0417 1643 00", "NL20 INGB 0001 2345 67")
            ]
        )
        self.case.action_draft()
        self.first.partner_bank_id = banks[0]
        self.approve()
        self.first.partner_bank_id = banks[1]
        self.first.line_ids.filtered("date_maturity").date_maturity = "2099-01-01"
        text = "\n".join(self.told())
        self.assertIn(f"{self.first.name}: due ", text)
        self.assertIn("01/01/2099 now", text)
        self.assertIn("Account to pay to: NL91 ABNA 0417 1643 00 → NL20 INGB", text)
        self.assertFalse(self.case.is_outdated)

    def test_it_is_told_in_the_reader_s_language(self):
        self.client_partner.street = "Elders 1"
        self.pay(self.first, 500)
        self.env.invalidate_all()
        text = self.case.with_context(lang="nl_NL").changes
        self.assertIn("Adres: ", text)
        self.assertIn("niets meer open", text)
        self.assertIn("500,00", text)

    def test_only_an_approved_letter_has_something_to_tell(self):
        self.client_partner.street = "Elders 1"
        self.case.action_draft()
        self.assertEqual(self.told(), [])
        self.approve()
        self.assertEqual(self.told(), [])
        self.client_partner.street = "Elders 2"
        self.assertTrue(self.told())
        with self.outbox():
            self.case.action_send()
        self.assertEqual(self.told(), [])

    def test_a_letter_of_before_says_that_it_is_not_known(self):
        self.farewell.sudo().letter_basis = False
        self.assertIn("not known", self.told()[0])
        self.assertFalse(self.case.is_outdated)

    def test_who_may_not_see_invoices_is_told_that_and_not_how(self):
        self.pay(self.first, 200)
        self.client_partner.street = "Elders 1"
        self.env.invalidate_all()
        case = self.farewell.with_user(self.colleague)
        self.assertIn("Elders 1", case.changes)
        self.assertIn("a colleague who may see invoices sees how", case.changes)
        self.assertTrue(case.is_outdated)
        for hidden in ("500", "300", "200", self.first.name):
            self.assertNotIn(hidden, case.changes)
        with self.assertRaises(AccessError):
            case.read(["letter_basis"])
        with self.assertRaises(UserError) as error:
            case.action_send()
        for hidden in ("500", "300", self.first.name):
            self.assertNotIn(hidden, str(error.exception))

    def test_many_cost_as_many_queries_as_few(self):
        clients = self.env["res.partner"].create(
            [
                {"name": f"Client {number}", "city": "Ede", "email": f"c{number}@x.nl"}
                for number in range(12)
            ]
        )
        cases = self.farewell.browse()
        for client in clients:
            self.invoice(10, partner=client)
            cases |= self.make_farewell(client)
        self.approve(cases)
        clients.street = "Elders 1"
        cases = cases.with_user(self.author)
        counts = []
        for some in (cases[:2], cases[:2], cases):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertTrue(all(some.mapped("changes")))
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # what follows from it

    def test_a_letter_that_asks_for_what_was_paid_goes_nowhere(self):
        self.pay(self.first, 500)
        self.invoice(900)  # which makes up for nothing
        self.assert_goes_nowhere()
        self.case.action_draft()
        self.approve()
        self.assertEqual(self.told(), [])
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(len(sent), 1)

    def test_money_on_account_counts_before_it_is_matched(self):
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.client_partner.id,
                "amount": 500,
                "date": self.today,
                "payment_type": "inbound",
                "partner_type": "customer",
            }
        )
        payment.action_post()
        self.assert_goes_nowhere()

    def test_a_cancelled_invoice_is_not_asked_for(self):
        self.first.button_draft()
        self.first.button_cancel()
        self.assert_goes_nowhere()

    def test_a_new_invoice_is_told_and_stops_nothing(self):
        self.invoice(40)
        self.assertEqual(len(self.told()), 1)
        self.assertFalse(self.case.is_outdated)
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(len(sent), 1)

    def test_no_mail_goes_to_an_address_that_was_the_client_s(self):
        self.client_partner.email = "new@korenaar.example.com"
        with self.outbox() as sent, self.assertRaisesRegex(UserError, "new@korenaar"):
            self.case.action_send()
        self.assertFalse(sent)
        self.assertTrue(self.case._print_letters(), "its page is as it was")
        self.print_letter()

    def test_back_in_draft_the_letter_follows_the_client(self):
        self.client_partner.write(
            {"email": "new@korenaar.example.com", "lang": "nl_NL"}
        )
        self.case.action_draft()
        self.assertRecordValues(
            self.farewell,
            [{"email_to": "new@korenaar.example.com", "lang": "nl_NL"}],
        )
        self.assertEqual(self.farewell.salutation, "Geachte heer, mevrouw,")
        self.assertIn("Taken over", self.farewell.message_ids.sorted("id")[-1].body)
        self.approve()
        with self.outbox() as sent:
            self.case.action_send()
        self.assertEqual(sent[0]["To"], "new@korenaar.example.com")

    def test_what_somebody_typed_does_not_follow(self):
        self.case.action_draft()
        self.case.write({"email_to": "typed@example.com", "thanks": "<p>My words.</p>"})
        self.approve()
        self.client_partner.write(
            {"email": "new@korenaar.example.com", "lang": "nl_NL"}
        )
        self.assertEqual(len(self.told()), 2)
        self.assertFalse(self.case.is_outdated, "it never was to go there")
        self.case.action_draft()
        self.assertRecordValues(
            self.farewell, [{"email_to": "typed@example.com", "lang": "en_US"}]
        )

    def test_no_mail_goes_to_who_left_the_client(self):
        person = self.env["res.partner"].create(
            {
                "name": "Marieke",
                "parent_id": self.client_partner.id,
                "email": "marieke@korenaar.example.com",
            }
        )
        self.case.action_draft()
        self.case.contact_id = person
        self.approve()
        elsewhere = self.env["res.partner"].create({"name": "Elsewhere"})
        for left in ({"active": False}, {"parent_id": elsewhere.id}):
            with self.subTest(left=left), self.env.cr.savepoint() as savepoint:
                person.write(left)
                self.assertIn("• Addressed to: Marieke → none", self.told())
                with self.outbox() as sent, self.assertRaises(UserError):
                    self.case.action_send()
                self.assertFalse(sent)
                self.case.action_draft()
                self.assertRecordValues(
                    self.farewell,
                    [
                        {
                            "contact_id": self.client_partner.id,
                            "email_to": "info@korenaar.example.com",
                            "salutation": "Dear Sir or Madam,",
                        }
                    ],
                )
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_brings_it_up_to_date_does_not_approve_it(self):
        self.client_partner.email = "new@korenaar.example.com"
        self.farewell.with_user(self.approver).action_draft()
        with self.assertRaisesRegex(UserError, "second manager"):
            self.approve()
        note = self.farewell.with_user(self.author).approval_note
        self.assertNotIn("goes to another", note)

    def test_who_approves_is_told_of_an_address_that_is_not_the_client_s(self):
        self.case.action_draft()
        self.client_partner.email = "new@korenaar.example.com"
        self.env.invalidate_all()
        note = self.farewell.with_user(self.approver).approval_note
        self.assertIn("new@korenaar.example.com", note)

    def test_no_letter_is_printed_for_an_envelope_with_the_old_address(self):
        self.case.delivery = "post"
        self.approve()
        self.client_partner.street = "Elders 1"
        self.assertTrue(self.case.is_outdated)
        with self.assertRaisesRegex(UserError, "Elders 1"):
            self.print_letter()
        self.case.action_mark_posted()  # it may have been in the post before
        self.assertEqual(self.farewell.state, "sent")
        self.print_letter()

    def test_an_end_date_that_passed_is_told_and_printed_no_more(self):
        with freeze_time("2100-01-02 12:00:00"):
            self.assertIn("has passed: December 31, 2099", self.told()[0])
            self.assertTrue(self.case.is_outdated)
            with self.assertRaisesRegex(UserError, "end date .* has passed"):
                self.print_letter()

    # the last look

    def test_the_last_look_says_what_changed_and_what_waits(self):
        second = self.make_farewell(self.referral, email_to="post@linde.example.com")
        second.delivery = "email"
        self.approve(second)
        self.referral.city = "Ede"
        self.pay(self.first, 500)
        cases = (self.farewell | second).with_user(self.author)
        dialog = self.open(cases.action_confirm_send())
        self.assertEqual(dialog.farewell_ids, second)
        self.assertIn("Ede", dialog.farewell_ids.changes)
        self.assertEqual(dialog.waiting_ids, self.farewell)
        self.assertEqual(dialog.skipped_count, 0)
        with self.outbox() as sent:
            dialog.action_send()
        self.assertEqual(sent[0]["To"], "post@linde.example.com")
        self.assertEqual(second.state, "sent")

    def test_printing_shows_what_changed_first(self):
        self.assertEqual(self.case.action_confirm_print()["type"], "ir.actions.report")
        self.invoice(40)
        self.env.invalidate_all()
        dialog = self.open(self.case.action_confirm_print())
        self.assertEqual(dialog.way, "print")
        self.assertEqual(dialog.farewell_ids, self.case)
        self.assertEqual(dialog.action_print()["type"], "ir.actions.report")
        self.pay(self.first, 500)
        dialog = self.open(self.case.action_confirm_print())
        self.assertFalse(dialog.farewell_ids)
        self.assertEqual(dialog.waiting_ids, self.case)
        with self.assertRaises(UserError):
            self.farewell.with_user(self.colleague).action_confirm_print()

    def test_one_of_a_pile_waits_and_the_others_are_printed(self):
        second = self.make_farewell(self.referral)
        self.pay(self.first, 500)
        Batch = self.env["client.farewell.batch"].with_user(self.author)
        cases = self.farewell | second
        batch = Batch.browse(Batch.action_start("print", cases.ids)["res_id"])
        with self.enter_registry_test_mode():
            self.env.ref(
                "client_health.client_farewell_batch_cron"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(batch.line_ids.mapped("state"), ["failed", "done"])
        self.assertIn("is still due", batch.line_ids[0].error)

    def test_a_letter_that_did_not_arrive_can_be_brought_up_to_date(self):
        self.farewell.sudo().sending_date = fields.Datetime.now()
        self.pay(self.first, 500)
        with self.outbox() as sent:
            dialog = self.open(self.case.action_send_again())
        self.assertFalse(sent)
        self.assertEqual(dialog.waiting_ids, self.case)
        self.case.action_draft()
        self.assertEqual(self.farewell.state, "draft")

    def test_what_it_was_approved_on_is_kept_by_approving_only(self):
        with self.assertRaises(AccessError):
            self.case.write({"letter_basis": {}})
        self.case.action_draft()
        self.assertFalse(self.farewell.sudo().letter_basis)

    # helpers

    def assert_goes_nowhere(self):
        self.env.invalidate_all()
        self.assertTrue(self.case.is_outdated)
        kept = self.farewell.letter_pdf
        with self.outbox() as sent, self.assertRaisesRegex(UserError, "back to draft"):
            self.case.action_send()
        self.assertFalse(sent)
        with self.assertRaisesRegex(UserError, "back to draft"):
            self.print_letter()
        self.assertEqual(self.farewell.state, "approved")
        self.assertEqual(self.farewell.letter_pdf, kept)
        self.assertTrue(base64.b64decode(kept))

    def told(self):
        self.env.invalidate_all()
        return (self.case.changes or "").splitlines()

    def open(self, action):
        return (
            self.env[action["res_model"]]
            .with_user(self.author)
            .browse(action["res_id"])
        )

    def pay(self, invoice, amount):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": amount})._create_payments()

    @classmethod
    def invoice(cls, amount, days_late=0, partner=None, move_type="out_invoice"):
        due = cls.today - timedelta(days=days_late)
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or cls.client_partner).id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Work", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        move.action_post()
        return move
