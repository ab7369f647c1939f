from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from .period import get_day


class ResCompany(models.Model):
    """What day it is for a company: one clock for facts, flags and decisions.

    The day changes at midnight in the time zone of the calendar that messages are
    judged by, whoever looks and wherever they are.
    """

    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {
            "client_health_calendar_id",
            "resource_calendar_id",
        }

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
