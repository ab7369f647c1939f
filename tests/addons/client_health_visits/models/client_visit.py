from odoo import api, fields, models
from odoo.addons.client_health.engine.period import get_booked_sql
from odoo.addons.client_health.sources.marking import MarksClients
from odoo.tools import SQL


class ClientVisit(MarksClients, models.Model):
    """An appointment at a client's: a source of facts."""

    _name = "client.visit"
    _description = "Visit"
    _inherit = "client.health.source"
    _source = "visit"

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date = fields.Date(required=True)
    missed = fields.Boolean()

    def _get_marked_contacts(self):
        for company, visits in self.grouped("company_id").items():
            yield visits.partner_id, company

    @api.model
    def _get_title(self):
        return self.env._("Visits")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT visit.id, partner.commercial_partner_id AS partner_id,
                   period.company_id, visit.missed
              FROM %(periods)s
              JOIN client_visit visit
                ON visit.company_id = period.booked_id
               AND visit.date > period.window_start
               AND visit.date <= period.today
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = visit.partner_id
            """,
            periods=get_booked_sql(periods),
            clients_clause=self._get_clients_clause(
                SQL("visit.partner_id"), client_ids
            ),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT partner_id, company_id, count(*) AS visit_count,
                   count(*) FILTER (WHERE missed)::numeric / count(*)
                       AS visit_missed_share
              FROM (%s) AS visit
          GROUP BY partner_id, company_id
            """,
            self._get_rows_sql(periods, client_ids),
        )
