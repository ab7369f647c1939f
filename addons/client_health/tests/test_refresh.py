import sys
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from unittest.mock import Mock, patch

import psycopg2
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import new_test_user
from .facts_common import TODAY, FactsCase

BATCHES = "odoo.addons.client_health.models.client_health_refresh"
FRESH = "odoo.addons.client_health.models.client_health_refresh"


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

    def test_credit_notes_and_moved_due_dates_mark_their_client(self):
        self.invoice(due=TODAY, move_type="out_refund")
        self.assertEqual(self.get_marked(), {self.client.id})
        invoice = self.invoice(due=TODAY)
        self.refresh()
        invoice.invoice_date_due = TODAY - timedelta(days=40)
        self.assertEqual(self.get_marked(), {self.client.id})
        self.refresh()
        self.invoice(due=TODAY, move_type="in_invoice")
        self.assertEqual(self.get_marked(), set())

    def make_bank_line(self, day, **vals):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": day,
                "payment_ref": "Bank",
                "amount": 100.0,
                **vals,
            }
        )

    def test_a_bank_line_that_leaves_suspense_marks_its_client(self):
        line = self.make_bank_line(TODAY, partner_id=self.client.id)
        self.Stale._clear()
        _bank, suspense, _other = line._seek_for_lines()
        tax = self.company_data["default_account_tax_sale"]
        line.move_id.with_context(skip_readonly_check=True).line_ids = [
            (1, suspense.id, {"account_id": tax.id})
        ]
        self.assertEqual(self.get_marked(), {self.client.id})

    def test_a_day_that_the_bank_is_known_until_refreshes_everybody(self):
        self.company.client_health_bank_complete_until = False
        asked = Mock()
        with patch.object(
            self.env.registry["client.health"], "_request_refresh", asked
        ):
            line = self.make_bank_line(TODAY - timedelta(days=20))
            self.assertEqual(asked.call_count, 1)
            line.payment_ref = "Something else"
            self.make_bank_line(TODAY - timedelta(days=30))
            self.assertEqual(asked.call_count, 1, "the bank is known as far as before")
            line.date = TODAY - timedelta(days=10)
            self.assertEqual(asked.call_count, 2)
            line.unlink()
            self.assertEqual(asked.call_count, 3)

    def test_a_contact_that_leaves_its_company_marks_both(self):
        contact = self.env["res.partner"].create(
            {"name": "Anna", "parent_id": self.client.id}
        )
        other = self.make_client("Other")
        self.Stale._clear()
        contact.parent_id = other
        self.assertEqual(self.get_marked(), {self.client.id, other.id})

    def test_tickets_messages_and_ratings_mark_their_client(self):
        other = self.make_client("Other")
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "Help", "partner_id": self.client.id}
        )
        self.assertEqual(self.get_marked(), {self.client.id})
        self.Stale._clear()
        ticket.message_post(body="Hello", message_type="comment")
        self.assertEqual(self.get_marked(), {self.client.id})
        self.Stale._clear()
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                "res_id": ticket.id,
            }
        )
        self.assertEqual(self.get_marked(), set())
        rating.write({"rating": 1, "consumed": True})
        self.assertEqual(self.get_marked(), {self.client.id})
        self.Stale._clear()
        rating.unlink()
        self.assertEqual(self.get_marked(), {self.client.id})
        self.Stale._clear()
        ticket.client_health_own_fault = True
        self.assertEqual(self.get_marked(), {self.client.id})
        self.Stale._clear()
        ticket.partner_id = other
        self.assertEqual(self.get_marked(), {self.client.id, other.id})
        self.Stale._clear()
        ticket.unlink()
        self.assertEqual(self.get_marked(), {other.id})

    def test_a_document_costs_two_inserts_and_no_lock_on_the_partner(self):
        invoice = self.invoice(due=TODAY)
        self.env.cr.flush()
        self.Stale._clear()
        invoice.button_draft()
        self.env.cr.flush()
        self.env.cr.execute(
            "SELECT xmax FROM res_partner WHERE id = %s", self.client.ids
        )
        before = self.env.cr.fetchone()
        queries = self.record_queries(invoice.action_post)
        ours = [query for query in queries if self.is_insert_of_ours(query)]
        self.assertEqual(len(ours), 2, ours)
        self.assertFalse([query for query in queries if "client_health " in query])
        self.env.cr.execute(
            "SELECT xmax FROM res_partner WHERE id = %s", self.client.ids
        )
        self.assertEqual(self.env.cr.fetchone(), before)

    def record_queries(self, action):
        queries = []
        execute = type(self.env.cr).execute

        def record(cursor, query, *args, **kwargs):
            queries.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", record):
            action()
            self.env.cr.flush()
        return queries

    def is_insert_of_ours(self, query):
        insert = "INSERT INTO" in query
        return insert and ("client_health" in query or "ir_cron_trigger" in query)

    def test_a_mark_that_cannot_be_written_does_not_harm_the_document(self):
        with (
            patch.object(type(self.Stale), "_insert", side_effect=psycopg2.Error),
            mute_logger("odoo.addons.client_health.models.client_health_stale"),
        ):
            invoice = self.invoice(due=TODAY)
            self.env.cr.flush()
        self.assertEqual(invoice.state, "posted")

    def test_the_cron_refreshes_who_was_marked_and_removes_the_marks(self):
        self.invoice(due=TODAY - timedelta(days=100))
        self.run_cron("client_health_cron_stale")
        self.assertEqual(self.get_marked(), set())
        health = self.env["client.health"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(health.late_count, 1)

    def break_refresh_of(self, client):
        """Let the refresh fail for one client."""
        Health = type(self.env["client.health"])
        refresh = Health._refresh_facts

        def refresh_facts(records, client_ids, periods=None):
            if client_ids is None or client.id in client_ids:
                raise ValueError("This client is broken")
            return refresh(records, client_ids, periods)

        self.startPatcher(patch.object(Health, "_refresh_facts", refresh_facts))

    def test_one_client_that_fails_does_not_stop_the_others(self):
        clients = [self.make_client(f"Client {number}") for number in range(5)]
        for client in clients:
            self.invoice(due=TODAY - timedelta(days=100), client=client)
        broken = clients[2]
        self.break_refresh_of(broken)
        with mute_logger(BATCHES):
            self.run_cron("client_health_cron_stale")
        found = self.env["client.health"].search(
            [("partner_id", "in", [client.id for client in clients])]
        )
        self.assertEqual(
            found.partner_id, self.env["res.partner"].union(*clients) - broken
        )
        mark = self.Stale.search([("partner_ref", "=", broken.id)])
        self.assertRecordValues(
            mark, [{"error": "This client is broken", "attempt_count": 1}]
        )
        self.assertEqual(mark.retry_at, fields.Datetime.now() + timedelta(minutes=5))
        self.run_cron("client_health_cron_stale")
        self.assertEqual(mark.attempt_count, 1, "it is not time to try again yet")

    def test_what_keeps_failing_is_tried_once_a_day(self):
        cron = self.env.ref("client_health.client_health_cron_stale")
        for _attempt in range(12):
            self.Stale._report(self.client.id, ValueError("Broken"))
        mark = self.Stale.search([("partner_ref", "=", self.client.id)])
        self.assertEqual(mark.retry_at, fields.Datetime.now() + timedelta(days=1))
        wakes = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(mark.retry_at, wakes.mapped("call_at"))

    def test_a_failure_is_shown_and_gone_after_the_next_success(self):
        health = self.env["client.health"]._ensure(self.client, self.company)
        self.Stale._report(self.client.id, ValueError("Broken"))
        self.assertEqual(health.refresh_error, "Broken")
        self.Stale._report(self.client.id, ValueError("Broken again"))
        self.assertEqual(self.Stale.search([]).attempt_count, 2)
        health.action_refresh()
        health.invalidate_recordset()
        self.assertFalse(health.refresh_error)

    def test_failed_clients_are_found_by_a_filter(self):
        health = self.refresh_after_invoice()
        other = self.make_client("Other")
        self.invoice(due=TODAY, client=other)
        others = self.refresh(other)
        self.Stale._report(self.client.id, ValueError("Broken"))
        Health = self.env["client.health"]
        both = [("id", "in", [health.id, others.id])]
        for operator, found in (("!=", health), ("=", others)):
            with self.subTest(operator=operator):
                domain = [*both, ("refresh_error", operator, False)]
                self.assertEqual(Health.search(domain), found)

    def test_a_manager_is_told_once_of_what_keeps_failing(self):
        clients = [self.client, self.make_client("Other")]
        manager = new_test_user(
            self.env,
            login="newest_manager",
            groups="client_health.client_health_group_manager",
        )
        new_test_user(
            self.env,
            login="newer_elsewhere",
            groups="client_health.client_health_group_manager",
            company_id=self.setup_other_company(name="Other")["company"].id,
        )
        Health = self.env["client.health"]
        told = [("res_model", "=", "client.health"), ("user_id", "=", manager.id)]
        with mute_logger(BATCHES):
            for attempt in range(1, 7):
                for client in clients:
                    Health._report_failure(client.id, ValueError("Broken"))
                activities = self.env["mail.activity"].search(told)
                self.assertEqual(len(activities), int(attempt >= 5), attempt)
        self.assertEqual(activities.user_id, manager)
        record = Health.browse(activities.res_id)
        self.assertEqual(record.partner_id, self.client)

    def test_what_another_session_holds_is_no_fault(self):
        with self.assertNoLogs(BATCHES, "WARNING"):
            self.env["client.health"]._report_failure(
                self.client.id, psycopg2.errors.LockNotAvailable("Locked")
            )
        mark = self.Stale.search([("partner_ref", "=", self.client.id)])
        self.assertEqual(mark.error, "Locked")

    def test_the_nightly_refresh_does_everybody_and_then_nothing(self):
        self.invoice(due=TODAY - timedelta(days=100))
        self.run_cron("client_health_cron_refresh")
        health = self.env["client.health"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(health.late_count, 1)
        self.assertEqual(self.company.client_health_refreshed_on, TODAY)
        before = self.get_versions("client_health")
        self.run_cron("client_health_cron_refresh")
        self.assertEqual(self.get_versions("client_health"), before)

    def test_the_nightly_refresh_goes_on_where_its_time_was_up(self):
        clients = [self.make_client(f"Client {number}") for number in range(3)]
        Health = self.env["client.health"]
        done = []

        def refresh_batch(_records, client_ids, _remaining=0):
            done.extend(client_ids)
            return 0

        with (
            patch.object(type(Health), "_refresh_batch", refresh_batch),
            patch(f"{BATCHES}.BATCH_SIZE", 2),
        ):
            Health._cron_refresh_all()
            self.assertEqual(len(done), 2)
            self.assertEqual(Health._get_position(), max(done))
            Health._cron_refresh_all()
        self.assertEqual(len(set(done)), 4)
        self.assertLess(max(done[:2]), min(done[2:]))
        self.assertTrue(clients)

    def test_the_cron_says_how_many_wait_and_stops_when_its_time_is_up(self):
        clients = [self.make_client(f"Client {number}") for number in range(4)]
        for client in clients:
            self.invoice(due=TODAY, client=client)
        Health = self.env["client.health"]
        self.env.flush_all()
        self.Stale._write_pending()
        waiting = []

        def refresh_batch(_records, client_ids, remaining=0):
            waiting.append(remaining)
            return 0

        with (
            patch.object(type(Health), "_refresh_batch", refresh_batch),
            patch(f"{BATCHES}.BATCH_SIZE", 3),
        ):
            Health._cron_refresh_stale()
            Health._cron_refresh_all()
        self.assertEqual(len(waiting), 2)
        self.assertTrue(all(waiting), "the cron is run again at once")

    def test_the_last_batch_is_the_end_whatever_the_time(self):
        self.invoice(due=TODAY)
        Health = self.env["client.health"]
        Health._set_position(1)
        with patch.object(type(Health), "_refresh_batch", return_value=0):
            self.run_cron("client_health_cron_refresh")
        self.assertEqual(Health._get_position(), 0)
        self.assertEqual(self.company.client_health_refreshed_on, TODAY)

    def test_the_nightly_refresh_compares_everybody_in_the_end(self):
        clients = [self.make_client(f"Client {number}") for number in range(3)]
        for number, client in zip((1, 2, 6), clients, strict=True):
            self.invoice(due=TODAY, client=client)
            self.env["helpdesk.ticket"].create(
                [
                    {"name": "Help", "description": "Help", "partner_id": client.id}
                    for _ticket in range(5 * number)
                ]
            )
        self.run_cron("client_health_cron_refresh")
        found = self.env["client.health"].search(
            [("partner_id", "in", [client.id for client in clients])]
        )
        ratios = {health.partner_id: health.workload_ratio for health in found}
        self.assertAlmostEqual(ratios[clients[0]] * 6, ratios[clients[2]], 3)
        self.assertTrue(ratios[clients[0]])
        median = self.company.client_health_workload_median
        self.assertAlmostEqual(ratios[clients[0]], 5 * 1000 / 100 / median, 3)
        # twice the median at least: the rule was judged by the new ratio
        busy = found.filtered(lambda health: health.workload_ratio >= 2)
        self.assertEqual(
            busy.flag_ids.filtered("is_active").partner_id, busy.partner_id
        )
        self.assertTrue(busy)
        self.assertTrue(all(health.score < 100 for health in busy))

    def test_the_nightly_refresh_empties_who_is_no_client_any_more(self):
        health = self.refresh_after_invoice()
        parent = self.make_client("Parent")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = %s WHERE id = %s",
            (parent.id, self.client.id),
        )
        self.env.invalidate_all()
        self.run_cron("client_health_cron_refresh")
        self.assertEqual(health.late_count, 0)

    def test_the_cron_does_all_that_wait_in_as_many_batches_as_it_takes(self):
        clients = [self.make_client(f"Client {number}") for number in range(3)]
        for client in clients:
            self.invoice(due=TODAY, client=client)
        with patch(f"{BATCHES}.BATCH_SIZE", 1):
            self.run_cron("client_health_cron_stale")
        self.assertEqual(self.get_marked(), set())

    def refuse(self, *errors):
        """Let the next refreshes fail by these errors, and count the attempts."""
        Health = type(self.env["client.health"])
        waiting, attempts, refresh = list(errors), [], Health._refresh_facts

        def refresh_facts(records, client_ids, periods=None):
            attempts.append(client_ids)
            if waiting:
                raise waiting.pop(0)
            return refresh(records, client_ids, periods)

        self.startPatcher(patch.object(Health, "_refresh_facts", refresh_facts))
        return attempts

    def test_who_ran_into_another_session_is_tried_again_at_once(self):
        self.invoice(due=TODAY)
        error = psycopg2.errors.SerializationFailure
        attempts = self.refuse(error("First"), error("Second"))
        self.run_cron("client_health_cron_stale")
        self.assertEqual(len(attempts), 3)
        self.assertEqual(self.get_marked(), set())

    def test_who_is_locked_is_tried_again_later(self):
        self.invoice(due=TODAY)
        attempts = self.refuse(psycopg2.errors.LockNotAvailable("Locked"))
        self.run_cron("client_health_cron_stale")
        self.assertEqual(len(attempts), 1)
        mark = self.Stale.search([("partner_ref", "=", self.client.id)])
        self.assertEqual(mark.error, "Locked")

    def test_medians_that_cannot_be_stored_are_tried_again(self):
        cron = self.env.ref("client_health.client_health_cron_refresh")
        Health = type(self.env["client.health"])
        locked = psycopg2.errors.LockNotAvailable("Locked")
        with (
            patch.object(Health, "_store_medians", side_effect=locked),
            mute_logger(BATCHES),
        ):
            self.run_cron("client_health_cron_refresh")
        trigger = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertEqual(
            trigger.mapped("call_at"), [fields.Datetime.now() + timedelta(minutes=5)]
        )

    def test_a_job_halves_its_batch_until_it_finds_who_fails(self):
        clients = [self.make_client(f"Client {number}") for number in range(5)]
        for client in clients:
            self.invoice(due=TODAY - timedelta(days=100), client=client)
        self.break_refresh_of(clients[3])
        self.env.flush_all()
        with mute_logger(BATCHES):
            self.env["client.health"]._refresh_between(clients[0].id, clients[-1].id)
        found = self.env["client.health"].search(
            [("partner_id", "in", [client.id for client in clients])]
        )
        self.assertEqual(
            found.partner_id, self.env["res.partner"].union(*clients) - clients[3]
        )
        mark = self.Stale.search([("error", "!=", False)])
        self.assertEqual(mark.partner_ref, clients[3].id)

    def test_a_job_waits_for_no_lock_and_leaves_a_conflict_to_the_queue(self):
        self.invoice(due=TODAY)
        conflict = psycopg2.errors.SerializationFailure("Conflict")
        self.refuse(psycopg2.errors.LockNotAvailable("Locked"), conflict)
        job = partial(
            self.env["client.health"]._refresh_between, self.client.id, self.client.id
        )
        job()
        self.assertEqual(self.Stale.search([]).mapped("error"), ["Locked"])
        with self.assertRaises(psycopg2.errors.SerializationFailure):
            job()
        self.assertEqual(self.Stale.search([]).mapped("error"), ["Locked"])
        job()
        self.assertFalse(self.Stale.search([]))

    def test_those_whose_ratio_changes_are_found_batch_by_batch(self):
        clients = self.env["res.partner"].create([{"name": name} for name in "ABC"])
        for client in clients:
            self.invoice(TODAY, client=client)
            self.env["helpdesk.ticket"].create(
                {"name": "Help", "description": "Help", "partner_id": client.id}
            )
        self.env["client.health"]._refresh(clients)
        self.company.client_health_workload_median = 2.0
        self.env.flush_all()
        with patch(f"{BATCHES}.BATCH_SIZE", 2):
            batches = list(self.env["client.health"]._iter_ids_of_other_ratio())
        self.assertEqual(batches, [clients[:2].ids, clients[2:].ids])

    def test_with_a_queue_each_batch_is_a_job(self):
        Health = self.env["client.health"]
        delay = Mock()
        queue = {
            "odoo.addons.queue_job": Mock(),
            "odoo.addons.queue_job.delay": delay,
        }
        with (
            patch.dict(sys.modules, queue),
            patch.object(type(Health), "delayable", create=True) as delayable,
        ):
            Health._enqueue_refresh()
        batches = Health._get_batches()
        job = delayable.return_value
        self.assertEqual(
            [call.args for call in job._refresh_between.call_args_list], batches
        )
        keys = [call.kwargs["identity_key"] for call in delayable.call_args_list]
        self.assertEqual(len(set(keys)), len(batches))
        delay.group.return_value.delay.assert_called_once_with()

    def test_batches_are_cut_by_clients_and_by_what_they_hold(self):
        clients = [self.make_client(f"Client {number}") for number in range(6)]
        for _number in range(3):
            self.invoice(due=TODAY, client=clients[1])
        self.env.flush_all()
        ids = [client.id for client in clients]

        def cut(**sizes):
            names = {f"{BATCHES}.{name}": size for name, size in sizes.items()}
            with ExitStack() as patches:
                for name, size in names.items():
                    patches.enter_context(patch(name, size))
                found = self.env["client.health"]._cut(ids)
            return [[ids.index(one) for one in batch] for batch in found]

        self.assertEqual(cut(), [[0, 1, 2, 3, 4, 5]])
        self.assertEqual(cut(BATCH_SIZE=3), [[0, 1, 2], [3, 4, 5]])
        # the second client is as much as three quarters of a batch
        self.assertEqual(cut(BATCH_SIZE=4, BATCH_ROWS=4), [[0, 1], [2, 3, 4, 5]])
        self.assertEqual(cut(BATCH_SIZE=4, BATCH_ROWS=1)[1][:1], [1])
        self.assertEqual(self.env["client.health"]._cut([]), [])

    def test_a_locked_client_opens_with_the_facts_it_has(self):
        health = self.refresh_after_invoice()
        self.Stale._mark(self.client.ids)
        self.refuse(psycopg2.errors.LockNotAvailable("Locked"))
        [shown] = health.web_read({"late_count": {}})
        self.assertEqual(shown["late_count"], 1)
        self.assertEqual(self.get_marked(), {self.client.id})

    def test_who_cannot_be_refreshed_opens_with_the_facts_it_has(self):
        health = self.refresh_after_invoice()
        self.Stale._mark(self.client.ids)
        self.break_refresh_of(self.client)
        with mute_logger(FRESH):
            [shown] = health.web_read({"late_count": {}})
        self.assertEqual(shown["late_count"], 1)

    def test_a_colleague_opens_fresh_facts_and_evidence(self):
        health = self.refresh_after_invoice()
        colleague = new_test_user(
            self.env,
            login="colleague",
            groups="client_health.client_health_group_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        own = health.with_user(colleague)
        self.invoice(due=TODAY - timedelta(days=50))
        [shown] = own.web_read({"late_count": {}})
        self.assertEqual(shown["late_count"], 2)
        self.invoice(due=TODAY - timedelta(days=40))
        own.with_context(fact="late_count").action_open_evidence()
        self.assertEqual(health.late_count, 3)
        self.assertEqual(self.get_marked(), set())

    def test_opening_shows_fresh_facts(self):
        health = self.env["client.health"]._ensure(self.client, self.company)
        self.invoice(due=TODAY - timedelta(days=100))
        [shown] = health.web_read({"late_count": {}})
        self.assertEqual(shown["late_count"], 1)

    def test_opening_on_a_replica_is_tried_again_on_the_primary(self):
        health = self.env["client.health"]._ensure(self.client, self.company)
        self.invoice(due=TODAY - timedelta(days=100))
        self.env.flush_all()
        with (
            self.assertRaises(psycopg2.errors.ReadOnlySqlTransaction),
            self.env.cr.savepoint(flush=False),
            mute_logger("odoo.sql_db"),
        ):
            self.env.cr.execute("SET TRANSACTION READ ONLY")
            health.web_read({"late_count": {}})

    def test_beside_a_replica_clients_are_opened_on_the_primary(self):
        methods = (
            getattr(cls, "web_read", None)
            for cls in type(self.env["client.health"]).mro()
        )
        [first, *_others] = [
            method._readonly for method in methods if hasattr(method, "_readonly")
        ]
        self.assertFalse(first, "what Odoo goes by, see _call_kw_readonly")

    def test_opening_after_a_change_shows_fresh_facts(self):
        self.env["client.health"]._refresh()
        health = self.refresh_after_invoice()
        self.invoice(due=TODAY - timedelta(days=50))
        [shown] = health.web_read({"late_count": {}})
        self.assertEqual(shown["late_count"], 2)

    def test_opening_on_another_day_counts_to_that_day(self):
        self.company.client_health_bank_complete_until = False
        health = self.refresh_after_invoice()
        self.env["client.health"]._refresh()
        with freeze_time(TODAY + timedelta(days=1)):
            [shown] = health.web_read({"overdue_days_max": {}})
        self.assertEqual(shown["overdue_days_max"], 101)

    def test_opening_what_is_fresh_refreshes_nothing(self):
        self.invoice(due=TODAY - timedelta(days=100))
        self.env["client.health"]._refresh()
        health = self.refresh()
        with patch.object(type(health), "_refresh") as refresh:
            health.web_read({"late_count": {}})
        refresh.assert_not_called()

    def test_who_is_not_of_ours_cannot_refresh(self):
        health = self.refresh_after_invoice()
        stranger = new_test_user(self.env, login="stranger", groups="base.group_user")
        for method in ("action_refresh", "action_open_evidence"):
            with self.assertRaises(AccessError):
                getattr(health.with_user(stranger), method)()
        with self.assertRaises(AccessError):
            health.with_user(stranger).web_read({"late_count": {}})

    def refresh_after_invoice(self):
        self.invoice(due=TODAY - timedelta(days=100))
        return self.refresh()
