from dataclasses import replace
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..access import AMOUNT_GROUPS
from ..engine.period import get_month_ends
from ..engine.statement import execute, get_facts_sql

KEEP_MONTHS = 36
LOOKED_BACK = "client_health.looked_back"
"""Parameter with the oldest month end that was worked out from the ledger."""


class ClientHealthSnapshot(models.Model):
    """A client's health at the beginning of a month, for the trend.

    Of the months before Client Health was there, the ledger tells a part: invoices and
    payments carry their dates. What it cannot tell stays empty, and is judged by none.
    """

    _name = "client.health.snapshot"
    _description = "Client Health Snapshot"
    _inherit = "client.health.protected"
    _order = "date desc, id desc"
    _rec_name = "date"
    _protected_fields = (
        "health_id",
        "partner_id",
        "company_id",
        "date",
        "basis",
        "flag_count",
        "score",
        "state",
        "revenue_amount",
        "overdue_amount",
        "days_late_avg",
        "workload_ratio",
        "discount_share",
        "hours_spent",
        "net_amount",
    )

    health_id = fields.Many2one(
        comodel_name="client.health",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Client",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Month", required=True, readonly=True, help="The first of the month."
    )
    basis = fields.Selection(
        selection=[
            ("kept", "Kept that month"),
            ("ledger", "Worked out from the ledger"),
        ],
        default="kept",
        required=True,
        readonly=True,
        help="From the ledger: of before Client Health was installed, by the dates in "
        "the books and today's rules. Only what invoices and payments tell is judged; "
        "tickets and promises are not.",
    )
    score = fields.Integer(readonly=True, aggregator="avg")
    state = fields.Selection(selection="_selection_state", readonly=True)
    flag_count = fields.Integer(
        string="Flags", readonly=True, help="Active, watch and flag together."
    )
    revenue_amount = fields.Monetary(
        string="Revenue", readonly=True, groups=AMOUNT_GROUPS, aggregator="sum"
    )
    overdue_amount = fields.Monetary(
        string="Overdue", readonly=True, groups=AMOUNT_GROUPS, aggregator="sum"
    )
    days_late_avg = fields.Float(
        string="Average Days Late", readonly=True, aggregator="avg"
    )
    workload_ratio = fields.Float(readonly=True, aggregator="avg")
    discount_share = fields.Float(readonly=True, aggregator="avg")
    hours_spent = fields.Float(readonly=True, aggregator="sum")
    net_amount = fields.Monetary(
        string="Left Over", readonly=True, groups=AMOUNT_GROUPS, aggregator="sum"
    )

    _health_date_unique = models.UniqueIndex(
        "(health_id, date)", "A client has one snapshot a month."
    )
    _date_index = models.Index("(date)")

    @api.model
    def _selection_state(self):
        state = self.env["client.health"]._fields["state"]
        return state._description_selection(self.env)

    def _word_month(self):
        """Return the month as a graph names it, and that the ledger told it."""
        self.ensure_one()
        month = format_date(self.env, self.date, date_format="MMM y")
        if self.basis == "kept":
            return month
        return self.env._("%(month)s, from the ledger", month=month)

    @api.model
    def _get_kept_names(self):
        """Return what is kept of a client: score, state and the facts there are here.

        A fact is kept by a field of the same name on this model.
        """
        facts = self.env["client.health"]._get_facts()
        return ["score", "state", *(name for name in facts if name in self._fields)]

    @api.model
    def _cron_take(self):
        """Keep this month's health of every client that has none yet.

        Then look back at the months before, once.
        """
        error = self.env["client.health"]._attempt(self._take)
        if error:
            raise error  # nothing is lost: the next run does it
        self.env["ir.cron"]._commit_progress(1)
        self._look_back()

    @api.model
    def _take(self):
        """Write the snapshots of this month that are missing, set-based.

        Running it again the same month writes nothing. Clients that another session
        holds are left to the next run.
        """
        self.env.flush_all()
        names = self._get_kept_names()
        facts = SQL(", ").join(SQL.identifier(name) for name in names)
        values = SQL(", ").join(SQL.identifier("health", name) for name in names)
        execute(
            self.env,
            SQL(
                """
                INSERT INTO client_health_snapshot (
                       health_id, partner_id, company_id, date, basis, flag_count,
                       %(facts)s,
                       create_uid, create_date, write_uid, write_date)
                SELECT health.id, health.partner_id, health.company_id, %(month)s,
                       'kept', flags.number, %(values)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (SELECT * FROM client_health AS health
                         WHERE NOT EXISTS (
                               SELECT FROM client_health_snapshot AS taken
                                WHERE taken.health_id = health.id
                                  AND taken.date = %(month)s)
                           FOR KEY SHARE SKIP LOCKED
                       ) AS health
                  JOIN (SELECT id, SUM(number) AS number
                          FROM (SELECT id, 0 AS number FROM client_health
                                 UNION ALL
                                SELECT flag.health_id, 1 FROM %(active_flags)s
                               ) AS counted
                         GROUP BY id
                       ) AS flags ON flags.id = health.id
                    ON CONFLICT DO NOTHING
                """,
                facts=facts,
                values=values,
                month=SQL(
                    "date_trunc('month', %s)::date",
                    self.env["res.company"]._get_client_health_today_sql(
                        SQL("health.company_id")
                    ),
                ),
                active_flags=self.env["client.health.flag"]._get_active_from_sql(),
                uid=self.env.uid,
                now=fields.Datetime.now(),
            ),
        )
        self.env["client.health"].invalidate_model(["snapshot_ids"])

    # the months before, from the ledger

    @api.model
    def _request_look_back(self):
        """Have the months before worked out once everybody was counted."""
        if not self._get_looked_back():
            self.env.ref("client_health.ir_cron_take_snapshots")._trigger()

    @api.model
    def _get_looked_back(self):
        # sudo: the cron's own bookkeeping
        return self.env["ir.config_parameter"].sudo().get_param(LOOKED_BACK)

    @api.model
    def _look_back(self):
        """Work out the month ends of the last year, the newest first.

        Each in a transaction of its own; what was done is not done again.
        """
        days = self._get_days_to_look_back()
        while days:
            day = days.pop(0)
            error = self.env["client.health"]._attempt(self._take_then, day)
            if error:
                raise error  # the next run goes on here
            # sudo: the cron's own bookkeeping
            parameters = self.env["ir.config_parameter"].sudo()
            parameters.set_param(LOOKED_BACK, day.isoformat())
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(days)):
                return

    @api.model
    def _get_days_to_look_back(self):
        """Return the month ends still to be worked out, the newest first.

        None before everybody was counted for the first time: the first facts go first.
        """
        # sudo: settings of companies are for our groups only
        companies = self.env["res.company"].sudo()
        if not companies.search_count([("client_health_refreshed_on", "!=", False)]):
            return []
        today = min(self.env["res.company"]._get_client_health_days())
        done = self._get_looked_back()
        before = date.fromisoformat(done) if done else today
        return [day for day in reversed(get_month_ends(today)) if day < before]

    @api.model
    def _take_then(self, day):
        """Write the snapshots of the morning after a month end, from the ledger.

        In one statement: the facts of the sources that look back stand in for the
        table of clients, and the rules that read nothing else are judged on them.
        Companies whose bank is not known until then are left out, and clients of whom
        the ledger knew nothing. What is there stays.

        :param date day: the last day of a month
        """
        periods = [
            replace(period, today=day, known_until=day)
            for period in self.env["res.company"]._get_client_health_periods()
            if day <= period.known_until
        ]
        if not periods:
            return
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL jit = off")
        Health = self.env["client.health"]
        sources = self.env["client.health.source"]._get_sources()
        facts = {
            name: fact
            for name, fact in Health._get_facts().items()
            if not fact.derived and sources[fact.source]._looks_back
        }
        names = [name for name in self._get_kept_names() if name in facts]
        execute(
            self.env,
            SQL(
                """
                WITH client_health AS MATERIALIZED (%(clients)s),
                judged AS (%(judged)s),
                loss AS (
                    SELECT judged.health_id, count(*) AS number,
                           sum(trait.weight * CASE WHEN at_flag THEN 2 ELSE 1 END)
                               AS half_points
                      FROM judged
                      JOIN client_health_trait trait ON trait.id = judged.trait_id
                  GROUP BY judged.health_id
                ), scored AS (
                    SELECT health.*, COALESCE(loss.number, 0) AS flag_count,
                           GREATEST(0, 100 - COALESCE(half_points, 0)::int / 2) AS score
                      FROM client_health health
                 LEFT JOIN loss ON loss.health_id = health.id
                )
                INSERT INTO client_health_snapshot (
                       health_id, partner_id, company_id, date, basis, flag_count,
                       score, state, %(names)s,
                       create_uid, create_date, write_uid, write_date)
                SELECT id, partner_id, company_id, %(month)s, 'ledger', flag_count,
                       score, %(state)s, %(names)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM scored
                    ON CONFLICT DO NOTHING
                """,
                clients=self._get_clients_sql(facts, periods, is_then=True),
                judged=self.env["client.health.trait"]._get_matches_of_sql(facts),
                names=SQL(", ").join(map(SQL.identifier, names)),
                month=SQL("%s::date", day + timedelta(days=1)),
                state=Health._get_state_sql(SQL("score")),
                uid=self.env.uid,
                now=fields.Datetime.now(),
            ),
        )
        Health.invalidate_model(["snapshot_ids"])

    @api.model
    def _get_clients_sql(self, facts, periods, is_then):
        """Return what stands in for the table of clients, in another period.

        Of the past those that have a record; else whoever would have one, archived
        ones left out: a longer window finds clients of whom nothing is kept yet.

        :param dict facts: the facts to count, by name
        :param periods: the periods of the companies
        :param bool is_then: by what was there on the last day of the periods
        """
        Health = self.env["client.health"]
        used = {fact.source for fact in facts.values()}
        sources = {
            name: source
            for name, source in self.env["client.health.source"]._get_sources().items()
            if name in used
        }
        queries = {}
        for name, source in sources.items():
            count = source._get_facts_then_sql if is_then else source._get_facts_sql
            queries[name] = source._get_of_clients_sql(count(periods))
        inputs = {name: source._inputs for name, source in sources.items()}
        derived = {
            name: expression
            for name, expression in Health._get_derived_sql().items()
            if name in facts
        }
        return SQL(
            """
            SELECT fact.*, health_id AS id
              FROM (%s) AS fact
             WHERE %s AND (%s)
            """,
            get_facts_sql(facts.values(), queries, inputs, derived, periods, None),
            SQL("health_id IS NOT NULL")
            if is_then
            else SQL(
                "EXISTS (SELECT FROM res_partner client"
                " WHERE client.id = fact.partner_id AND client.active)"
            ),
            SQL(" OR ").join(
                SQL("%s <> 0", SQL.identifier("fact", name)) for name in facts
            ),
        )

    @api.model
    def _count_at_flag(self, periods, trait):
        """Return how many clients a trait would flag in other periods; writes nothing.

        :param periods: the periods of companies, with settings that do not hold
        """
        self.env.flush_all()
        facts = self.env["client.health"]._get_facts()
        [[count]] = self.env.execute_query(
            SQL(
                """
                WITH client_health AS MATERIALIZED (%s)
                SELECT count(*) FROM (%s) AS judged WHERE at_flag
                """,
                self._get_clients_sql(facts, periods, is_then=False),
                trait.sudo()._get_matches_sql(),  # sudo: a number of clients
            )
        )
        return count
