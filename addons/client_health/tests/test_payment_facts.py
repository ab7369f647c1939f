from datetime import timedelta

from odoo.tests import tagged

from .facts_common import TODAY, FactsCase


def days_ago(days):
    return TODAY - timedelta(days=days)


@tagged("post_install", "-at_install")
class TestPaymentFacts(FactsCase):
    def test_an_open_invoice_is_overdue_from_the_day_after_it_was_due(self):
        self.invoice(due=TODAY)
        self.assertRecordValues(
            self.refresh(),
            [
                {
                    "invoice_count": 1,
                    "instalment_due_count": 1,
                    "overdue_amount": 0.0,
                    "overdue_days_max": 0,
                }
            ],
        )
        self.invoice(due=days_ago(1), amount=40.0)
        self.assertRecordValues(
            self.refresh(),
            [
                {
                    "instalment_due_count": 2,
                    "overdue_amount": 40.0,
                    "overdue_days_max": 1,
                    "late_count": 0,
                }
            ],
        )

    def test_an_invoice_not_due_yet_does_not_count_as_due(self):
        self.invoice(due=TODAY + timedelta(days=1))
        self.assertEqual(self.refresh().instalment_due_count, 0)

    def test_the_grace_decides_only_whether_a_payment_is_late(self):
        on_time = self.invoice(due=days_ago(40))
        self.pay(on_time, days_ago(35))
        self.assertRecordValues(
            self.refresh(), [{"late_count": 0, "days_late_avg": 5.0}]
        )
        late = self.invoice(due=days_ago(40))
        self.pay(late, days_ago(34))
        self.assertRecordValues(
            self.refresh(),
            [{"late_count": 1, "late_share": 0.5, "days_late_avg": 5.5}],
        )
