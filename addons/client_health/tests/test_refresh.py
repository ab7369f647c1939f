from datetime import timedelta

from odoo.tests import tagged

from .facts_common import TODAY, FactsCase


@tagged("post_install", "-at_install")
class TestRefresh(FactsCase):
    def setUp(self):
        super().setUp()
        self.Stale = self.env["client.health.stale"]
        self.Stale._clear()

    def get_marked(self):
        return set(self.Stale.search([]).mapped("partner_ref"))

    def get_versions(self, table):
        """Return what writing or locking a row changes, and the number sequence."""
        self.env.flush_all()
        rows = self.env.cr.execute(f"SELECT id, xmin, xmax FROM {table} ORDER BY id")
        rows = self.env.cr.fetchall()
        self.env.cr.execute(f"SELECT last_value FROM {table}_id_seq")
        return rows, self.env.cr.fetchone()

    def test_nothing_changed_writes_and_locks_nothing(self):
        self.invoice(due=TODAY - timedelta(days=100))
        self.env["client.health"]._refresh()
        tables = ("client_health", "client_health_flag")
        before = [self.get_versions(table) for table in tables]
        self.assertTrue(before[0][0])
        self.env["client.health"]._refresh()
        self.env["client.health"]._refresh(self.client)
        self.assertEqual([self.get_versions(table) for table in tables], before)

    def test_one_client_and_many_take_the_same_few_queries(self):
        clients = self.client
        for number in range(5):
            clients += self.make_client(f"Client {number}")
        for client in clients:
            self.invoice(due=TODAY - timedelta(days=100), client=client)
        self.env["client.health"]._refresh(clients)
        counts = []
        for some in (self.client, clients):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["client.health"]._refresh(some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 15)

    def test_facts_that_vanished_become_empty(self):
        invoice = self.invoice(due=TODAY - timedelta(days=100))
        health = self.refresh()
        self.assertEqual(health.instalment_due_count, 1)
        invoice.button_draft()
        self.refresh()
        self.assertRecordValues(
            health,
            [
                {
                    "instalment_due_count": 0,
                    "overdue_amount": 0.0,
                    "overdue_days_max": 0,
                    "revenue_amount": 0.0,
                }
            ],
        )

    def test_documents_mark_their_client(self):
        invoice = self.invoice(due=TODAY - timedelta(days=100))
        self.assertEqual(self.get_marked(), {self.client.id})
        self.refresh()
        self.assertEqual(self.get_marked(), set())
        payment = self.pay(invoice, TODAY)
        self.assertEqual(self.get_marked(), {self.client.id})
        self.refresh()
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self.get_marked(), {self.client.id})
        self.refresh()
        invoice.client_health_disputed = True
        self.assertEqual(self.get_marked(), {self.client.id})
        self.refresh()
        invoice.button_draft()
        self.assertEqual(self.get_marked(), {self.client.id})
        self.refresh()
        invoice.button_cancel()
        self.assertEqual(self.get_marked(), {self.client.id})
