"""The demo book: fictional Dutch clients and how each of them behaves.

Everything is told in months ago, so that the book is as fresh on the day it is
loaded as on any other.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Late:
    """A payment in two parts: ``share`` (0–1) ``days`` after the due date, and the
    rest ``rest_days`` after it, or never (``None``)."""

    share: float
    days: int
    rest_days: int | None


# days after the due date, in parts, or never
Pay = int | Late | None


@dataclass(frozen=True)
class Client:
    """One client of the demo book.

    ``pays`` and ``discounts`` (percent) are repeated over the client's invoices from
    the oldest on; ``exceptions`` replaces the payment of the invoice of that many
    months ago.
    """

    code: str
    product: str
    quantity: float = 1
    months: range = range(22, 0, -3)
    term: str = "account.account_payment_term_30days"
    pays: tuple[Pay, ...] = (-4, 0, 2, -1)
    exceptions: dict[int, Pay] = field(default_factory=dict)
    discounts: tuple[float, ...] = (0,)
    offered: bool = False
    disputed: tuple[int, ...] = ()
    credited: dict[int, float] = field(default_factory=dict)
    written_off: tuple[int, ...] = ()
    free_product: str | None = None
    rebate: float = 0
    tickets: int = 2
    rating: int | None = 5
    after_hours: bool = False
    insistent: int = 0
    rush: int = 0
    reopened: int = 0
    own_fault: bool = False


TWO_TERMS = "client_health.account_payment_term_two_demo"
THREE_TERMS = "client_health.account_payment_term_three_demo"
DAYS_15 = "account.account_payment_term_15days"


# Most clients are a pleasure to work for.
PLEASANT = (
    Client("korenbloem", "upkeep", months=range(24, 0, -2)),
    Client("singel", "upkeep", quantity=3, tickets=3),
    # Seven tickets, but the fault was ours.
    Client("ketting", "upkeep", quantity=3, tickets=7, rating=2, own_fault=True),
    # A quarter off every invoice, but we offered that ourselves.
    Client("regenboog", "hour", quantity=6, discounts=(25,), offered=True),
    # An old open invoice, but it is disputed.
    Client("inkt", "campaign", quantity=2, exceptions={7: None}, disputed=(7,)),
    # Pays a little late now and then, and keeps every promise about it.
    Client(
        "boomhut",
        "upkeep",
        quantity=2,
        months=range(23, 0, -2),
        exceptions={11: 4, 7: 12, 3: 9},
    ),
    Client("notaris", "session", quantity=2, tickets=1),
    Client("groenrijk", "campaign", term=TWO_TERMS),
    Client("lotus", "upkeep", tickets=1),
    Client("dewit", "campaign", quantity=3, pays=(1, 3, -2, 4), tickets=3),
    Client("leesteken", "hour", quantity=8, credited={10: 0.25, 4: 1}, rating=4),
    # Was very dissatisfied once: that is no reason for a flag.
    Client("vechtdal", "upkeep", quantity=2, rating=1),
    Client("tap", "design", months=range(22, 0, -7), term=THREE_TERMS),
    Client("lijn", "session", quantity=3, term=TWO_TERMS),
    Client("harbour", "campaign", quantity=4, tickets=1),
    Client("park", "upkeep", quantity=2, tickets=3),
)

# And some cost more than they bring, each in a way of their own.
DEMANDING = (
    Client(
        "vandijk",
        "campaign",
        quantity=2,
        months=range(23, 0, -2),
        pays=(38, 52, Late(0.5, 25, 60), 44),
        exceptions={11: Late(0.8, 30, None), 9: 34, 7: 55, 5: None, 3: None},
        written_off=(11,),
        tickets=3,
        rating=3,
    ),
    Client(
        "leeuw",
        "upkeep",
        quantity=3,
        months=range(24, 0, -2),
        term=TWO_TERMS,
        pays=(24, 19, 33, 27),
        exceptions={2: None},
    ),
    Client(
        "hofman",
        "upkeep",
        quantity=2,
        months=range(24, 0, -1),
        term=DAYS_15,
        pays=(1, 2, 48, 3),
        tickets=1,
    ),
    Client("feest", "campaign", quantity=2, exceptions={4: 9}, tickets=3, rating=4),
    Client(
        "sokken",
        "upkeep",
        tickets=8,
        rating=3,
        after_hours=True,
        insistent=4,
        rush=2,
        reopened=3,
    ),
    Client("brug", "upkeep", quantity=2, tickets=14, rating=4, insistent=4, reopened=4),
    Client(
        "zuidzijde",
        "campaign",
        quantity=6,
        months=range(24, 0, -2),
        tickets=6,
        after_hours=True,
    ),
    Client("brandsma", "session", quantity=2, tickets=4, rating=1),
    Client(
        "snelders",
        "campaign",
        quantity=2,
        tickets=11,
        rating=1,
        insistent=4,
        reopened=3,
    ),
    Client(
        "wonen", "campaign", quantity=3, discounts=(25, 30, 20, 28), free_product="hour"
    ),
    Client("fitpunt", "upkeep", quantity=4, discounts=(20, 15, 25, 30), rebate=100),
    # We parted from this one in good order.
    Client("horizon", "upkeep", quantity=3, months=range(24, 9, -3), tickets=0),
    Client("rossum", "design", months=range(15, 14, -1), discounts=(35,), tickets=0),
)

BOOK = PLEASANT + DEMANDING
