from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..access import GROUP_USER
from ..engine.period import Period, get_day

COUNTED_WITH = {
    "client_health_calendar_id",
    "client_health_grace_days",
    "client_health_window_months",
}
"""Settings that facts are counted with: a change is felt within minutes."""


class ResCompany(models.Model):
    """The settings of client health, and what day it is for a company.

    One clock serves facts, flags and decisions: the day changes at midnight in the
    time zone of the calendar that messages are judged by, whoever looks and wherever
    they are.
    """

    _inherit = "res.company"

    client_health_window_months = fields.Integer(
        string="Window (Months)",
        default=12,
        required=True,
        groups=GROUP_USER,
        help="How many months the facts look back; discounts look back twice as far.",
    )
    client_health_grace_days = fields.Integer(
        string="Bank Grace (Days)",
        default=5,
        groups=GROUP_USER,
        help="Days a payment may be on its way before an instalment counts as late. "
        "Days late themselves are counted from the due date.",
    )
    client_health_calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Working Calendar",
        check_company=True,
        groups=GROUP_USER,
        help="Messages outside these hours count as after hours, in the calendar's "
        "time zone. Empty: the company's own working hours.",
    )
    client_health_retention_months = fields.Integer(
        string="Retention (Months)",
        default=24,
        groups=GROUP_USER,
        help="Cleared flags, old incidents and snapshots are removed after this many "
        "months.",
    )
    client_health_workload_median = fields.Float(
        string="Median Workload",
        readonly=True,
        groups=GROUP_USER,
        help="Tickets and inbound messages per 1,000 of revenue of the client in the "
        "middle, of all clients with tickets. Kept by the full refresh.",
    )
    client_health_refreshed_on = fields.Date(
        readonly=True,
        groups=GROUP_USER,
        help="The day of the last full refresh of this company's clients.",
    )

    _client_health_window_positive = models.Constraint(
        "CHECK (client_health_window_months > 0)",
        "The window of client health is at least one month.",
    )
    _client_health_grace_not_negative = models.Constraint(
        "CHECK (client_health_grace_days >= 0)",
        "The bank grace of client health cannot be negative.",
    )
    _client_health_retention_positive = models.Constraint(
        "CHECK (client_health_retention_months > 0)",
        "The retention of client health is at least one month.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if not COUNTED_WITH.isdisjoint(vals):
            self.env["client.health"]._request_refresh()
        return result

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {
            "client_health_calendar_id",
            "resource_calendar_id",
        }

    def _get_client_health_calendar(self):
        """Return the calendar that says what working hours are in this company."""
        self.ensure_one()
        return self.client_health_calendar_id or self.resource_calendar_id

    def _get_client_health_today(self) -> date:
        """Return the date it is now in this company."""
        self.ensure_one()
        zone = self._get_client_health_zones().get(self.id, "UTC")
        return get_day(fields.Datetime.now(), zone)

    @api.model
    @ormcache()
    def _get_client_health_zones(self) -> dict[int, str]:
        """Return the time zone of each company, by id."""
        # sudo: a company's day is the same for whoever looks
        companies = self.sudo().with_context(active_test=False).search_fetch([])
        return {
            company.id: company._get_client_health_calendar().tz or "UTC"
            for company in companies
        }

    @api.model
    def _get_client_health_days(self) -> dict[date, list[int]]:
        """Return the ids of the companies by the date it is now in them."""
        now = fields.Datetime.now()
        days = {}
        for company_id, zone in self._get_client_health_zones().items():
            days.setdefault(get_day(now, zone), []).append(company_id)
        return days

    @api.model
    def _get_client_health_today_sql(self, company_id: SQL) -> SQL:
        """Return the date it is now, for a column that holds a company."""
        (day, _companies), *others = self._get_client_health_days().items()
        if not others:
            return SQL("%s::date", day)
        cases = (SQL("WHEN %s = ANY(%s) THEN %s", company_id, c, d) for d, c in others)
        return SQL("(CASE %s ELSE %s END)::date", SQL(" ").join(cases), day)

    @api.model
    def _get_client_health_today_domain(self, field: str, operator: str) -> Domain:
        """Return the domain that compares a date with today in the record's company."""
        return Domain.OR(
            Domain("company_id", "in", company_ids) & Domain(field, operator, day)
            for day, company_ids in self._get_client_health_days().items()
        )

    @api.model
    def _get_client_health_periods(self) -> list[Period]:
        """Return the settings and days that hold now, one period a company."""
        # sudo: settings hold for whoever looks; which rows are seen is up to the rules
        companies = self.sudo().search_fetch([])
        return [company._get_client_health_period() for company in companies]

    def _get_client_health_period(self) -> Period:
        """Return the settings and days that hold now in this company."""
        self.ensure_one()
        company = self.sudo()  # sudo: settings hold for whoever looks
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
