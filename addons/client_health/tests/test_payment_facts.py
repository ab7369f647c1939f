from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .facts_common import TODAY, FactsCase


def days_ago(days):
    return TODAY - timedelta(days=days)


@tagged("post_install", "-at_install")
class TestPaymentFacts(FactsCase):
    def assert_facts(self, client=None, **facts):
        self.assertRecordValues(self.refresh(client), [facts])

    def test_an_open_invoice_is_overdue_from_the_day_after_it_was_due(self):
        self.invoice(due=TODAY)
        self.assert_facts(
            invoice_count=1,
            revenue_amount=100.0,
            instalment_due_count=1,
            overdue_amount=0.0,
            overdue_days_max=0,
        )
        self.invoice(due=days_ago(1), amount=40.0)
        self.assert_facts(
            instalment_due_count=2,
            late_count=0,
            overdue_amount=40.0,
            overdue_days_max=1,
        )

    def test_an_invoice_not_due_yet_does_not_count_as_due(self):
        self.invoice(due=TODAY + timedelta(days=1))
        self.assert_facts(invoice_count=1, instalment_due_count=0)

    def test_the_grace_decides_only_whether_a_payment_is_late(self):
        self.pay(self.invoice(due=days_ago(40)), days_ago(35))
        self.assert_facts(late_count=0, days_late_avg=5.0)
        self.pay(self.invoice(due=days_ago(40)), days_ago(34))
        self.assert_facts(late_count=1, late_share=0.5, days_late_avg=5.5)

    def test_an_open_invoice_is_late_once_the_grace_is_over(self):
        self.invoice(due=days_ago(5))
        self.assert_facts(late_count=0)
        self.invoice(due=days_ago(6))
        self.assert_facts(late_count=1)

    def test_the_company_sets_the_grace_and_the_window(self):
        self.company.client_health_grace_days = 0
        self.company.client_health_window_months = 1
        self.pay(self.invoice(due=days_ago(20)), days_ago(19))
        self.pay(self.invoice(due=days_ago(50)), days_ago(40))
        self.assert_facts(instalment_due_count=1, late_count=1)

    def test_days_late_are_weighted_by_amount_and_parts_count_by_part(self):
        invoice = self.invoice(due=days_ago(50), amount=100.0)
        self.pay(invoice, days_ago(50), 50.0)
        self.pay(invoice, days_ago(30), 30.0)
        # 50 × 0 + 30 × 20 + 20 still open × 50
        self.assert_facts(days_late_avg=16.0, overdue_amount=20.0, late_count=1)
        self.pay(self.invoice(due=days_ago(50), amount=300.0), days_ago(60))
        self.assert_facts(days_late_avg=4.0)

    def test_paid_before_it_was_due_is_no_credit_for_what_was_late(self):
        self.pay(self.invoice(due=days_ago(10)), days_ago(10))
        self.pay(self.invoice(due=days_ago(10), invoiced=days_ago(60)), days_ago(50))
        self.pay(self.invoice(due=days_ago(40)), days_ago(10))
        self.assert_facts(days_late_avg=10.0)

    def test_the_window_opens_the_day_after_a_year_ago(self):
        outside = self.invoice(due=date(2025, 11, 23))
        self.pay(outside, date(2025, 11, 23))
        self.assert_facts(instalment_due_count=0, late_count=0, invoice_count=0)
        self.pay(self.invoice(due=date(2025, 11, 24)), date(2026, 1, 1))
        self.assert_facts(instalment_due_count=1, late_count=1, invoice_count=1)

    def test_what_comes_within_the_window_counts_whenever_it_was_due(self):
        self.pay(self.invoice(due=date(2025, 10, 1)), date(2025, 11, 23))
        self.assert_facts(instalment_due_count=0)
        self.pay(self.invoice(due=date(2025, 10, 1)), date(2025, 11, 24))
        self.assert_facts(instalment_due_count=1, late_count=1)

    def test_what_is_open_counts_however_old(self):
        self.invoice(due=days_ago(900))
        self.assert_facts(
            instalment_due_count=1,
            overdue_days_max=900,
            overdue_month_count=12,
            invoice_count=0,
        )

    def test_a_month_end_counts_after_more_than_two_weeks(self):
        # due on the 17th, it was 14 days overdue on 31 October
        self.pay(self.invoice(due=date(2026, 10, 17)), date(2026, 11, 2))
        self.assert_facts(overdue_month_count=0)
        self.pay(self.invoice(due=date(2026, 10, 16)), date(2026, 10, 31))
        self.assert_facts(overdue_month_count=0)
        self.pay(self.invoice(due=date(2026, 10, 16)), date(2026, 11, 1))
        self.assert_facts(overdue_month_count=1)

    def test_month_ends_are_counted_once_whatever_was_overdue(self):
        self.pay(self.invoice(due=date(2026, 3, 1)), date(2026, 6, 15))
        self.pay(self.invoice(due=date(2026, 4, 1)), date(2026, 7, 15))
        self.assert_facts(overdue_month_count=4)

    def test_a_settlement_that_is_no_payment_is_a_write_off(self):
        invoice = self.invoice(due=days_ago(100))
        self.pay(invoice, days_ago(100), 60.0)
        self.write_off(invoice, days_ago(10), 40.0)
        self.assert_facts(written_off_amount=40.0, days_late_avg=0.0, late_count=1)

    def test_a_bank_entry_and_a_credit_note_are_no_write_off(self):
        invoice = self.invoice(due=days_ago(30))
        statement_line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": days_ago(30),
                "payment_ref": "paid",
                "partner_id": self.client.id,
                "amount": 60.0,
            }
        )
        suspense = statement_line._seek_for_lines()[1]
        suspense.account_id = invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).account_id
        self.reconcile(invoice, statement_line.move_id)
        self.credit(invoice, days_ago(1), 40.0)
        self.assertEqual(invoice.payment_state, "paid")
        self.assert_facts(written_off_amount=0.0, late_count=0, days_late_avg=0.0)

    def test_what_was_credited_as_a_whole_does_not_count(self):
        self.credit(self.invoice(due=days_ago(100)), days_ago(1))
        self.assert_facts(instalment_due_count=0, late_count=0, invoice_count=0)

    def test_what_was_credited_at_another_rate_does_not_count_either(self):
        foreign = self.setup_other_currency(
            "HRK", rates=[("2020-01-01", 4.0), (str(days_ago(10)), 5.0)]
        )
        invoice = self.invoice(due=days_ago(100), currency_id=foreign.id)
        self.credit(invoice, days_ago(1))
        self.assertEqual(len(invoice.line_ids.matched_credit_ids), 2)
        self.assert_facts(instalment_due_count=0, late_count=0, invoice_count=0)

    def test_what_is_disputed_does_not_count(self):
        invoice = self.invoice(due=days_ago(100))
        invoice.client_health_disputed = True
        self.assert_facts(
            instalment_due_count=0,
            overdue_amount=0.0,
            overdue_month_count=0,
            invoice_count=1,
        )

    def test_a_discount_that_we_offered_does_not_excuse_paying_late(self):
        invoice = self.invoice(due=days_ago(100))
        invoice.client_health_offered = True
        self.assert_facts(late_count=1)

    def test_drafts_cancelled_invoices_and_bills_do_not_count(self):
        self.invoice(due=days_ago(100)).button_draft()
        self.invoice(due=days_ago(100)).button_cancel()
        self.invoice(due=days_ago(100), move_type="in_invoice")
        self.assertFalse(self.refresh().instalment_due_count)

    def test_each_instalment_counts_by_its_own_due_date(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half now, half in 60 days",
                "line_ids": [
                    (0, 0, {"value_amount": 50, "nb_days": 0}),
                    (0, 0, {"value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        self.invoice(
            due=False,
            invoiced=days_ago(30),
            invoice_payment_term_id=terms.id,
        )
        self.assert_facts(
            instalment_due_count=1, overdue_amount=50.0, overdue_days_max=30
        )

    def test_contacts_count_for_their_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.client.id}
        )
        self.invoice(due=days_ago(20), client=contact)
        self.assert_facts(client=contact, overdue_amount=100.0)
        self.assertFalse(
            self.env["client.health"].search([("partner_id", "=", contact.id)])
        )

    def test_invoices_go_along_with_a_client_that_gets_a_parent(self):
        parent = self.make_client("Parent")
        self.invoice(due=days_ago(20))
        self.refresh()
        self.client.write({"is_company": False, "parent_id": parent.id})
        self.run_cron("client_health_cron_stale")
        health = self.env["client.health"].search([("partner_id", "=", parent.id)])
        self.assertEqual(health.overdue_amount, 100.0)
        old = self.env["client.health"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(old.overdue_amount, 0.0)

    def test_another_currency_counts_in_the_companys_own(self):
        foreign = self.setup_other_currency("HRK", rates=[("2020-01-01", 4.0)])
        self.invoice(due=days_ago(20), amount=100.0, currency_id=foreign.id)
        self.assert_facts(overdue_amount=25.0, revenue_amount=25.0)

    def test_a_credit_note_that_comes_late_does_not_make_it_late(self):
        invoice = self.invoice(due=days_ago(100))
        self.pay(invoice, days_ago(100), 60.0)
        self.credit(invoice, days_ago(10), 40.0)
        self.assert_facts(late_count=0, days_late_avg=0.0, overdue_month_count=0)

    def test_a_small_loss_within_a_payment_does_not_make_it_late(self):
        invoice = self.invoice(due=days_ago(40))
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create(
            {
                "payment_date": days_ago(40),
                "amount": 97.0,
                "payment_difference_handling": "reconcile",
                "writeoff_account_id": self.company_data["default_account_expense"].id,
            }
        )._create_payments()
        self.assertIn(invoice.payment_state, ("in_payment", "paid"))
        self.assert_facts(written_off_amount=3.0, late_count=0, days_late_avg=0.0)

    def test_a_small_loss_within_a_bank_line_does_not_make_it_late(self):
        invoice = self.invoice(due=days_ago(40))
        receivable = invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).account_id
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": days_ago(40),
                "payment_ref": "Invoice, less charges",
                "partner_id": self.client.id,
                "amount": 97.0,
            }
        )
        _bank, suspense, _other = line._seek_for_lines()
        expense = self.company_data["default_account_expense"]
        common = {"partner_id": self.client.id}
        line.move_id.with_context(force_delete=True, skip_readonly_check=True).write(
            {
                "line_ids": [
                    Command.delete(suspense.id),
                    Command.create(
                        {**common, "account_id": receivable.id, "credit": 100.0}
                    ),
                    Command.create({**common, "account_id": expense.id, "debit": 3.0}),
                ]
            }
        )
        self.reconcile(invoice, line.move_id)
        self.assertEqual(invoice.payment_state, "paid")
        self.assert_facts(written_off_amount=3.0, late_count=0, days_late_avg=0.0)

    def test_what_the_shops_till_took_is_a_payment(self):
        if "pos.payment" not in self.env:
            self.skipTest("point_of_sale is not installed")
        invoice = self.invoice(due=days_ago(40))
        receivable = invoice.line_ids.filtered("date_maturity").account_id
        # as the till books the payment of an invoiced order: its own receivable line
        # has no client
        till = self.company.account_default_pos_receivable_account_id or receivable
        entry = self.env["account.move"].create(
            {
                "date": days_ago(40),
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": self.client.id,
                            "credit": 100.0,
                        }
                    ),
                    Command.create({"account_id": till.id, "debit": 100.0}),
                ],
            }
        )
        entry.action_post()
        lines = (invoice.line_ids | entry.line_ids).filtered(
            lambda line: line.account_id == receivable and line.partner_id
        )
        lines.reconcile()
        self.assert_facts(written_off_amount=0.0, late_count=0, overdue_amount=0.0)

    def test_an_exchange_difference_settles_nothing(self):
        foreign = self.setup_other_currency(
            "HRK",
            rates=[("2020-01-01", 4.0), (str(days_ago(10)), 5.0)],
        )
        invoice = self.invoice(
            due=days_ago(100), invoiced=days_ago(130), currency_id=foreign.id
        )
        self.pay(invoice, days_ago(5))
        self.assertEqual(len(invoice.line_ids.matched_credit_ids), 2)
        # 20 paid of the 25 invoiced, the other 5 is the change of the rate
        self.assert_facts(written_off_amount=0.0, days_late_avg=95.0, late_count=1)
        [row] = self.env["client.health.payment"].search(
            [("partner_id", "=", self.client.id)]
        )
        self.assertEqual(row.paid_amount, 20.0)
