from datetime import date, datetime, time, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import tagged

from ..engine.period import get_month_ends
from .facts_common import TODAY
from .ledger_common import LedgerCase

FACTS = ("days_late_avg", "overdue_amount", "revenue_amount", "discount_share")
NOON = time(12)


@tagged("-at_install", "post_install")
class TestLookBack(LedgerCase):
    """Month ends of before Client Health was there, from the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["client.health.snapshot"]
        cls.ends = [day for day in get_month_ends(TODAY) if day < TODAY]

    def look_back(self):
        self.Snapshot.sudo().search([]).unlink()
        for day in self.ends:
            self.Snapshot._take_then(day)

    def get_snapshots(self, client):
        return self.Snapshot.search(
            [("partner_id", "=", client.id), ("basis", "=", "ledger")], order="date"
        )

    def live(self, events):
        """Let a book grow day by day; return each client's facts at each month end.

        :param events: tuples of a day and what happens on it
        """
        told = {}
        events = sorted(events, key=lambda event: event[0])
        for end in self.ends:
            while events and events[0][0] <= end:
                day, happen = events.pop(0)
                with freeze_time(datetime.combine(day, NOON)):
                    happen()
            with freeze_time(datetime.combine(end, NOON)):
                self.company.client_health_bank_complete_until = end
                self.env["client.health"]._refresh()
                for health in self.env["client.health"].search([]):
                    values = tuple(health[name] for name in FACTS)
                    told[health.partner_id, end + timedelta(days=1)] = values
        for day, happen in events:
            with freeze_time(datetime.combine(day, NOON)):
                happen()
        self.company.client_health_bank_complete_until = TODAY
        self.env["client.health"]._refresh()
        return told

    def make_book(self):
        """Return what happens in a book, a way of settling a client."""
        events = []

        def happens(day, what, *args, **vals):
            events.append((day, lambda: what(*args, **vals)))

        def sell(client, day, then):
            """Sell on terms of 30 days; tell what happens with the invoice."""
            sold = []
            due = day + timedelta(days=30)
            happens(day, lambda: sold.append(self.sell(due, client=client)))
            for after, what in then:
                happens(due + timedelta(days=after), lambda what=what: what(sold[0]))

        def today():
            return datetime.now().date()

        def be_matched(invoice):
            credit = self.env["account.move.line"].search(
                [
                    ("partner_id", "=", invoice.partner_id.id),
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("balance", "<", 0),
                    ("reconciled", "=", False),
                ]
            )
            self.match(self.get_open_lines(invoice), credit)

        ways = {
            "Late": [(45, lambda one: self.pay(one, today()))],
            "Punctual": [(-3, lambda one: self.pay(one, today()))],
            "In parts": [
                (-5, lambda one: self.pay(one, today(), 400)),
                (60, lambda one: self.pay(one, today())),
            ],
            "On account": [
                (
                    20,
                    lambda one: self.pay_on_account(today(), 1000, one.partner_id),
                ),
                (55, be_matched),
            ],
            "By bank": [(25, lambda one: self.pay_by_bank(one, today()))],
            "Lost": [
                (70, lambda one: self.write_off(one, today(), 1000)),
            ],
            "Credited in part": [
                (40, lambda one: self.credit(one, today(), 300)),
                (80, lambda one: self.pay(one, today())),
            ],
            "Doubtful": [
                (
                    50,
                    lambda one: self.settle(
                        one, today(), (self.doubtful, 1000, one.partner_id, today())
                    ),
                )
            ],
            "Open": [],
        }
        for name, then in ways.items():
            client = self.make_client(name)
            for day in (date(2025, 11, 10), date(2026, 3, 10), date(2026, 7, 20)):
                sell(client, day, then)
        return events

    def test_it_tells_what_was_told_at_the_time(self):
        told = self.live(self.make_book())
        self.look_back()
        snapshots = self.Snapshot.search([("basis", "=", "ledger")])
        found = {
            (taken.partner_id, taken.date): tuple(taken[name] for name in FACTS)
            for taken in snapshots
        }
        silent = {key for key, values in told.items() if not any(values)}
        self.assertGreater(len(found), 80)
        self.assertEqual(
            {key: values for key, values in found.items() if key not in silent},
            {key: values for key, values in told.items() if key not in silent},
        )

    def test_what_the_ledger_tells_is_judged(self):
        for due in (date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 5)):
            self.pay(self.sell(due), due + timedelta(days=50))
        self.refresh()
        self.look_back()
        scores = {
            str(s.date): (s.score, s.flag_count)
            for s in self.get_snapshots(self.client)
        }
        # two late are a watch, three a flag
        self.assertEqual(scores["2026-02-01"], (100, 0))
        self.assertEqual(scores["2026-03-01"], (100, 0))
        self.assertEqual(scores["2026-04-01"], (80, 1))
        self.assertEqual(scores["2026-11-01"], (80, 1))

    def test_before_the_first_invoice_there_is_nothing(self):
        self.sell(date(2026, 6, 20))
        self.refresh()
        self.look_back()
        months = [str(day) for day in self.get_snapshots(self.client).mapped("date")]
        self.assertEqual(months[0], "2026-06-01")
        self.assertEqual(len(months), 6)

    def test_what_other_sources_tell_is_left_out(self):
        trait = self.env["client.health.trait"].create(
            {
                "name": "Quiet",
                "code": "quiet",
                "ready_domain": "[]",
                "flag_domain": "[('ticket_count', '<', 1)]",
            }
        )
        self.pay(self.sell(date(2026, 6, 20)), date(2026, 6, 20))
        health = self.refresh()
        self.assertIn(trait, health.active_trait_ids)
        self.look_back()
        self.assertEqual(set(self.get_snapshots(self.client).mapped("score")), {100})

    def test_month_ends_the_bank_is_not_known_of_are_left_out(self):
        self.sell(date(2026, 6, 20))
        self.refresh()
        Company = self.env.registry["res.company"]
        known = dict.fromkeys(self.env["res.company"].search([]).ids, date(2026, 9, 10))
        with patch.object(Company, "_get_client_health_known_days", lambda _own: known):
            self.look_back()
        last = self.get_snapshots(self.client)[-1:]
        self.assertEqual(str(last.date), "2026-09-01")

    def test_what_was_kept_stays(self):
        self.sell(date(2026, 6, 20))
        health = self.refresh()
        with freeze_time("2026-10-01"):
            self.Snapshot._take()
        for day in self.ends:
            self.Snapshot._take_then(day)
        kept = health.snapshot_ids.filtered(lambda taken: taken.basis == "kept")
        self.assertEqual([str(day) for day in kept.mapped("date")], ["2026-10-01"])
        self.assertEqual(len(set(health.snapshot_ids.mapped("date"))), 6)
        self.assertEqual(health.score_trend, health.score - kept.score)

    def test_it_runs_once_and_after_the_first_count(self):
        self.sell(date(2026, 6, 20))
        self.env["res.company"].search([]).client_health_refreshed_on = False
        self.assertEqual(self.Snapshot._get_days_to_look_back(), [])
        self.run_cron("client_health_cron_refresh")
        self.assertEqual(len(self.Snapshot._get_days_to_look_back()), 12)
        self.run_cron("ir_cron_take_snapshots")
        self.assertEqual(self.Snapshot._get_days_to_look_back(), [])
        self.assertEqual(len(self.get_snapshots(self.client)), 5)

    def test_a_month_takes_as_many_queries_with_more_clients(self):
        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Snapshot._take_then(date(2026, 9, 30))
            return self.env.cr.sql_log_count - before

        self.sell(date(2026, 6, 20))
        self.refresh()
        self.Snapshot._take_then(date(2026, 9, 30))
        self.Snapshot.sudo().search([]).unlink()
        first = count()
        for number in range(5):
            client = self.make_client(f"More {number}")
            self.sell(date(2026, 6, 20), client=client)
            self.refresh(client)
        self.Snapshot.sudo().search([]).unlink()
        self.assertEqual(count(), first)
