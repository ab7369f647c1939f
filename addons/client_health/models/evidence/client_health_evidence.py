from odoo import api, fields, models
from odoo.tools import SQL

from .period import Period

AMOUNT_GROUPS = "account.group_account_invoice,account.group_account_readonly"
"""Who sees amounts and invoices: those who may read invoices in Odoo."""


class ClientHealthEvidence(models.AbstractModel):
    """What the rows have in common that facts are counted from.

    A row belongs to a commercial partner and a company. The same SQL gives the
    rows to the user and to the refresh, so a number and its evidence agree.
    """

    _name = "client.health.evidence"
    _description = "Client Health Evidence"
    _auto = False

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Client", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)

    @property
    def _table_query(self):
        return self._get_rows_sql(self._get_periods())

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        """Return the ``SELECT`` of the rows.

        :param list periods: the periods of the companies
        :param client_ids: ids of commercial partners, or ``None`` for all
        """
        raise NotImplementedError

    @api.model
    def _get_clients_clause(self, column, client_ids):
        """Return a condition on the contact of a document, by its client.

        An array of contacts lets PostgreSQL go by the document's own index, where a
        condition on the joined contact makes it read the whole book.

        :param SQL column: the document's contact
        :param client_ids: ids of commercial partners, or ``None`` for all
        """
        if client_ids is None:
            return SQL()
        return SQL(
            "AND %s = ANY(ARRAY(SELECT id FROM res_partner"
            " WHERE commercial_partner_id = ANY(%s)))",
            column,
            client_ids,
        )

    @api.model
    def _get_periods(self):
        """Return the settings and days that hold now, one ``Period`` per company."""
        # sudo: settings hold for whoever looks; which rows are seen is up to the rules
        companies = self.env["res.company"].sudo().search_fetch([])
        return [self._get_period(company) for company in companies]

    @api.model
    def _get_period(self, company):
        calendar = company._get_client_health_calendar()
        return Period(
            company_id=company.id,
            calendar_id=calendar.id,
            zone=calendar.tz or "UTC",
            today=company._get_client_health_today(),
            window_months=company.client_health_window_months,
            grace_days=company.client_health_grace_days,
            decimals=company.currency_id.decimal_places,
            median=company.client_health_workload_median,
            currency_id=company.currency_id.id,
        )
