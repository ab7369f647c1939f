"""What the refresh costs on one book, against the limit query, in turns.

Without parallel workers and compiled queries, which help the limit query and a refresh
alike on an idle machine only.
"""

import resource
import statistics
import sys
from pathlib import Path

from clock import Clock
from odoo.addons.client_health.engine.ledger import PAYMENT_NEAR_DAYS
from odoo.addons.client_health.sources.client_health_ticket import ADDRESS, EMPTY
from odoo.tools import split_every

LIMIT = Path(__file__).with_name("limit.sql")
OTHER_SIDE = Path(__file__).with_name("other_side.sql")
MARKS = {
    "/*L*/": "l.partner_id",
    "/*S*/": "s.partner_id",
    "/*P*/": "y.partner_id",
    "/*T*/": "t.commercial_partner_id",
    "/*I*/": "i.partner_id",
}
"""Where the limit query takes a condition on the client."""
SETTLED = """EXISTS (SELECT FROM account_partial_reconcile r
    WHERE r.debit_move_id = l.id AND r.max_date > %(start)s)"""
SETTLED_OF_SOME = """(SELECT max(r.max_date) FROM account_partial_reconcile r
    WHERE r.debit_move_id = l.id) > %(start)s"""
BANK_DAY = """(SELECT min(b.date) FROM account_move_line w
    JOIN account_partial_reconcile a ON a.debit_move_id = w.id
    JOIN account_move_line b ON b.id = a.credit_move_id
     AND b.statement_line_id IS NOT NULL
    WHERE w.move_id = y.move_id AND w.balance > 0)"""
CONTACTS = """ARRAY(SELECT id FROM res_partner
    WHERE commercial_partner_id = ANY(%(ids)s))"""
CLOSE = 2e-6
"""How far a stored share or average, rounded to 6 digits, may be off."""
SLICE = 20000
"""How many clients are compared at a time."""
RUNS = {"all": 3, "some": 7, "one": 20}
SPOILT_PERCENT = 10


class Measure:
    """The refresh of one book in one Odoo environment."""

    def __init__(self, env):
        self.env = env
        self.cr = env.cr
        self.clock = Clock(env)
        lines = LIMIT.read_text().splitlines()
        self.limit = "\n".join(line for line in lines if not line.startswith("--"))
        self.limit = self.limit.replace("/*B*/", BANK_DAY)
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
        sales = self.env["account.account"].search(
            [("account_type", "in", ("income", "income_other"))]
        )
        hours = self.env["client.health.hours"]
        [(_calendar, opens, closes)] = hours._get_open_times(
            [period], period.window_start, period.today
        )
        return {
            "companies": list(period.booked_ids),
            "today": period.today,
            "start": period.window_start,
            "sale_start": period.sale_start,
            "created_from": period.created_from,
            "known": period.known_until,
            "grace": period.grace_days,
            "usual_term": period.usual_term_days,
            "small": period.small_amount,
            "near": PAYMENT_NEAR_DAYS,
            "receivable": list(accounts.receivable),
            "income": list(accounts.income),
            "sales": sales.ids,
            "tax": list(accounts.tax),
            "loss": list(accounts.loss),
            "discounts": company.client_health_discount_product_ids.ids,
            "strangers": self.env["res.company"].search([]).partner_id.ids,
            "month_ends": period.month_ends,
            "opens": hours._get_literal(opens),
            "closes": hours._get_literal(closes),
            "stage_field": stage.id,
            "ticket_minutes": period.ticket_minutes,
            "message_minutes": period.message_minutes,
            "hourly_cost": period.hourly_cost,
            "interest": period.late_interest,
            "address": ADDRESS,
            "empty": EMPTY,
        }

    def run_limit(self, client_ids=None, into=""):
        """Run the limit query, for some clients or all, and leave its rows unread.

        :param str into: what makes a table of them
        """
        query = self.limit
        if client_ids is not None:
            for mark, column in MARKS.items():
                query = query.replace(mark, f"AND {column} = ANY({CONTACTS})")
            query = query.replace("account_id /*A*/", "account_id + 0")
        settled = SETTLED if client_ids is None else SETTLED_OF_SOME
        query = query.replace("/*E*/", settled)
        company = self.env.company
        medians = {
            "median": company.client_health_workload_median or None,
            "hour_median": company.client_health_hour_median or None,
        }
        params = {**self.params, **medians, "ids": client_ids}
        self.cr.execute(into + query, params)

    def count_different(self):
        """Return how many stored facts the limit query finds another number for."""
        facts = self.env["client.health"]._get_facts()
        self.run_limit(into="CREATE TEMP TABLE limit_facts AS ")
        self.cr.execute(
            """
            SELECT partner_id FROM limit_facts
             UNION
            SELECT partner_id FROM client_health WHERE company_id = %s
            """,
            [self.env.company.id],
        )
        different = {}
        # a book of 10 times has more clients than fit into memory twice
        for client_ids in split_every(SLICE, [row[0] for row in self.cr.fetchall()]):
            for name, case in self.find_different(facts, client_ids):
                different.setdefault(name, []).append(case)
            self.env.invalidate_all()
        for name, cases in different.items():
            print(f"{name}: {len(cases)} other, as {cases[:3]}", file=sys.stderr)
        return sum(map(len, different.values()))

    def find_different(self, facts, client_ids):
        """Yield the name of each fact that differs, with client and both numbers."""
        domain = [("company_id", "=", self.env.company.id)]
        domain += [("partner_id", "in", client_ids)]
        rows = self.env["client.health"].search_read(domain, ["partner_id", *facts])
        stored = {row["partner_id"][0]: row for row in rows}
        self.cr.execute(
            "SELECT * FROM limit_facts WHERE partner_id = ANY(%s)", [list(client_ids)]
        )
        counted = {row["partner_id"]: row for row in self.cr.dictfetchall()}
        nothing = dict.fromkeys(facts, 0)
        for client_id in client_ids:
            ours = stored.get(client_id, nothing)
            theirs = counted.get(client_id, nothing)
            for name, fact in facts.items():
                off = abs(ours[name] - float(theirs[name] or 0))
                if off > (0.006 if fact.unit == "amount" else CLOSE):
                    yield name, (client_id, ours[name], theirs[name])

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
        self.spoil()
        self.refresh()
        # before the rows of the limit query come into this process
        memory = (_get_memory() - idle) / 1024
        different = self.count_different()
        clients = clients()
        figures = {
            "first": first,
            "memory": memory,
            "different": different,
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
