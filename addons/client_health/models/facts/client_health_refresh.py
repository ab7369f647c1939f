from odoo import api, fields, models
from odoo.tools import SQL

from .fact import DIGITS


class ClientHealth(models.Model):
    """Keeping facts, and what follows from them, up to date."""

    _inherit = "client.health"

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
        health.env["client.health.promise"]._refresh_states(client_ids)
        health_ids = health._refresh_facts(client_ids)
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
    def _refresh_facts(self, client_ids):
        """Write the facts that differ.

        :param client_ids: ids of commercial partners, or ``None`` for all
        :return: ids of their records, or ``None`` for all
        """
        self.env.flush_all()
        # compiling the query takes longer than it saves
        self.env.cr.execute("SET LOCAL jit = off")
        rows = self.env.execute_query(self._get_refresh_sql(client_ids))
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
        """Write the ratios that no longer go by the median of their company.

        :param client_ids: ids of commercial partners; all of them when ``None``
        :return: ids of the records that changed
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE client_health health
                   SET workload_ratio = fact.workload_ratio,
                       refreshed_at = %(now)s
                  FROM (%(other_ratios)s) AS fact
                 WHERE health.id = fact.id
             RETURNING health.id
                """,
                other_ratios=self._get_other_ratios_sql(client_ids),
                now=fields.Datetime.now(),
            )
        )
        return [health_id for (health_id,) in rows]

    @api.model
    def _get_other_ratios_sql(self, client_ids=None):
        """Return the query of the records whose ratio goes by another median."""
        clients = SQL("TRUE")
        if client_ids is not None:
            clients = SQL("partner_id = ANY(%s)", client_ids)
        return SQL(
            """
            SELECT *
              FROM (
                   SELECT health.id, partner_id, workload_ratio AS old_ratio,
                          %(ratio)s AS workload_ratio
                     FROM client_health health
                     JOIN (SELECT id AS company_id,
                                  client_health_workload_median::numeric AS median
                             FROM res_company) AS period USING (company_id)
                    WHERE %(clients)s
                   ) AS fact
             WHERE workload_ratio IS DISTINCT FROM old_ratio
            """,
            ratio=self._get_workload_ratio_sql(),
            clients=clients,
        )

    @api.model
    def _store_medians(self):
        days = self.env["client.health.evidence"]._get_periods()
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_company company
                   SET client_health_workload_median = new.median,
                       client_health_refreshed_on = new.today
                  FROM (
                       SELECT day.company_id, day.today, %(median)s AS median
                         FROM unnest(%(company_ids)s::integer[], %(days)s::date[])
                              AS day (company_id, today)
                    LEFT JOIN client_health health
                           ON health.company_id = day.company_id
                          AND health.ticket_count > 0
                          AND health.revenue_amount > 0
                     GROUP BY day.company_id, day.today
                       ) AS new
                 WHERE company.id = new.company_id
                   AND (company.client_health_workload_median,
                        company.client_health_refreshed_on)
                       IS DISTINCT FROM (new.median, new.today)
                """,
                median=SQL(
                    "COALESCE(round((percentile_cont(0.5)"
                    " WITHIN GROUP (ORDER BY %s))::numeric, %s), 0)::float8",
                    self._get_workload_sql(),
                    DIGITS,
                ),
                company_ids=[day.company_id for day in days],
                days=[day.today for day in days],
            )
        )
        self.env["res.company"].invalidate_model()
