from odoo import api, models
from odoo.tools import SQL

from ..evidence.period import get_periods_sql
from .fact import INCIDENT_FACTS, PAYMENT_FACTS, PROMISE_FACTS, SALE_FACTS, TICKET_FACTS


class ClientHealth(models.Model):
    """The facts as SQL: one query per kind of evidence, a row per client."""

    _inherit = "client.health"

    @api.model
    def _get_fact_sources(self, periods, client_ids):
        """Return the queries that facts come from.

        Each gives ``partner_id``, ``company_id`` and a column per fact; numbers are
        rounded here, so that the same evidence always gives the same fact.

        :return: list of (alias, names of the facts, SQL)
        """
        args = (periods, client_ids)
        return [
            ("payment", PAYMENT_FACTS, self._get_payment_facts_sql(*args)),
            ("sale", SALE_FACTS, self._get_sale_facts_sql(*args)),
            ("ticket", TICKET_FACTS, self._get_ticket_facts_sql(*args)),
            ("promise", PROMISE_FACTS, self._get_promise_facts_sql(*args)),
            ("incident", INCIDENT_FACTS, self._get_incident_facts_sql(*args)),
        ]

    @api.model
    def _get_payment_facts_sql(self, periods, client_ids):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) AS instalment_due_count,
                   count(*) FILTER (WHERE is_late) AS late_count,
                   count(*) FILTER (WHERE is_late)::numeric / count(*) AS late_share,
                   sum(weighted_days) / NULLIF(sum(paid_amount + open_amount), 0)
                       AS days_late_avg,
                   sum(overdue_amount) AS overdue_amount,
                   max(overdue_days) AS overdue_days_max,
                   length(replace(bit_or(overdue_months)::text, '0', ''))
                       AS overdue_month_count,
                   sum(written_off_amount) AS written_off_amount
              FROM (%s) AS payment
          GROUP BY partner_id, company_id
            """,
            self.env["client.health.payment"]._get_terms_sql(periods, client_ids),
        )

    @api.model
    def _get_sale_facts_sql(self, periods, client_ids):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) FILTER (WHERE in_window AND is_invoice AND NOT is_reversed)
                       AS invoice_count,
                   sum(revenue_amount) FILTER (WHERE in_window) AS revenue_amount,
                   count(*) FILTER (WHERE counts AND is_invoice) AS sale_invoice_count,
                   sum(list_amount) FILTER (WHERE counts) AS list_amount,
                   sum(discount_amount) FILTER (WHERE counts) AS discount_amount,
                   sum(discount_amount) FILTER (WHERE counts)
                       / NULLIF(sum(list_amount) FILTER (WHERE counts), 0)
                       AS discount_share,
                   count(*) FILTER (WHERE counts AND discount_amount > 0)
                       AS discounted_invoice_count,
                   sum(credited_amount) FILTER (WHERE counts)
                       / NULLIF(sum(revenue_amount) FILTER (WHERE counts AND is_invoice)
                                , 0) AS credit_note_share,
                   %(months)s AS months_since_last_invoice
              FROM (
                   SELECT partner_id,
                          company_id,
                          min(invoice_date) AS invoice_date,
                          bool_and(in_window) AS in_window,
                          bool_and(is_invoice) AS is_invoice,
                          bool_and(is_reversed) AS is_reversed,
                          bool_and(counts) AS counts,
                          min(today) AS today,
                          sum(revenue_amount) AS revenue_amount,
                          sum(list_amount) AS list_amount,
                          sum(discount_amount) AS discount_amount,
                          sum(credited_amount) AS credited_amount
                     FROM (%(lines)s) AS sale_line
                 GROUP BY move_id, partner_id, company_id
                   ) AS sale
          GROUP BY partner_id, company_id
            """,
            months=SQL(
                """
                (SELECT extract(year FROM gap) * 12 + extract(month FROM gap)
                   FROM age(max(today), max(invoice_date)
                            FILTER (WHERE counts AND is_invoice)) AS gap)
                """
            ),
            lines=self.env["client.health.discount"]._get_sale_lines_sql(
                periods, client_ids
            ),
        )

    @api.model
    def _get_ticket_facts_sql(self, periods, client_ids):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) AS ticket_count,
                   sum(message_count) AS message_count,
                   sum(message_count) / count(*) AS messages_per_ticket,
                   sum(reopen_count) AS reopen_count,
                   sum(after_hours_count) / NULLIF(sum(message_count), 0)
                       AS after_hours_share,
                   sum(rush_count) AS rush_count,
                   sum(rating_count) AS rating_count,
                   sum(rating_total) / NULLIF(sum(rating_count), 0) AS rating_avg,
                   sum(rating_low_count) / NULLIF(sum(rating_count), 0)
                       AS rating_low_share
              FROM (%s) AS ticket
          GROUP BY partner_id, company_id
            """,
            self.env["client.health.ticket"]._get_rows_sql(periods, client_ids),
        )

    @api.model
    def _get_promise_facts_sql(self, periods, client_ids):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   promise.company_id,
                   count(*) AS promise_count,
                   count(*) FILTER (WHERE promise.state = 'broken')
                       AS promise_broken_count,
                   count(*) FILTER (WHERE promise.state = 'kept')::numeric / count(*)
                       AS promise_kept_share
              FROM %(periods)s
              JOIN client_health_promise promise
                ON promise.company_id = period.company_id
               AND promise.state IN ('kept', 'partly', 'broken')
               AND promise.date_promised > period.window_start
               AND promise.date_promised <= period.today
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = promise.partner_id
          GROUP BY partner.commercial_partner_id, promise.company_id
            """,
            periods=get_periods_sql(periods),
            clients_clause=self.env["client.health.evidence"]._get_clients_clause(
                SQL("promise.partner_id"), client_ids
            ),
        )

    @api.model
    def _get_incident_facts_sql(self, periods, client_ids):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                   incident.company_id,
                   count(*) FILTER (WHERE kind = 'integrity')
                       AS integrity_incident_count,
                   count(*) FILTER (WHERE kind = 'demand') AS demand_incident_count,
                   count(*) FILTER (WHERE kind = 'freebie') AS freebie_incident_count,
                   count(*) FILTER (WHERE kind = 'conduct') AS conduct_incident_count,
                   count(DISTINCT incident.user_id) FILTER (WHERE kind = 'conduct')
                       AS conduct_reporter_count,
                   count(DISTINCT incident.date) FILTER (WHERE kind = 'conduct')
                       AS conduct_day_count,
                   count(*) FILTER (WHERE kind = 'conduct' AND severe)
                       AS conduct_severe_count
              FROM %(periods)s
              JOIN client_health_incident incident
                ON incident.company_id = period.company_id
               AND incident.date > period.window_start
               AND incident.date <= period.today
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = incident.partner_id
          GROUP BY partner.commercial_partner_id, incident.company_id
            """,
            periods=get_periods_sql(periods),
            clients_clause=self.env["client.health.evidence"]._get_clients_clause(
                SQL("incident.partner_id"), client_ids
            ),
        )
