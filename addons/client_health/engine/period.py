"""The days that count for a company; plain Python, without the ORM."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta
from odoo.tools import SQL

MONTH_ENDS = 12
"""How many month ends ``overdue_month_count`` looks at, whatever the window."""

BANK_BEHIND_DAYS = 7
"""From more than this many days on, screens say until when the bank is known."""


def get_month_ends(today: date) -> list[date]:
    """Return the last month ends up to and including ``today``, oldest first.

    >>> get_month_ends(date(2026, 3, 30))[-2:]
    [datetime.date(2026, 1, 31), datetime.date(2026, 2, 28)]
    >>> get_month_ends(date(2026, 3, 31))[-1]
    datetime.date(2026, 3, 31)
    """
    first = (today + timedelta(days=1)).replace(day=1)
    return [
        first - relativedelta(months=back) - timedelta(days=1)
        for back in reversed(range(MONTH_ENDS))
    ]


def get_day(moment: datetime, zone: str) -> date:
    """Return the date of a moment, given in UTC, in a time zone.

    >>> get_day(datetime(2026, 11, 22, 23, 30), "Europe/Amsterdam")
    datetime.date(2026, 11, 23)
    >>> get_day(datetime(2026, 11, 23, 4, 30), "America/New_York")
    datetime.date(2026, 11, 22)
    """
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()


@dataclass(frozen=True)
class Period:
    """The settings of one company on one day.

    The window is open at its start and closed at its end: with 12 months,
    23 November 2025 to 23 November 2026 counts from 24 November 2025 on.

    :param known_until: the day up to which the bank is known; ``today`` without it
    :param usual_term_days: when an invoice is due for which no term was agreed
    :param small_amount: up to how much is no difference, in company currency
    :param booked_ids: the companies of this legal entity: a company with its branches;
        empty for a branch, whose debts are judged with those of its company
    """

    company_id: int
    calendar_id: int
    zone: str
    today: date
    window_months: int
    grace_days: int
    decimals: int
    median: float
    currency_id: int = 0
    known_until: date | None = None
    usual_term_days: int = 30
    small_amount: float = 10.0
    booked_ids: tuple[int, ...] = ()

    def __post_init__(self):
        if self.known_until is None:
            object.__setattr__(self, "known_until", self.today)

    @property
    def month_ends(self) -> list[date]:
        """The month ends that are looked at: those the bank is known of.

        >>> Period(1, 1, "UTC", date(2026, 11, 23), 12, 5, 2, 0.0,
        ...        known_until=date(2026, 9, 6)).month_ends[-1]
        datetime.date(2026, 8, 31)
        """
        return get_month_ends(self.known_until)

    @property
    def is_bank_behind(self) -> bool:
        """Whether screens have to say until when the bank is known.

        >>> Period(1, 1, "UTC", date(2026, 11, 23), 12, 5, 2, 0.0,
        ...        known_until=date(2026, 9, 6)).is_bank_behind
        True
        """
        return (self.today - self.known_until).days > BANK_BEHIND_DAYS

    @property
    def window_start(self) -> date:
        """The last day before the window."""
        return self.today - relativedelta(months=self.window_months)

    @property
    def sale_start(self) -> date:
        """The last day before the window of discounts, twice as long.

        >>> Period(1, 1, "UTC", date(2026, 11, 23), 12, 5, 2, 0.0).sale_start
        datetime.date(2024, 11, 23)
        """
        return self.today - relativedelta(months=2 * self.window_months)

    @property
    def created_from(self) -> datetime:
        """When the window begins for what has a time, in UTC.

        >>> Period(1, 1, "Europe/Amsterdam", date(2026, 7, 1), 12, 5, 2, 0.0
        ...        ).created_from
        datetime.datetime(2025, 7, 1, 22, 0)
        """
        first = datetime.combine(self.window_start + timedelta(days=1), time.min)
        local = pytz.timezone(self.zone).localize(first)
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def to_sql(self, booked_id: int | None = None) -> SQL:
        """Return the period as a row for ``VALUES``.

        :param booked_id: the company whose documents are meant; its own without it
        """
        return SQL(
            "(%s::integer, %s::integer, %s::integer, %s::timestamp, %s::date, %s::date,"
            " %s::date, %s::integer, %s::integer, %s::date[], %s::numeric, %s::date)",
            booked_id or self.company_id,
            self.company_id,
            self.calendar_id or None,
            self.created_from,
            self.today,
            self.window_start,
            self.sale_start,
            self.grace_days,
            self.decimals,
            self.month_ends,
            self.median,
            self.known_until,
        )


_NO_PERIODS = SQL(
    "SELECT NULL::integer, NULL::integer, NULL::integer, NULL::timestamp, NULL::date,"
    " NULL::date, NULL::date, NULL::integer, NULL::integer, NULL::date[],"
    " NULL::numeric, NULL::date WHERE FALSE"
)


def get_span(periods: list[Period], first: str, last: str = "today") -> tuple:
    """Return the earliest first and the latest last day of some periods.

    Dates of a join are compared row by row; what is a constant of the statement is
    compared where PostgreSQL reads the table.

    >>> period = Period(1, 1, "UTC", date(2026, 11, 23), 12, 5, 2, 0.0)
    >>> get_span([period], "sale_start")
    (datetime.date(2024, 11, 23), datetime.date(2026, 11, 23))
    >>> get_span([], "sale_start")
    (None, None)
    """
    return (
        min((getattr(period, first) for period in periods), default=None),
        max((getattr(period, last) for period in periods), default=None),
    )


def get_periods_sql(periods: list[Period]) -> SQL:
    """Return the periods as a table ``period``, a row a company; it may be empty."""
    return _get_table_sql([period.to_sql() for period in periods])


def get_booked_sql(periods: list[Period]) -> SQL:
    """Return the periods as a table ``period``, a row a company that books.

    Documents are joined by ``booked_id``; ``company_id`` is the legal entity that
    they count for: a branch is judged with its company.
    """
    return _get_table_sql(
        [
            period.to_sql(booked_id)
            for period in periods
            for booked_id in period.booked_ids
        ]
    )


def _get_table_sql(rows: list[SQL]) -> SQL:
    return SQL(
        "(%s) AS period (booked_id, company_id, calendar_id, created_from, today,"
        " window_start, sale_start, grace_days, decimals, month_ends, median,"
        " known_until)",
        SQL("VALUES %s", SQL(", ").join(rows)) if rows else _NO_PERIODS,
    )
