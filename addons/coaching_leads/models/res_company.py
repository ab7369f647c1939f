from functools import lru_cache

import holidays
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    coaching_retention_months = fields.Integer(
        string="Keep Unsuccessful Coaching Leads",
        default=12,
        groups="sales_team.group_sale_manager",
        help="Months after which a coaching lead that was lost or of which nothing "
        "came is deleted, with its answers, mails and calls. 0 keeps them.",
    )
    coaching_spam_days = fields.Integer(
        string="Keep Quarantined Requests",
        default=30,
        groups="sales_team.group_sale_manager",
        help="Days after which a request that looked like a robot's is deleted.",
    )
    coaching_text_reminder = fields.Boolean(
        string="Text Prospects an Hour Before the Call",
        groups="sales_team.group_sale_manager",
        help="Needs credits or a provider for text messages (SMS).",
    )

    _coaching_spam_days_in_range = models.Constraint(
        "CHECK(coaching_spam_days BETWEEN 1 AND 3650)",
        "Quarantined requests are kept for one day at least, and ten years at most.",
    )
    _coaching_retention_months_in_range = models.Constraint(
        "CHECK(coaching_retention_months BETWEEN 0 AND 240)",
        "The number of months to keep leads lies between 0 and 240.",
    )

    def _coaching_holidays(self, first, last):
        """Return the public holidays of the company's country within two dates.

        :param date first: and ``last``, both included
        :return: set of dates; empty for a country that nobody keeps a list of
        """
        # sudo: visitors may not read the company; holidays are no secret
        country = self.sudo().partner_id.country_id.code or ""
        years = range(first.year, last.year + 1)
        found = frozenset().union(*(get_holidays(country, year) for year in years))
        return {day for day in found if first <= day <= last}


@lru_cache(maxsize=256)
def get_holidays(country, year):
    """The public holidays of a country; none where the library knows no such country.

    >>> from datetime import date
    >>> date(2026, 4, 27) in get_holidays("NL", 2026)
    True
    >>> get_holidays("XX", 2026) == get_holidays("", 2026) == frozenset()
    True
    """
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
