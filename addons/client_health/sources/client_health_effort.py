from odoo import api, fields, models
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS
from ..engine.period import get_booked_sql, get_terms_sql


class ClientHealthEffort(models.Model):
    """Time that went to a client: a line of a time sheet, or a ticket by estimate.

    Rows: where a client has time sheets within the window those are what counts, on
    projects, tasks and tickets of the client. Else the tickets that the ticket source
    counts, at the company's minutes for a ticket and for an inbound message: always
    called an estimate. Time on tickets whose cause was ours does not count either way.

    An hour costs what the time sheet says; where it says nothing, and for estimates,
    the company's hourly cost. Where nobody filled that in, the cost is not known.
    """

    _name = "client.health.effort"
    _inherit = "client.health.evidence"
    _description = "Client Health Effort"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "date"
    _source = "effort"
    _source_sequence = 35
    _inputs = (
        "booked_count",
        "booked_hours",
        "booked_after_hours",
        "booked_cost",
        "uncosted_hours",
    )
    _depends = {
        "account.analytic.line": [
            "amount",
            "company_id",
            "date",
            "partner_id",
            "unit_amount",
        ],
        "helpdesk.ticket": ["client_health_own_fault", "commercial_partner_id"],
        "res.partner": ["commercial_partner_id"],
    }

    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(readonly=True)
    kind = fields.Selection(
        selection=[("timesheet", "Time sheet"), ("estimate", "Estimate")],
        string="Known From",
        readonly=True,
        help="Estimates are the company's minutes for a ticket and for each inbound "
        "message on it.",
    )
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        readonly=True,
        groups="helpdesk_mgmt.group_helpdesk_user",
    )
    hours = fields.Float(string="Hours Spent", readonly=True)
    after_hours = fields.Float(
        string="Time After Hours",
        readonly=True,
        help="Of a time sheet: on a day without working hours. Of an estimate: for "
        "messages outside the working hours.",
    )
    is_costed = fields.Boolean(
        string="Cost Known",
        readonly=True,
        help="By the time sheet itself, or by the hourly cost in the settings.",
    )
    cost = fields.Monetary(string="Cost of Time", readonly=True, groups=AMOUNT_GROUPS)

    def _get_document(self):
        model = (
            "account.analytic.line" if self.kind == "timesheet" else "helpdesk.ticket"
        )
        return self.env[model].browse(self.id // 2)

    @api.model
    def _get_title(self):
        return self.env._("Effort")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        # twice the id, and one more for a ticket: both kinds in one list
        return SQL(
            """
            WITH booked AS MATERIALIZED (%(booked)s)
            SELECT booked.id * 2 AS id, partner_id, company_id, date,
                   'timesheet' AS kind, ticket_id, hours, after_hours,
                   own_cost <> 0 OR hourly_cost > 0 AS is_costed,
                   CASE WHEN own_cost <> 0 THEN own_cost
                        ELSE hours * hourly_cost END AS cost
              FROM booked
              JOIN %(terms)s ON terms.of_company_id = company_id
             UNION ALL
            SELECT ticket.id * 2 + 1, partner_id, company_id, create_date::date,
                   'estimate', ticket_id, spent.hours,
                   after_hours_count * message_minutes / 60,
                   hourly_cost > 0, spent.hours * hourly_cost
              FROM (%(tickets)s) AS ticket
              JOIN %(terms)s ON terms.of_company_id = company_id
        CROSS JOIN LATERAL (
                   SELECT (ticket_minutes + message_count * message_minutes) / 60
                          AS hours
                   ) AS spent
             WHERE (partner_id, company_id)
                   NOT IN (SELECT partner_id, company_id FROM booked)
            """,
            booked=self._get_booked_hours_sql(periods, client_ids),
            terms=get_terms_sql(periods),
            tickets=self.env["client.health.ticket"]._get_rows_sql(periods, client_ids),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        """Return what is on time sheets; an estimate is derived from other facts."""
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) AS booked_count,
                   sum(hours) AS booked_hours,
                   sum(after_hours) AS booked_after_hours,
                   sum(own_cost) AS booked_cost,
                   sum(hours) FILTER (WHERE own_cost = 0) AS uncosted_hours
              FROM (%s) AS booked
          GROUP BY partner_id, company_id
            """,
            self._get_booked_hours_sql(periods, client_ids),
        )

    @api.model
    def _have_timesheets(self):
        return "project_id" in self.env["account.analytic.line"]._fields

    @api.model
    def _get_booked_hours_sql(self, periods, client_ids):
        """Return the lines of time sheets of clients; none where there are no such.

        A line on a ticket, where an addon gives it one, is about the ticket's client.
        Time that was noted in days counts by the units' own factor.
        """
        if not self._have_timesheets():
            return SQL(
                """
                SELECT NULL::integer AS id, NULL::integer AS partner_id,
                       NULL::integer AS company_id, NULL::date AS date,
                       NULL::integer AS ticket_id, 0::numeric AS hours,
                       0::numeric AS after_hours, 0::numeric AS own_cost
                 WHERE FALSE
                """
            )
        contact = SQL("line.partner_id")
        ticket = SQL("NULL::integer AS ticket_id")
        tickets = SQL()
        if self._have_ticket_lines():
            contact = SQL("COALESCE(ticket.commercial_partner_id, line.partner_id)")
            ticket = SQL("line.ticket_id")
            tickets = SQL("LEFT JOIN helpdesk_ticket ticket ON ticket.id = ticket_id")
        return SQL(
            """
            SELECT line.id,
                   partner.commercial_partner_id AS partner_id,
                   period.company_id,
                   line.date,
                   %(ticket)s,
                   spent.hours,
                   CASE WHEN %(is_off)s THEN spent.hours ELSE 0 END AS after_hours,
                   -line.amount AS own_cost
              FROM %(periods)s
              JOIN account_analytic_line line
                ON line.company_id = period.booked_id
               AND line.project_id IS NOT NULL
               AND line.date > period.window_start
               AND line.date <= period.today
              %(tickets)s
              JOIN res_partner partner ON partner.id = %(contact)s
         LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
        CROSS JOIN LATERAL (
                   SELECT line.unit_amount::numeric
                          * COALESCE(unit.factor::numeric / %(hour)s, 1) AS hours
                   ) AS spent
             WHERE %(counts)s %(clients_clause)s
            """,
            ticket=ticket,
            tickets=tickets,
            contact=contact,
            counts=(
                SQL("ticket.client_health_own_fault IS NOT TRUE")
                if self._have_ticket_lines()
                else SQL("TRUE")
            ),
            is_off=self.env["client.health.hours"]._get_day_off_sql(
                periods, SQL("line.date")
            ),
            hour=self.env.ref("uom.product_uom_hour").factor,
            periods=get_booked_sql(periods),
            clients_clause=self._get_clients_clause(contact, client_ids),
        )

    @api.model
    def _have_ticket_lines(self):
        """Return whether an addon, such as OCA's, keeps time sheets on tickets."""
        field = self.env["account.analytic.line"]._fields.get("ticket_id")
        return bool(field and field.comodel_name == "helpdesk.ticket")
