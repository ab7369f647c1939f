"""The days that count for a company; plain Python, without the ORM."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta
from odoo.tools import SQL

MONTH_ENDS = 12
"""How many month ends ``overdue_month_count`` looks at, whatever the window."""

YEAR_DAYS = 365
"""Days in a year of interest."""

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
    :param ticket_minutes: how long a ticket takes, where there are no time sheets
    :param message_minutes: how long an inbound message takes, where there are none
    :param hourly_cost: what an hour costs, in company currency; 0 where nobody said
    :param late_interest: interest on what is late, in per cent a year
    :param hour_median: revenue an hour of the client in the middle
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
    ticket_minutes: int = 15
    message_minutes: int = 8
    hourly_cost: float = 0.0
    late_interest: float = 0.0
    hour_median: float = 0.0

    window_start: date = field(init=False)
    """The last day before the window."""
    sale_start: date = field(init=False)
    """The last day before the window of discounts, twice as long."""
    created_from: datetime = field(init=False)
    """When the window begins for what has a time, in UTC."""
    month_ends: list[date] = field(init=False)
    """The month ends that are looked at: those the bank is known of."""

    def __post_init__(self):
        """Work out the days, once.

        >>> period = Period(1, 1, "Europe/Amsterdam", date(2026, 7, 1), 12, 5, 2, 0.0,
        ...                 known_until=date(2026, 5, 6))
        >>> period.window_start, period.sale_start
        (datetime.date(2025, 7, 1), datetime.date(2024, 7, 1))
        >>> period.created_from
        datetime.datetime(2025, 7, 1, 22, 0)
        >>> period.month_ends[-1]
        datetime.date(2026, 4, 30)
        """
        known_until = self.known_until or self.today
        window_start = self.today - relativedelta(months=self.window_months)
        first = datetime.combine(window_start + timedelta(days=1), time.min)
        first = pytz.timezone(self.zone).localize(first).astimezone(pytz.utc)
        days = {
            "known_until": known_until,
            "window_start": window_start,
            "sale_start": self.today - relativedelta(months=2 * self.window_months),
            "created_from": first.replace(tzinfo=None),
            "month_ends": get_month_ends(known_until),
        }
        for name, value in days.items():
            object.__setattr__(self, name, value)  # it never changes afterwards

    @property
    def is_bank_behind(self) -> bool:
        """Whether screens have to say until when the bank is known.

        >>> Period(1, 1, "UTC", date(2026, 11, 23), 12, 5, 2, 0.0,
        ...        known_until=date(2026, 9, 6)).is_bank_behind
        True
        """
        return (self.today - self.known_until).days > BANK_BEHIND_DAYS


_NO_PERIODS = SQL(
    "SELECT NULL::integer, NULL::integer, NULL::integer, NULL::timestamp, NULL::date,"
    " NULL::date, NULL::date, NULL::integer, NULL::date[], NULL::date WHERE FALSE"
)
_NO_TERMS = SQL(
    "SELECT NULL::integer, NULL::integer, NULL::numeric, NULL::numeric, NULL::numeric,"
    " NULL::numeric, NULL::numeric WHERE FALSE"
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


def get_terms_sql(periods: list[Period]) -> SQL:
    """Return what derived facts reckon with as a table ``terms``, a row a company.

    ``decimals`` of the currency, the medians, how many minutes an estimate takes for
    a ticket and for a message, and what an hour costs.
    """
    rows = [
        SQL(
            "(%s::integer, %s::integer, %s::numeric, %s::numeric, %s::numeric,"
            " %s::numeric, %s::numeric)",
            period.company_id,
            period.decimals,
            period.median,
            period.hour_median,
            period.ticket_minutes,
            period.message_minutes,
            period.hourly_cost,
        )
        for period in periods
    ]
    return SQL(
        "(%s) AS terms (of_company_id, decimals, median, hour_median, ticket_minutes,"
        " message_minutes, hourly_cost)",
        SQL("VALUES %s", SQL(", ").join(rows)) if rows else _NO_TERMS,
    )


def get_late_interest_sql(
    periods: list[Period], company_id: SQL, weighted_days: SQL
) -> SQL:
    """Return the interest for amounts times days late, by a company's percentage.

    :param company_id: the column with the company
    :param weighted_days: amounts times the days they were late
    """
    cases = [
        SQL("WHEN %s THEN %s", period.company_id, period.late_interest)
        for period in periods
    ]
    if not cases:
        return SQL("0")
    return SQL(
        "%s * (CASE %s %s END)::numeric / %s",
        weighted_days,
        company_id,
        SQL(" ").join(cases),
        100 * YEAR_DAYS,
    )


def get_booked_sql(periods: list[Period]) -> SQL:
    """Return the periods as a table ``period``, a row a company that books.

    Documents are joined by ``booked_id``; ``company_id`` is the legal entity that
    they count for: a branch is judged with its company.
    """
    rows = [
        SQL(
            "(%s::integer, %s::integer, %s::integer, %s::timestamp, %s::date, %s::date,"
            " %s::date, %s::integer, %s::date[], %s::date)",
            booked_id,
            period.company_id,
            period.calendar_id or None,
            period.created_from,
            period.today,
            period.window_start,
            period.sale_start,
            period.grace_days,
            period.month_ends,
            period.known_until,
        )
        for period in periods
        for booked_id in period.booked_ids
    ]
    return SQL(
        "(%s) AS period (booked_id, company_id, calendar_id, created_from, today,"
        " window_start, sale_start, grace_days, month_ends, known_until)",
        SQL("VALUES %s", SQL(", ").join(rows)) if rows else _NO_PERIODS,
    )
