"""What the refresh costs on one book, against the limit query, in turns.

Without parallel workers and compiled queries, which help the limit query and a refresh
alike on an idle machine only.
"""

import resource
import statistics
from pathlib import Path

from clock import Clock

LIMIT = Path(__file__).with_name("limit.sql")
OTHER_SIDE = Path(__file__).with_name("other_side.sql")
MARKS = {
    "/*L*/": "l.partner_id",
    "/*S*/": "s.partner_id",
    "/*P*/": "y.partner_id",
    "/*T*/": "t.commercial_partner_id",
}
"""Where the limit query takes a condition on the client."""
RUNS = {"all": 3, "some": 7, "one": 20}
SPOILT_PERCENT = 10


class Measure:
    """The refresh of one book in one Odoo environment."""

    def __init__(self, env):
        self.env = env
        self.cr = env.cr
        self.clock = Clock(env)
        self.limit = LIMIT.read_text()
        other_side = OTHER_SIDE.read_text()
        for credit in ("l", "c"):
            own = other_side.replace("{credit}", credit)
            self.limit = self.limit.replace(f"/*X {credit}*/", own)
        self.cr.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        self.params = self._get_params()

    def _get_params(self):
        company = self.env.company
        period = company._get_client_health_period()
        accounts = self.env["client.health.payment"]._get_accounts()
        stage = self.env["ir.model.fields"]._get("helpdesk.ticket", "stage_id")
        return {
            "company": company.id,
            "today": period.today,
            "start": period.window_start,
            "sale_start": period.sale_start,
            "created_from": period.created_from,
            "known": period.known_until,
            "grace": period.grace_days,
            "usual_term": period.usual_term_days,
            "small": period.small_amount,
            "receivable": list(accounts.receivable),
            "tax": list(accounts.tax),
            "loss": list(accounts.loss),
            "month_ends": period.month_ends,
            "tz": period.zone,
            "opens": 8,
            "closes": 17,
            "stage_field": stage.id,
            "median": 1.0,
        }

    def run_limit(self, client_ids=None):
        """Run the limit query, for some clients or all."""
        query = self.limit
        if client_ids is not None:
            for mark, column in MARKS.items():
                query = query.replace(mark, f"AND {column} = ANY(%(ids)s)")
            query = query.replace(
                "/*A*/%(receivable)s", "ARRAY(SELECT unnest(%(receivable)s))"
            )
        self.cr.execute(query, {**self.params, "ids": client_ids})
        self.cr.fetchall()

    def refresh(self, partners=None):
        self.env["client.health"]._refresh(partners)
        self.env.flush_all()

    def spoil(self):
        """Make a share of the facts wrong, so that a refresh has to write them."""
        self.cr.execute(
            "UPDATE client_health SET late_count = late_count + 1 WHERE id %% 100 < %s",
            [SPOILT_PERCENT],
        )
        self.env.invalidate_all()

    def compare(self, runs, limit, refresh, inner=1):
        """Return the medians of the refresh and of the limit, run in turns."""
        pairs = [
            (self.clock.time(refresh, inner), self.clock.time(limit, inner))
            for _run in range(runs)
        ]
        return [statistics.median(times) for times in zip(*pairs, strict=True)]

    def get_figures(self, clients):
        """Return what the refresh of everybody, some and one costs."""
        idle = _get_memory()
        first = self.clock.time(lambda _run: self.refresh())
        self.cr.commit()
        clients = clients()
        figures = {
            "first": first,
            "all": self.compare(
                RUNS["all"],
                lambda _run: self.run_limit(),
                lambda _run: (self.spoil(), self.refresh()),
            ),
            "same": self.clock.time(lambda _run: self.refresh()),
            "some": self.compare(
                RUNS["some"],
                lambda _run: self.run_limit(clients.ids),
                lambda _run: self.refresh(clients),
            ),
            "one": self.compare(
                RUNS["one"] // 10,
                lambda run: self.run_limit(clients[run].ids),
                lambda run: self.refresh(clients[run]),
                inner=20,
            ),
            "queries_one": self.clock.count(lambda: self.refresh(clients[0])),
            "queries_some": self.clock.count(lambda: self.refresh(clients)),
            "written": self.count_written(),
            "clients": self.env["client.health"].search_count([]),
        }
        figures["memory"] = (_get_memory() - idle) / 1024
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


def _get_memory():
    """Return the most memory this process had until now, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
