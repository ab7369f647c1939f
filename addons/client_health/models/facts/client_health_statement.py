from odoo import api, fields, models
from odoo.tools import SQL

from ..evidence.period import get_periods_sql
from .fact import DIGITS, FACTS


class ClientHealth(models.Model):
    """The one statement that computes all facts and writes what differs."""

    _inherit = "client.health"

    @api.model
    def _get_refresh_sql(self, client_ids):
        """Return the statement that computes the facts and writes what differs.

        Clients that have a record and no facts any more get empty ones.
        """
        columns = SQL(", ").join(map(SQL.identifier, FACTS))
        return SQL(
            """
            WITH fact AS MATERIALIZED (%(facts)s),
            changed AS MATERIALIZED (
                SELECT fact.*
                  FROM fact
             LEFT JOIN client_health health ON health.id = fact.health_id
                 WHERE health.id IS NULL OR (%(new)s) IS DISTINCT FROM (%(old)s)
            ),
            inserted AS (
                INSERT INTO client_health (%(columns)s, partner_id, company_id, score,
                       state, refreshed_at, create_uid, create_date, write_uid,
                       write_date)
                SELECT %(columns)s, partner_id, company_id, 100, 'healthy', %(now)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM changed
                 WHERE health_id IS NULL
                ON CONFLICT DO NOTHING
             RETURNING id
            ),
            updated AS (
                UPDATE client_health health
                   SET (%(columns)s, refreshed_at, write_uid, write_date)
                     = (%(new)s, %(now)s, %(uid)s, %(now)s)
                  FROM changed AS fact
                 WHERE health.id = fact.health_id
            )
            SELECT id FROM inserted
             UNION ALL
            SELECT health_id FROM fact WHERE health_id IS NOT NULL AND %(partial)s
            """,
            facts=self._get_facts_sql(client_ids),
            columns=columns,
            new=self._get_columns_sql("fact"),
            old=self._get_columns_sql("health"),
            now=fields.Datetime.now(),
            uid=self.env.uid,
            partial=client_ids is not None,
        )

    @api.model
    def _get_facts_sql(self, client_ids):
        """Return the query of all facts, a row per client and company."""
        periods = self.env["client.health.evidence"]._get_periods()
        sources = self._get_fact_sources(periods, client_ids)
        return SQL(
            """
            SELECT *, %(workload_ratio)s AS workload_ratio
              FROM (
                   SELECT health.id AS health_id, partner_id, company_id, median,
                          %(values)s
                     FROM %(sources)s
                FULL JOIN (
                          SELECT id, partner_id, company_id
                            FROM client_health
                           WHERE company_id = ANY(%(company_ids)s) %(health_clause)s
                          ) AS health
                    USING (partner_id, company_id)
                     JOIN %(periods)s USING (company_id)
                   ) AS fact
            """,
            workload_ratio=self._get_workload_ratio_sql(),
            values=self._get_values_sql(sources),
            sources=self._get_sources_sql(sources),
            company_ids=[period.company_id for period in periods],
            health_clause=self._get_health_clause(client_ids),
            periods=get_periods_sql(periods),
        )

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
                 THEN round(%s / median, %s)::float8
                 ELSE 0 END
            """,
            self._get_workload_sql(),
            DIGITS,
        )

    @api.model
    def _get_health_clause(self, client_ids):
        if client_ids is None:
            return SQL()
        return SQL("AND partner_id = ANY(%s)", client_ids)

    @api.model
    def _get_sources_sql(self, sources):
        first, *others = [
            SQL("(%s) AS %s", query, SQL.identifier(name))
            for name, _facts, query in sources
        ]
        return SQL(
            "%s %s",
            first,
            SQL(" ").join(
                SQL("FULL JOIN %s USING (partner_id, company_id)", other)
                for other in others
            ),
        )

    @api.model
    def _get_values_sql(self, sources):
        """Return the facts, missing ones as 0, rounded by the type of their field."""
        return SQL(", ").join(
            SQL(
                "%s AS %s",
                self._get_value_sql(name, fact),
                SQL.identifier(fact),
            )
            for name, facts, _query in sources
            for fact in facts
        )

    @api.model
    def _get_value_sql(self, source, fact):
        value = SQL("COALESCE(%s, 0)", SQL.identifier(source, fact))
        match self._fields[fact].type:
            case "monetary":
                return SQL("round(%s::numeric, decimals)", value)
            case "float":
                return SQL("round(%s::numeric, %s)::float8", value, DIGITS)
            case _:
                return SQL("%s::integer", value)

    @api.model
    def _get_columns_sql(self, table):
        return SQL(", ").join(SQL.identifier(table, fact) for fact in FACTS)
