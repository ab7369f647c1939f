import logging
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, ormcache

from ..access import GROUP_MANAGER, GROUP_USER
from ..engine.period import Period, get_day

_logger = logging.getLogger(__name__)

ACCOUNT_SETTINGS = {"client_health_loss_account_ids", "client_health_paid_account_ids"}
COUNTED_WITH = {
    "client_health_bank_complete_until",
    "client_health_calendar_id",
    "client_health_discount_product_ids",
    "client_health_grace_days",
    "client_health_hourly_cost",
    "client_health_late_interest",
    "client_health_message_minutes",
    "client_health_small_amount",
    "client_health_ticket_minutes",
    "client_health_usual_term_days",
    "client_health_window_months",
    "fiscalyear_lock_date",
    "hard_lock_date",
    *ACCOUNT_SETTINGS,
}
"""Settings that facts are counted with: a change is felt within minutes."""
LIMITS = {
    "client_health_window_months": (1, 60),
    "client_health_grace_days": (0, 60),
    "client_health_retention_months": (1, 240),
    "client_health_usual_term_days": (0, 365),
    "client_health_small_amount": (0, 1000),
    "client_health_ticket_minutes": (0, 600),
    "client_health_message_minutes": (0, 600),
    "client_health_hourly_cost": (0, 10000),
    "client_health_late_interest": (0, 100),
}
"""The lowest and highest value of each setting that is a number."""

BANK_DAYS = """
SELECT company_id,
       CASE WHEN max(day) FILTER (WHERE type = 'bank') > today - interval '1 year'
            THEN max(day) FILTER (WHERE type = 'bank')
            ELSE max(day) END
  FROM (
       SELECT booked.company_id, booked.today, journal.type,
              COALESCE(
                  (SELECT move.date
                     FROM account_bank_statement_line line
                     JOIN account_move move
                       ON move.id = line.move_id AND move.state = 'posted'
                    WHERE line.journal_id = journal.id
                      AND line.company_id = booked.booked_id
                      AND line.internal_index > to_char(
                          booked.today - interval '1 year', 'YYYYMMDD')
                      AND line.internal_index < to_char(booked.today + 1, 'YYYYMMDD')
                 ORDER BY line.internal_index DESC
                    LIMIT 1),
                  (SELECT max(move.date)
                     FROM account_move move
                    WHERE move.journal_id = journal.id
                      AND move.company_id = booked.booked_id
                      AND move.state = 'posted' AND move.date <= booked.today)
              ) AS day
         FROM (VALUES %(booked)s) AS booked (company_id, booked_id, today)
         JOIN account_journal journal ON journal.type IN ('bank', 'cash', 'credit')
       ) AS moved
 GROUP BY company_id, today
"""
"""The last movement of each legal entity, by the journals' own indexes."""


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
    client_health_discount_product_ids = fields.Many2many(
        comodel_name="product.product",
        relation="client_health_discount_product_rel",
        column1="company_id",
        column2="product_id",
        string="Discount Products",
        groups=GROUP_USER,
        help="Negative lines of these products count as discount, as those of the "
        "discount button of Sales do.",
    )
    client_health_retention_months = fields.Integer(
        string="Retention (Months)",
        default=24,
        groups=GROUP_USER,
        help="Cleared flags, old incidents and snapshots are removed after this many "
        "months.",
    )
    client_health_usual_term_days = fields.Integer(
        string="Usual Term (Days)",
        default=30,
        groups=GROUP_USER,
        help="Where no payment term was agreed, an invoice is due this many days after "
        "its date, as the law has it.",
    )
    client_health_small_amount = fields.Float(
        string="Small Difference",
        default=10.0,
        digits=(16, 2),
        groups=GROUP_USER,
        help="What is open or lost of an instalment is no difference up to this amount "
        "in the company's currency, and up to 1 % of the instalment.",
    )
    client_health_loss_account_ids = fields.Many2many(
        comodel_name="account.account",
        relation="res_company_client_health_loss_account_rel",
        column1="company_id",
        column2="account_id",
        string="Accounts That Mean a Loss",
        groups=GROUP_USER,
        help="A debt settled with one of these accounts was lost, as with every income "
        "or expense account: a provision for doubtful debts, for example.",
    )
    client_health_paid_account_ids = fields.Many2many(
        comodel_name="account.account",
        relation="res_company_client_health_paid_account_rel",
        column1="company_id",
        column2="account_id",
        string="Accounts That Mean No Loss",
        groups=GROUP_USER,
        help="Income and expense accounts a debt may be settled with and is no loss: "
        "charges of the bank or a payment provider, for example.",
    )
    client_health_bank_complete_until = fields.Date(
        string="The Bank Is Complete Until",
        groups=GROUP_USER,
        help="Payments up to this day are in the books, also where nothing came in "
        "lately. Empty: until the last movement on a bank journal.",
    )
    client_health_known_until = fields.Date(
        compute="_compute_client_health_known_until",
        compute_sudo=True,  # settings hold for whoever looks
        groups=GROUP_USER,
        help="Payments count up to this day.",
    )
    client_health_ticket_minutes = fields.Integer(
        string="Minutes per Ticket",
        default=15,
        groups=GROUP_USER,
        help="How long a ticket takes, to estimate the hours of clients without time "
        "sheets.",
    )
    client_health_message_minutes = fields.Integer(
        string="Minutes per Message",
        default=8,
        groups=GROUP_USER,
        help="How long it takes to read and answer a message of a client, for the same "
        "estimate.",
    )
    client_health_hourly_cost = fields.Monetary(
        string="Cost of an Hour",
        currency_field="currency_id",
        groups=GROUP_MANAGER,
        help="What an hour of work costs the company, where time sheets do not say it. "
        "Empty: the cost of time is not known.",
    )
    client_health_late_interest = fields.Float(
        string="Interest on Late Payment (%)",
        default=10.15,
        digits=(16, 2),
        groups=GROUP_USER,
        help="Percentage a year at which days late are reckoned as a cost. 10.15 is "
        "the interest on commercial debts in the Netherlands since 1 July 2025: the "
        "main refinancing rate of the European Central Bank, 2.15 %, and 8 points "
        "(Directive 2011/7/EU, art. 6:119a BW). It may change on 1 January and 1 July.",
    )
    client_health_hour_median = fields.Float(
        readonly=True,
        groups=GROUP_USER,
        help="Revenue an hour of the client in the middle, of all clients with hours. "
        "Kept by the full refresh.",
    )
    client_health_workload_median = fields.Float(
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

    @api.constrains(*LIMITS)
    def _check_client_health_limits(self):
        for company in self:
            self._check_client_health_values({name: company[name] for name in LIMITS})

    @api.model
    def _check_client_health_values(self, values):
        """Refuse settings outside their limits.

        :param dict values: the value of each setting, by the name of its field
        :raise ValidationError: for the first that is too low or too high
        """
        for name, value in values.items():
            low, high = LIMITS[name]
            if not low <= value <= high:
                raise ValidationError(
                    self.env._(
                        "%(setting)s lies between %(low)s and %(high)s.",
                        setting=self._fields[name]._description_string(self.env),
                        low=low,
                        high=high,
                    )
                )

    @api.constrains("client_health_bank_complete_until")
    def _check_client_health_bank_complete_until(self):
        for company in self:
            until = company.client_health_bank_complete_until
            if until and until > company._get_client_health_today():
                raise ValidationError(
                    self.env._(
                        "The bank cannot be complete until %(day)s: that day is still "
                        "to come.",
                        day=format_date(self.env, until),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def unlink(self):
        self.env["res.partner"]._erase_traces_of_companies(self)
        return super().unlink()

    def write(self, vals):
        result = super().write(vals)
        if not COUNTED_WITH.isdisjoint(vals):
            self.env["client.health"]._request_refresh()
        return result

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {
            "client_health_calendar_id",
            "partner_id",
            "resource_calendar_id",
            *ACCOUNT_SETTINGS,
            *self._get_client_health_neutral_fields(),
        }

    @api.model
    def _get_client_health_neutral_fields(self):
        """Return which of a company's accounts are no loss, whatever their type."""
        names = (
            "account_journal_early_pay_discount_gain_account_id",
            "account_journal_early_pay_discount_loss_account_id",
            "expense_currency_exchange_account_id",
            "income_currency_exchange_account_id",
            "l10n_nl_rounding_difference_loss_account_id",
            "l10n_nl_rounding_difference_profit_account_id",
        )
        return [name for name in names if name in self._fields]

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

    # until when the bank is known

    def _get_client_health_known_until(self) -> date:
        """Return the day up to which this company's bank is known.

        The later of the last movement on a bank journal, the lock dates and what a
        manager said; never after today, and today for a company without any of them.
        A branch is known as its company is.
        """
        self.ensure_one()
        root = self.sudo().root_id  # sudo: the bank is as complete for whoever looks
        return root._get_client_health_known_days()[root.id]

    def _get_client_health_known_days(self) -> dict[int, date]:
        """Return the day up to which the bank of each of these companies is known.

        :return: dict of the company's id to a date
        """
        moved = self._get_client_health_bank_days()
        known = {}
        for company in self:
            today = company._get_client_health_today()
            days = (
                *moved.get(company.id, ()),
                company.fiscalyear_lock_date,
                company.hard_lock_date,
                company.client_health_bank_complete_until,
            )
            known[company.id] = min(max(filter(None, days), default=today), today)
        return known

    def _get_client_health_bank_days(self) -> dict[int, tuple]:
        """Return the last movement of each company, its branches counted in.

        Bank journals tell; cash and cards only where no bank moved within a year. A
        journal with statement lines within a year is known by those, since payments
        are registered in it before they are on a statement.
        """
        booked = [
            (company.id, booked_id, company._get_client_health_today())
            for company in self
            for booked_id in company._get_client_health_booked_ids()
        ]
        if not booked:
            return {}
        for model, names in {
            "account.bank.statement.line": ["internal_index", "journal_id", "move_id"],
            "account.journal": ["company_id", "type"],
            "account.move": ["company_id", "date", "journal_id", "state"],
        }.items():
            self.env[model].flush_model(names)
        rows = self.env.execute_query(
            SQL(
                BANK_DAYS,
                booked=SQL(", ").join(
                    SQL("(%s::integer, %s::integer, %s::date)", *row) for row in booked
                ),
            )
        )
        return {company_id: (day,) for company_id, day in rows}

    def _get_client_health_booked_ids(self) -> tuple[int, ...]:
        """Return the companies that are one legal entity with this one.

        None for a branch: it is judged with the company it belongs to.
        """
        self.ensure_one()
        return self._get_client_health_entities().get(self.id, ())

    @api.model
    @ormcache()
    def _get_client_health_entities(self) -> dict[int, tuple[int, ...]]:
        """Return the companies of each legal entity, by the id of its root."""
        # sudo: which branches there are is the same for whoever looks
        companies = self.sudo().with_context(active_test=False).search_fetch([])
        return {
            root.id: tuple(branches.ids)
            for root, branches in companies.grouped("root_id").items()
        }

    @api.model
    def _get_client_health_periods(self) -> list[Period]:
        """Return the settings and days that hold now, one period a company."""
        # sudo: settings hold for whoever looks; which rows are seen is up to the rules
        companies = self.sudo().search_fetch([])
        known = companies.root_id._get_client_health_known_days()
        periods = []
        for company in companies:
            try:
                day = known[company.root_id.id]
                period = company._get_client_health_period(day)
            except (OverflowError, ValueError) as error:
                # the clients of the other companies go on; here they keep their facts
                _logger.error(
                    "Client health of company %s (%s) cannot be counted: %s",
                    company.name,
                    company.id,
                    error,
                )
            else:
                periods.append(period)
        return periods

    @api.depends("client_health_bank_complete_until")
    def _compute_client_health_known_until(self):
        known = self.root_id._get_client_health_known_days()
        for company in self:
            company.client_health_known_until = known.get(company.root_id.id)

    def _get_client_health_period(self, known_until: date | None = None) -> Period:
        """Return the settings and days that hold now in this company.

        :param known_until: the day up to which its bank is known, where that was
            looked up already
        """
        self.ensure_one()
        self = self.sudo()  # sudo: settings hold for whoever looks
        calendar = self._get_client_health_calendar()
        return Period(
            company_id=self.id,
            calendar_id=calendar.id,
            zone=calendar.tz or "UTC",
            today=self._get_client_health_today(),
            window_months=self.client_health_window_months,
            grace_days=self.client_health_grace_days,
            decimals=self.currency_id.decimal_places,
            median=self.client_health_workload_median,
            currency_id=self.currency_id.id,
            known_until=known_until or self._get_client_health_known_until(),
            usual_term_days=self.client_health_usual_term_days,
            small_amount=self.client_health_small_amount,
            booked_ids=self._get_client_health_booked_ids(),
            ticket_minutes=self.client_health_ticket_minutes,
            message_minutes=self.client_health_message_minutes,
            hourly_cost=self.client_health_hourly_cost,
            late_interest=self.client_health_late_interest,
            hour_median=self.client_health_hour_median,
        )
