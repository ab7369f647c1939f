"""Numbers of facts as people say them: *56 days*, *97 %*; not *56.03* and *97.14*."""

from odoo.tools import float_compare, float_round

MOST_DECIMALS = 2
FIRST_DECIMALS = {
    "days": 0,
    "months": 0,
    "share": 0,
    "hours": 1,
    "ratio": 1,
    "rating": 1,
    "count": 1,
}
"""With how many decimals a number of a unit is said."""
SMALL_SHARE = 10
"""Below it, in percent, a share has a decimal; every other number below 1."""


def round_for_people(value: float, unit: str, apart=()) -> float:
    """Return a fact as it is said.

    It stays on its own side of what it is compared with, of nothing and of everything:
    29.6 days beside a rule of 30 days are not said to be 30.

    :param value: the number as it is stored; a share is 0 to 1
    :param unit: see ``UNITS`` in ``engine/fact.py``; an amount stays as it is
    :param apart: numbers it may not seem equal to where it differs

    >>> round_for_people(56.03, "days"), round_for_people(0.9714, "share")
    (56.0, 0.97)
    >>> round_for_people(29.6, "days"), round_for_people(29.6, "days", [30])
    (30.0, 29.6)
    >>> round_for_people(30.001, "days", [30]), round_for_people(29.999, "days", [30])
    (30.01, 29.99)
    >>> round_for_people(0.54, "days"), round_for_people(0.9971, "share")
    (0.5, 0.997)
    >>> round_for_people(0.0537, "share"), round_for_people(0.375, "share")
    (0.054, 0.38)
    >>> round_for_people(1.514, "ratio"), round_for_people(5180.21, "amount")
    (1.5, 5180.21)
    """
    if unit not in FIRST_DECIMALS:
        return value
    scale = 100 if unit == "share" else 1
    scaled, first = value * scale, FIRST_DECIMALS[unit]
    if abs(scaled) < (SMALL_SHARE if unit == "share" else 1):
        first = 1
    ends = [0, *[end * scale for end in apart], *[scale] * (unit == "share")]
    for decimals in range(first, MOST_DECIMALS + 1):
        shown = float_round(scaled, precision_digits=decimals)
        if all(_order(shown, end) == _order(scaled, end) for end in ends):
            break
    else:
        step = 10**-MOST_DECIMALS
        shown = float_round(
            shown + (step if scaled > shown else -step), precision_digits=MOST_DECIMALS
        )
    return float_round(shown / scale, precision_digits=MOST_DECIMALS + 2)


def _order(value, other):
    return float_compare(value, other, precision_digits=MOST_DECIMALS + 4)
