"""What the refresh costs on one book; run inside ``odoo shell``, prints JSON.

Times are processor seconds of the database session and of this process together,
without parallel workers, so that other work on the machine disturbs little; each is
the median of several runs, the limit query and the refresh in turns.
"""

import json
import os
import resource
import statistics
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
from odoo.addons.client_health.models.evidence.period import get_month_ends

RUNS = {"all": 3, "some": 5, "one": 20}
SOME = 1000
NAIVE = 100


class Measure:
    """Measurements in one Odoo environment."""

    def __init__(self, env, limit):
        self.env = env
        self.cr = env.cr
        self.limit = limit
        self.cr.execute("SELECT pg_backend_pid()")
        self.processes = [psutil.Process(self.cr.fetchone()[0]), psutil.Process()]
        self.cr.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        self.params = self._get_params()

    def _get_params(self):
        company = self.env.company
        period = self.env["client.health.evidence"]._get_period(company)
        stage = self.env["ir.model.fields"]._get("helpdesk.ticket", "stage_id")
        return {
            "company": company.id,
            "today": period.today,
            "start": period.window_start,
            "sale_start": period.sale_start,
            "created_from": period.created_from,
            "grace": period.grace_days,
            "month_ends": get_month_ends(period.today),
            "tz": period.zone,
            "opens": 8,
            "closes": 17,
            "stage_field": stage.id,
            "median": 1.0,
        }

    def get_seconds(self):
        times = [process.cpu_times() for process in self.processes]
        return sum(spent.user + spent.system for spent in times)

    def time(self, action, runs=1):
        """Return the processor seconds of an action, the mean of some runs."""
        self.env.flush_all()
        before = self.get_seconds()
        for run in range(runs):
            action(run)
        return (self.get_seconds() - before) / runs

    def run_limit(self, client_ids=None):
        """Run the limit query, for some clients or all."""
        query = self.limit
        if client_ids is not None:
            query = query.replace("/*L*/", "AND l.partner_id = ANY(%(ids)s)").replace(
                "/*T*/", "AND t.commercial_partner_id = ANY(%(ids)s)"
            )
        self.cr.execute(query, {**self.params, "ids": client_ids})
        self.cr.fetchall()

    def refresh(self, partners=None):
        self.env["client.health"]._refresh(partners)
        self.env.flush_all()

    def spoil(self, share):
        """Make a share of the facts wrong, so that a refresh has to write them."""
        self.cr.execute(
            "UPDATE client_health SET late_count = late_count + 1 WHERE id %% 100 < %s",
            [share],
        )
        self.env.invalidate_all()

    def compare(self, runs, limit, refresh, inner=1):
        """Return the medians of the limit and of the refresh, run in turns."""
        pairs = [
            (self.time(limit, inner), self.time(refresh, inner)) for _run in range(runs)
        ]
        limits, refreshes = zip(*pairs, strict=True)
        return statistics.median(limits), statistics.median(refreshes)

    @contextmanager
    def counting(self, figures, name):
        before = self.cr.sql_log_count
        yield
        figures[name] = self.cr.sql_log_count - before

    def get_figures(self):
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        figures = {"first": self.time(lambda _run: self.refresh())}
        self.cr.commit()
        clients = self.env["client.health"].search([], limit=SOME).partner_id
        figures["all"] = self.compare(
            RUNS["all"],
            lambda _run: self.run_limit(),
            lambda _run: (self.spoil(10), self.refresh()),
        )
        figures["same"] = self.time(lambda _run: self.refresh())
        figures["some"] = self.compare(
            RUNS["some"],
            lambda _run: self.run_limit(clients.ids),
            lambda _run: self.refresh(clients),
        )
        figures["one"] = self.compare(
            RUNS["one"] // 10,
            lambda run: self.run_limit(clients[run].ids),
            lambda run: self.refresh(clients[run]),
            inner=20,
        )
        with self.counting(figures, "queries_one"):
            self.refresh(clients[0])
        with self.counting(figures, "queries_some"):
            self.refresh(clients)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        figures["memory"] = (peak - memory) / 1024
        figures["written"] = self.count_written()
        figures["clients"] = self.env["client.health"].search_count([])
        figures |= self.get_peers(clients)
        return figures

    def count_written(self):
        """Return how many records a refresh with nothing changed writes or locks."""
        query = "SELECT id, xmin, xmax FROM client_health ORDER BY id"
        self.refresh()
        self.cr.execute(query)
        before = self.cr.fetchall()
        self.refresh()
        self.cr.execute(query)
        return sum(
            old != new for old, new in zip(before, self.cr.fetchall(), strict=True)
        )

    def get_peers(self, clients):
        """Time others for the same clients, all of them in seconds per 1,000."""
        peers = {}
        self.env.invalidate_all()
        peers["days_sales_outstanding"] = self.time(
            lambda _run: clients.mapped("days_sales_outstanding")
        )
        self.env.invalidate_all()
        peers["naive"] = 10 * self.time(lambda _run: self.run_naive(clients[:NAIVE]))
        if "risk_total" in clients._fields:
            self.env.invalidate_all()
            peers["account_financial_risk"] = self.time(
                lambda _run: clients.mapped("risk_total")
            )
        return {"peers": peers}

    def run_naive(self, clients):
        """Count who pays late as a first version would: client by client."""
        for client in clients:
            lines = self.env["account.move.line"].search(
                [
                    ("partner_id", "=", client.id),
                    ("display_type", "=", "payment_term"),
                    ("parent_state", "=", "posted"),
                    ("move_id.move_type", "=", "out_invoice"),
                ]
            )
            for line in lines:
                dates = line.matched_credit_ids.mapped("max_date")
                line.reconciled and (max(dates) - line.date_maturity).days


def main(env):
    limit = Path(os.environ["BENCHMARK_LIMIT"]).read_text()
    figures = Measure(env, limit).get_figures()
    env.cr.commit()
    print("FIGURES", json.dumps(figures), file=sys.stdout, flush=True)
