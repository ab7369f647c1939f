"""The one statement that computes all facts and writes what differs."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from odoo.tools import SQL

from .fact import Fact
from .period import Period, get_terms_sql


def execute(env, query: SQL) -> list[tuple]:
    """Execute a statement that another session may be in the way of.

    As ``env.execute_query``, but that the error is left to who called: one that was
    to be expected is none in the log.
    """
    env.flush_query(query)
    env.cr.execute(query, log_exceptions=False)
    return env.cr.fetchall() if env.cr.description else []


def get_refresh_sql(
    facts: Iterable[Fact], query: SQL, *, partial: bool, now: datetime, uid: int
) -> SQL:
    """Return the statement that writes the facts which differ from what is stored.

    It joins the old rows and writes only the differences: what is the same is neither
    written nor locked. An archived client without record gets none. A partial refresh
    returns the ids of the records that it made or looked at; a full one returns none,
    which would be as many as there are clients.

    :param facts: the facts
    :param query: a row per client and company, with ``health_id`` where it has one
    :param partial: whether only some clients are refreshed
    :param now: when, in UTC
    :param uid: the user that what is made belongs to
    """
    names = [fact.name for fact in facts]
    new, old = (
        SQL(", ").join(SQL.identifier(table, name) for name in names)
        for table in ("fact", "health")
    )
    return SQL(
        """
        WITH fact AS MATERIALIZED (%(query)s),
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
               AND EXISTS (SELECT FROM res_partner client
                            WHERE client.id = changed.partner_id AND client.active)
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
        SELECT id FROM inserted WHERE %(partial)s
         UNION ALL
        SELECT health_id FROM fact WHERE health_id IS NOT NULL AND %(partial)s
        """,
        query=query,
        columns=SQL(", ").join(map(SQL.identifier, names)),
        new=new,
        old=old,
        now=now,
        uid=uid,
        partial=partial,
    )


def get_facts_sql(
    facts: Iterable[Fact],
    sources: Mapping[str, SQL],
    inputs: Mapping[str, Iterable[str]],
    derived: Mapping[str, SQL],
    periods: list[Period],
    client_ids: list[int] | None,
) -> SQL:
    """Return the query of all facts, a row per client and company.

    :param facts: the facts
    :param sources: the query of the facts of each source
    :param inputs: what a source counts besides facts, for those that are derived
    :param derived: the expression of each fact that is computed from the others, from
        inputs and from the ``terms`` of ``period.py``; each may use those before it
    :param periods: the periods of the companies
    :param client_ids: ids of commercial partners, or ``None`` for all
    """
    values = {
        fact.name: fact.to_sql(SQL.identifier(fact.source, fact.name))
        for fact in facts
        if fact.source in sources and not fact.derived
    }
    values |= {
        name: SQL("COALESCE(%s, 0)", SQL.identifier(source, name))
        for source, names in inputs.items()
        for name in names
    }
    query = SQL(
        """
        SELECT health.id AS health_id, partner_id, company_id, terms.*, %(values)s
          FROM %(sources)s
     FULL JOIN (
               SELECT id, partner_id, company_id
                 FROM client_health
                WHERE company_id = ANY(%(company_ids)s) %(health_clause)s
               ) AS health
         USING (partner_id, company_id)
          JOIN %(terms)s ON terms.of_company_id = company_id
        """,
        values=SQL(", ").join(
            SQL("%s AS %s", value, SQL.identifier(name))
            for name, value in values.items()
        ),
        sources=_get_sources_sql(sources),
        company_ids=[period.company_id for period in periods],
        health_clause=SQL()
        if client_ids is None
        else SQL("AND partner_id = ANY(%s)", client_ids),
        terms=get_terms_sql(periods),
    )
    # without the offset each would be worked out again in every one that uses it
    for name, expression in derived.items():
        query = SQL(
            "SELECT *, %s AS %s FROM (%s OFFSET 0) AS fact",
            expression,
            SQL.identifier(name),
            query,
        )
    return query


def _get_sources_sql(sources: Mapping[str, SQL]) -> SQL:
    first, *others = [
        SQL("(%s) AS %s", query, SQL.identifier(name))
        for name, query in sources.items()
    ]
    return SQL(
        "%s %s",
        first,
        SQL(" ").join(
            SQL("FULL JOIN %s USING (partner_id, company_id)", other)
            for other in others
        ),
    )
