import random
from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.tools import SQL

from .clients import BOOK

# The agency whose book this is.
COMPANY = {
    "name": "Kompas Online",
    "street": "Oudegracht 187",
    "zip": "3511 NE",
    "city": "Utrecht",
    "state_id": False,
    "phone": "+31 30 555 0187",
    "email": "info@kompas-online.example.com",
    "website": "https://kompas-online.example.com",
}
# What its people reckon with: half an hour a ticket, and what an hour costs them.
EFFORT = {
    "client_health_ticket_minutes": 30,
    "client_health_message_minutes": 12,
    "client_health_hourly_cost": 68,
}
# What Odoo calls a company until someone does.
UNNAMED = ("My Company", "YourCompany")


class Base:
    """The company of the book, its clients and colleagues, and its clock.

    :param env: a superuser's environment, in the company of the book
    """

    def __init__(self, env):
        self.env = env

    def _ref(self, code):
        """The client of the demo book with this code."""
        return self.env.ref(f"client_health.res_partner_{code}_demo")

    def _get_user(self, name):
        return self.env.ref(f"client_health.res_users_{name}_demo")

    def _today(self):
        return fields.Date.context_today(self.env.user)

    def _random(self, code):
        """A generator that gives the same for the same client, whatever went before."""
        return random.Random(f"client_health {code}")

    def _invoice_date(self, client, months_ago):
        """The client's own day of that month, always in the past."""
        day = 1 + sum(client.code.encode()) % 27
        date = self._today() - relativedelta(months=months_ago)
        return min(date + relativedelta(day=day), self._today() - timedelta(days=1))

    def _at(self, date, hour, minute=0):
        """That hour in Dutch time, as Odoo stores it."""
        local = pytz.timezone("Europe/Amsterdam").localize(
            datetime.combine(date, time(hour, minute))
        )
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _backdate(self, records, moments):
        """Set the time of creation. The ORM fills these columns itself and accepts no
        value for them, so this is the one thing the book writes by SQL."""
        records.flush_recordset()
        for record, moment in zip(records, moments, strict=True):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET create_date = %s, write_date = %s WHERE id = %s",
                    SQL.identifier(records._table),
                    moment,
                    moment,
                    record.id,
                )
            )
        records.invalidate_recordset(["create_date", "write_date"])

    def _prepare_company(self):
        """Give the company its country's chart and, in the Netherlands, a Dutch face.

        Core's demo data keeps the books of every country on the generic chart; they are
        made again on the right one as long as they hold nothing but that demo data.
        """
        company = self.env.company
        charts = self.env["account.chart.template"]
        chart = charts._guess_chart_template(company.country_id)
        if not company.chart_template:
            charts.try_loading(chart, company, install_demo=False)
        elif chart != company.chart_template == "generic_coa" and self._is_untouched():
            charts.try_loading(chart, company, install_demo=True)
        if company.country_id.code == "NL" and company.name in UNNAMED:
            company.write(COMPANY)
        company.write(EFFORT)

    def _is_untouched(self):
        """Whether all entries of the company come from core's demo data."""
        moves = self.env["account.move"].search(
            [("company_id", "=", self.env.company.id)]
        )
        return all(moves.get_external_id().values())

    def _set_languages(self):
        """Dutch where it is switched on; one client, and Sanne, work in English."""
        self.env["res.lang"]._activate_lang("en_US")
        self._get_user("sanne").lang = "en_US"
        languages = dict(self.env["res.lang"].get_installed())
        if "nl_NL" in languages:
            # Odoo loads an addon's terms after its demo data; the letters need them now
            self.env["ir.module.module"]._load_module_terms(
                ["client_health"], ["nl_NL"]
            )
        for client in BOOK:
            is_dutch = client.code != "harbour" and "nl_NL" in languages
            partner = self._ref(client.code)
            (partner | partner.child_ids).lang = "nl_NL" if is_dutch else "en_US"
