import logging
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..engine import statement
from ..engine.fact import DIGITS

_logger = logging.getLogger(__name__)

BATCH_SIZE = 2000
"""Clients in one transaction at most."""
BATCH_ROWS = 50_000
"""Invoices and tickets in one transaction, about: a second or two of work."""
ATTEMPTS = 3
"""How often a batch that ran into another session is tried before it is halved."""
LOCK_TIMEOUT = "1s"
"""How long a refresh in the background waits for a row another session holds."""
FINISH_AGAIN_MINUTES = 5
"""When what needs all clients is tried again where another session was in the way."""
POSITION = "client_health.refresh_position"
"""Parameter with the last client that was done when the nightly refresh ran out of
time."""


class ClientHealthRefresh(models.AbstractModel):
    """Keeping facts, and what follows from them, up to date.

    In the background a batch is a transaction of its own: killed at any point, what
    is committed stays and the rest is done by the next run. A batch that fails is
    halved until the client is found that it fails for; that one is reported and tried
    again later.
    """

    _name = "client.health.refresh"
    _description = "Refresh of Client Health"

    refresh_error = fields.Text(
        compute="_compute_refresh_error",
        search="_search_refresh_error",
        help="Why the last refresh of this client did not succeed; it is tried again.",
    )

    # one refresh

    @api.model
    def _refresh(self, partners=None):
        """Refresh facts and what follows from them: flags, score and state.

        Only what differs is written; a refresh with nothing changed writes and locks
        no row. The number of queries does not depend on the number of clients.

        :param res.partner partners: contacts whose clients are refreshed, in all
            companies; everybody without it
        """
        # sudo: the facts are the same whoever asks; action_refresh checks who may ask
        health = self.sudo()
        client_ids = None if partners is None else health._get_client_ids(partners)
        health.env["client.health.stale"]._clear(client_ids)
        health.env.flush_all()
        periods = health.env["res.company"]._get_client_health_periods()
        health.env["client.health.promise"]._refresh_states(client_ids, periods)
        health_ids = health._refresh_facts(client_ids, periods)
        health.env["client.health.flag"]._refresh_levels(health_ids)
        health._refresh_scores(health_ids)

    @api.model
    def _get_client_ids(self, partners):
        """Return the ids whose records are refreshed for these contacts.

        The contacts themselves are among them: one that was a client of its own
        before it got a parent still has a record, whose facts are gone now.
        """
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT commercial_partner_id FROM res_partner WHERE id = ANY(%s)",
                partners.ids,
            )
        )
        return list({*partners.ids, *(client_id for (client_id,) in rows)})

    @api.model
    def _refresh_facts(self, client_ids, periods=None):
        """Write the facts that differ.

        Clients that have a record and no facts any more get empty ones.

        :param client_ids: ids of commercial partners, or ``None`` for all
        :param periods: what holds now, where the caller has read it already
        :return: ids of their records, or ``None`` for all
        """
        self.env.flush_all()
        # compiling the query takes longer than it saves
        self.env.cr.execute("SET LOCAL jit = off")
        query = statement.get_refresh_sql(
            self._get_facts().values(),
            self._get_facts_sql(client_ids, periods),
            partial=client_ids is not None,
            now=fields.Datetime.now(),
            uid=self.env.uid,
        )
        rows = statement.execute(self.env, query)
        if client_ids is None:
            self._refresh_medians()
        self.env.invalidate_all()
        return None if client_ids is None else [health_id for (health_id,) in rows]

    @api.model
    def _refresh_medians(self):
        """Store the medians of all companies, and the ratios that depend on them.

        Done by the full refresh only: the median moves a little with every client,
        and each time rewrites the ratio of every client with tickets.
        """
        self._store_medians()
        self._write_ratios()

    @api.model
    def _write_ratios(self, client_ids=None):
        """Write the ratios that no longer go by the medians of their company.

        :param client_ids: ids of commercial partners; all of them when ``None``
        :return: ids of the records that changed
        """
        rows = statement.execute(
            self.env,
            SQL(
                """
                UPDATE client_health health
                   SET (workload_ratio, revenue_per_hour_ratio, refreshed_at)
                     = (fact.workload, fact.per_hour, %(now)s)
                  FROM (%(other_ratios)s) AS fact
                 WHERE health.id = fact.id
             RETURNING health.id
                """,
                other_ratios=self._get_other_ratios_sql(client_ids),
                now=fields.Datetime.now(),
            ),
        )
        return [health_id for (health_id,) in rows]

    @api.model
    def _get_other_ratios_sql(self, client_ids=None):
        """Return the query of the records whose ratios go by other medians."""
        clients = SQL("TRUE")
        if client_ids is not None:
            clients = SQL("partner_id = ANY(%s)", client_ids)
        derived = self._get_derived_sql()
        return SQL(
            """
            SELECT id, partner_id, workload, per_hour
              FROM (
                   SELECT health.id, partner_id, workload_ratio, revenue_per_hour_ratio,
                          %(workload)s AS workload, %(per_hour)s AS per_hour
                     FROM client_health health
                     JOIN (SELECT id AS company_id,
                                  client_health_workload_median::numeric AS median,
                                  client_health_hour_median::numeric AS hour_median
                             FROM res_company) AS terms USING (company_id)
                    WHERE %(clients)s
                   ) AS fact
             WHERE (workload, per_hour)
                   IS DISTINCT FROM (workload_ratio, revenue_per_hour_ratio)
            """,
            workload=derived["workload_ratio"],
            per_hour=derived["revenue_per_hour_ratio"],
            clients=clients,
        )

    @api.model
    def _store_medians(self):
        days = self.env["res.company"]._get_client_health_periods()
        statement.execute(
            self.env,
            SQL(
                """
                UPDATE res_company company
                   SET client_health_workload_median = new.median,
                       client_health_hour_median = new.hour_median,
                       client_health_refreshed_on = new.today
                  FROM (
                       SELECT day.company_id, day.today, %(median)s AS median,
                              %(hour_median)s AS hour_median
                         FROM unnest(%(company_ids)s::integer[], %(days)s::date[])
                              AS day (company_id, today)
                    LEFT JOIN client_health health
                           ON health.company_id = day.company_id
                          AND health.revenue_amount > 0
                          AND (health.ticket_count > 0 OR health.hours_spent > 0)
                     GROUP BY day.company_id, day.today
                       ) AS new
                 WHERE company.id = new.company_id
                   AND (company.client_health_workload_median,
                        company.client_health_hour_median,
                        company.client_health_refreshed_on)
                       IS DISTINCT FROM (new.median, new.hour_median, new.today)
                """,
                median=self._get_median_sql(
                    self._get_workload_sql(), SQL("ticket_count > 0")
                ),
                hour_median=self._get_median_sql(
                    SQL("revenue_per_hour"), SQL("hours_spent > 0")
                ),
                company_ids=[day.company_id for day in days],
                days=[day.today for day in days],
            ),
        )
        self.env["res.company"].invalidate_model()

    @api.model
    def _get_median_sql(self, value, condition):
        """Return the value of the client in the middle of those with a condition."""
        return SQL(
            "COALESCE(round((percentile_cont(0.5) WITHIN GROUP (ORDER BY %s)"
            " FILTER (WHERE %s))::numeric, %s), 0)::float8",
            value,
            condition,
            DIGITS,
        )

    @api.model
    def _get_facts_sql(self, client_ids=None, periods=None):
        """Return the query of all facts, a row per client and company.

        :param client_ids: ids of commercial partners, or ``None`` for all
        :param periods: what holds now, where the caller has read it already
        """
        if periods is None:
            periods = self.env["res.company"]._get_client_health_periods()
        sources = self.env["client.health.source"]._get_sources()
        facts = self._get_facts().values()
        return statement.get_facts_sql(
            facts,
            {
                name: source._get_of_clients_sql(
                    source._get_facts_sql(periods, client_ids)
                )
                for name, source in sources.items()
            },
            {name: source._inputs for name, source in sources.items()},
            self._get_derived_sql(),
            periods,
            client_ids,
        )

    @api.model
    @ormcache()
    def _get_derived_sql(self) -> dict[str, SQL]:
        """Return the expression of each fact that is computed from others, by name.

        What a company says of its own comes in by the ``terms`` of ``period.py``.
        """
        return {
            fact.name: fact.to_sql(getattr(self, fact.derived)())
            for fact in self._get_facts().values()
            if fact.derived
        }

    @api.model
    def _get_workload_sql(self):
        """Return tickets and inbound messages per 1,000 of revenue."""
        return SQL("(ticket_count + message_count) * 1000 / revenue_amount")

    @api.model
    def _get_workload_ratio_sql(self):
        """Return the client's workload by the ``median`` of the company.

        A client without tickets or revenue cannot be compared and gets 0.
        """
        return SQL(
            """
            CASE WHEN ticket_count > 0 AND revenue_amount > 0 AND median > 0
                 THEN %s / median END
            """,
            self._get_workload_sql(),
        )

    @api.model
    def _request_refresh(self):
        """Have all clients judged again soon: a rule or a setting has changed."""
        cron = "client_health.client_health_cron_refresh"
        if cron := self.env.ref(cron, raise_if_not_found=False):
            cron._trigger()

    # everybody, or those who changed, in small transactions

    @api.model
    def _cron_refresh_stale(self):
        """Refresh the clients that were marked since the last run."""
        Stale = self.env["client.health.stale"]
        waiting = BATCH_SIZE
        while waiting:
            client_ids, waiting = Stale._get_waiting_ids(BATCH_SIZE)
            for batch in self._cut(client_ids):
                waiting = max(waiting - len(batch), 0)
                if not self._refresh_batch(batch, waiting):
                    return

    @api.model
    def _cron_refresh_all(self):
        """Refresh all clients; go on later where the time was up.

        What is kept of rules and settings is read anew: a transaction that began
        before they changed may have filled the cache after they did.
        """
        self.env.registry.clear_cache()
        if self._may_leave_to_jobs() and self._let_jobs_work():
            return
        batches = self._get_batches(after=self._get_position())
        while batches:
            first_id, last_id = batches.pop(0)
            client_ids = self._get_ids_between(first_id, last_id)
            left = self._refresh_batch(client_ids, len(batches) * BATCH_SIZE)
            if batches and not left:
                self._set_position(last_id)
                return
        self._set_position(None)
        self._finish_refresh()

    @api.model
    def _finish_refresh(self):
        """Do what needs all clients: medians, and the flags that depend on them.

        A client whose row another session holds keeps its old ratio and is
        refreshed later; where nothing can be done now, all of it is tried again.
        """
        error = self._attempt(self._store_medians)
        if error:
            _logger.warning("The medians could not be stored: %s", error)
            self._look_again(FINISH_AGAIN_MINUTES)
            return
        self.env["ir.cron"]._commit_progress()  # a client that fails keeps them
        for client_ids in self._iter_ids_of_other_ratio():
            self._do_batch(self._refresh_ratios, client_ids)
        self.env["client.health.snapshot"]._request_look_back()

    @api.model
    def _look_again(self, minutes):
        """Have the cron of everybody run again in some minutes."""
        at = fields.Datetime.now() + timedelta(minutes=minutes)
        self.env.ref("client_health.client_health_cron_refresh")._trigger(at)

    @api.model
    def _may_leave_to_jobs(self):
        """Return whether there is a queue; the first count waits for nobody."""
        # sudo: settings of companies are for our groups only
        companies = self.env["res.company"].sudo()
        counted = [("client_health_refreshed_on", "!=", False)]
        return "queue.job" in self.env and bool(
            companies.search_count(counted, limit=1)
        )

    @api.model
    def _iter_ids_of_other_ratio(self):
        """Yield the clients whose ratio goes by another median, batch by batch.

        The median moves the ratio of nearly everybody: one list of them grows with the
        book. Each batch is looked for behind the last client of the one before, so
        that who cannot be written now is not met again.
        """
        last_id = 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT partner_id FROM (%s) AS other"
                    " WHERE partner_id > %s ORDER BY partner_id LIMIT %s",
                    self._get_other_ratios_sql(),
                    last_id,
                    BATCH_SIZE,
                )
            )
            if not rows:
                return
            client_ids = [client_id for (client_id,) in rows]
            last_id = client_ids[-1]
            yield client_ids

    @api.model
    def _refresh_ratios(self, client_ids):
        """Let clients' ratios go by the medians, and flags and scores by those."""
        health_ids = self._write_ratios(client_ids)
        self.env.invalidate_all()
        self.env["client.health.flag"]._refresh_levels(health_ids)
        self._refresh_scores(health_ids)

    @api.model
    def _refresh_batch(self, client_ids, remaining=0):
        """Refresh clients in a transaction of their own, halved where it fails.

        :param client_ids: ids of contacts
        :param int remaining: how many clients wait after these, for the cron
        :return: the seconds left to this run of the cron
        """
        return self._do_batch(self._refresh_ids, client_ids, remaining)

    @api.model
    def _do_batch(self, work, client_ids, remaining=0):
        """Do work for clients in transactions of their own, as small as it takes."""
        error = self._attempt(work, client_ids)
        if error and len(client_ids) > 1:
            half = len(client_ids) // 2
            first, second = client_ids[:half], client_ids[half:]
            self._do_batch(work, first, remaining + len(second))
            return self._do_batch(work, second, remaining)
        if error:
            unreported = self._attempt(self._report_failure, client_ids[0], error)
            if unreported:
                _logger.error("A failure could not be kept", exc_info=unreported)
        return self.env["ir.cron"]._commit_progress(
            len(client_ids), remaining=remaining
        )

    @api.model
    def _refresh_ids(self, client_ids):
        self._refresh(self.env["res.partner"].browse(client_ids))

    @api.model
    def _report_failure(self, client_id, error):
        """Log that a client could not be refreshed, and show it to managers."""
        if isinstance(error, psycopg2.OperationalError):
            # another session holds it: no fault, it is tried again
            _logger.info("Partner %s is refreshed later: %s", client_id, error)
        else:
            _logger.error(
                "The health of partner %s could not be refreshed",
                client_id,
                exc_info=error,
            )
        self.env["client.health.stale"]._report(client_id, error)

    @api.model
    def _attempt(self, work, *args):
        """Do work in this transaction, again where another session was in the way.

        :return: the error, after which nothing is written, or ``None``
        """
        for _attempt in range(ATTEMPTS):
            try:
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                work(*args)
                self.env.flush_all()
                return None
            except psycopg2.OperationalError as caught:
                error = caught
            except Exception as caught:
                self.env.cr.rollback()
                return caught
            self.env.cr.rollback()
            if isinstance(error, psycopg2.errors.LockNotAvailable):
                break
        return error

    @api.model
    def _get_batches(self, after=0):
        """Return the first and last id of each batch of commercial partners.

        :param int after: leave out partners up to this id
        """
        partners = SQL(
            "SELECT id FROM res_partner WHERE commercial_partner_id = id AND id > %s",
            after,
        )
        return self.env.execute_query(
            SQL(
                "SELECT min(id), max(id) FROM (%s) AS cut"
                " GROUP BY batch ORDER BY batch",
                self._get_cut_sql(partners),
            )
        )

    @api.model
    def _cut(self, client_ids):
        """Return clients in batches, as lists of ids."""
        if not client_ids:
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT array_agg(id ORDER BY id) FROM (%s) AS cut"
                " GROUP BY batch ORDER BY batch",
                self._get_cut_sql(
                    SQL("SELECT unnest(%s::integer[]) AS id", client_ids), client_ids
                ),
            )
        )
        return [batch for (batch,) in rows]

    @api.model
    def _get_cut_sql(self, clients, client_ids=None):
        """Return the query of ``id`` and ``batch``: few clients with much, many with
        little.

        :param SQL clients: the query of the ids to cut
        :param client_ids: the same as ids, or ``None`` for all
        """
        sources = self.env["client.health.source"]._get_sources().values()
        loads = [source._get_load_sql(client_ids) for source in sources]
        return SQL(
            """
            SELECT id, floor((sum(GREATEST(%(most)s::bigint, load * %(size)s))
                              OVER (ORDER BY id) - 1)
                             / (%(most)s::bigint * %(size)s)) AS batch
              FROM (
                   SELECT client.id, COALESCE(sum(loaded.number), 0) AS load
                     FROM (%(clients)s) AS client
                LEFT JOIN (%(loads)s) AS loaded ON loaded.partner_id = client.id
                 GROUP BY client.id
                   ) AS weighed
            """,
            most=BATCH_ROWS,
            size=BATCH_SIZE,
            clients=clients,
            loads=SQL(" UNION ALL ").join(load for load in loads if load),
        )

    @api.model
    def _get_ids_between(self, first_id, last_id):
        """Return the ids of commercial partners and of who has a record, in a range."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM res_partner
                 WHERE id BETWEEN %(first_id)s AND %(last_id)s
                   AND commercial_partner_id = id
                 UNION
                SELECT partner_id FROM client_health
                 WHERE partner_id BETWEEN %(first_id)s AND %(last_id)s
                """,
                first_id=first_id,
                last_id=last_id,
            )
        )
        return [client_id for (client_id,) in rows]

    @api.model
    def _get_position(self):
        # sudo: the cron's own bookkeeping
        return int(self.env["ir.config_parameter"].sudo().get_param(POSITION, 0))

    @api.model
    def _set_position(self, client_id):
        # sudo: the cron's own bookkeeping
        self.env["ir.config_parameter"].sudo().set_param(POSITION, client_id or False)

    # fresh facts for who opens them

    @api.depends("partner_id")
    def _compute_refresh_error(self):
        # sudo: who may read the client may know that its facts are old
        marks = self.env["client.health.stale"].sudo()
        failed = dict(
            marks._read_group(
                [("partner_ref", "in", self.partner_id.ids), ("error", "!=", False)],
                ["partner_ref"],
                ["error:max"],
            )
        )
        for health in self:
            health.refresh_error = failed.get(health.partner_id.id, False)

    def _search_refresh_error(self, operator, value):
        if operator != "in" or any(value):
            return NotImplemented
        # sudo: who may read the client may know that its facts are old
        marks = self.env["client.health.stale"].sudo()
        failed = marks._search([("error", "!=", False)])
        return Domain("partner_id", "not in", failed.subselect("partner_ref"))

    def web_read(self, specification):
        """Read what a form shows, fresh."""
        self.check_access("read")
        self._refresh_stale()
        return super().web_read(specification)

    # unlike core's: beside a read replica the first attempt would always fail there
    web_read._readonly = False

    def action_refresh(self):
        """Refresh these clients now.

        :raise AccessError: for who may not read them
        """
        self.check_access("read")
        self._refresh(self.partner_id)
        return True

    def _refresh_stale(self):
        """Refresh those whose evidence changed, or that are of another day."""
        stale = self._filter_stale()
        if not stale:
            return
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                self._refresh(stale.partner_id)
        except psycopg2.errors.LockNotAvailable:
            _logger.info("Locked by another session: %s", stale.ids)  # still marked
        except (
            psycopg2.OperationalError,
            psycopg2.errors.ReadOnlySqlTransaction,
        ):
            # another session was in the way, or this is a replica: the request is
            # tried again, on the primary server
            raise
        except Exception:
            # old facts are better than none; the background refresh reports it
            _logger.exception("Stale clients could not be refreshed: %s", stale.ids)

    def _filter_stale(self):
        """Return those of the records whose facts may have changed since."""
        # sudo: the marks belong to the engine, and so do the company's settings
        own = self.sudo()
        marked = own.env["client.health.stale"]._read_group(
            [("partner_ref", "in", own.partner_id.ids)], ["partner_ref"]
        )
        marked_ids = {partner_id for (partner_id,) in marked}
        fresh_ids = {
            company.id
            for company in own.company_id
            if (done := company.client_health_refreshed_on)
            and done >= company._get_client_health_today()
        }
        return self.filtered(
            lambda health: (
                health.partner_id.id in marked_ids
                or health.company_id.id not in fresh_ids
            )
        )
