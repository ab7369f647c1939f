"""What a fact is: one number about a client, declared once on its field.

A field of ``client.health`` becomes a fact by the parameter ``fact``, the name of the
source it is counted from. Statement, drill-down, wording, dossier, snapshot and health
form read it from there, whichever addon declares it::

    late_share = fields.Float(
        fact="payment", unit="share", evidence=[("is_late", "=", True)]
    )
"""

from dataclasses import dataclass

from odoo.tools import SQL

DIGITS = 6
"""Shares, averages and ratios are rounded to this many digits: thresholds are
coarser by far, and the same evidence then always gives the same number."""

UNITS = frozenset(
    {"amount", "count", "days", "hours", "months", "rating", "ratio", "share"}
)
PARAMETERS = frozenset({"fact", "unit", "evidence", "derived", "per"})
"""The parameters of a field that make it a fact."""

_UNIT_BY_TYPE = {"monetary": "amount", "integer": "count", "float": "count"}


@dataclass(frozen=True)
class Fact:
    """One number about a client.

    :param name: name of the field on ``client.health``
    :param source: name of the source it is counted from
    :param type: ``integer``, ``float`` or ``monetary``
    :param unit: one of ``UNITS``
    :param evidence: domain on the rows of the source that the number is about
    :param derived: name of the method that gives its SQL from the other facts;
        empty for what the source counts itself
    :param per: name of the count it is a share or an average of: where nothing was
        counted, it says nothing
    """

    name: str
    source: str
    type: str
    unit: str
    evidence: tuple = ()
    derived: str = ""
    per: str = ""

    @classmethod
    def of(cls, field) -> "Fact | None":
        """Return the fact that a field declares, if it declares one.

        :raises ValueError: for a unit or a type that facts do not have

        >>> from types import SimpleNamespace as Field
        >>> Fact.of(Field(name="late_count", type="integer", fact="payment")).unit
        'count'
        >>> Fact.of(Field(name="score", type="integer"))
        >>> Fact.of(Field(name="note", type="char", fact="payment"))
        Traceback (most recent call last):
        ...
        ValueError: note: a fact is a number, not a char
        """
        source = getattr(field, "fact", None)
        if not source:
            return None
        if field.type not in _UNIT_BY_TYPE:
            raise ValueError(f"{field.name}: a fact is a number, not a {field.type}")
        unit = getattr(field, "unit", None) or _UNIT_BY_TYPE[field.type]
        if unit not in UNITS:
            raise ValueError(f"{field.name}: no unit {unit}")
        return cls(
            field.name,
            source,
            field.type,
            unit,
            tuple(getattr(field, "evidence", None) or ()),
            getattr(field, "derived", None) or "",
            getattr(field, "per", None) or "",
        )

    def to_sql(self, value: SQL) -> SQL:
        """Return a value as it is stored: nothing as 0, rounded by type.

        :param value: the number; an amount needs the company's ``decimals`` beside it
        """
        value = SQL("COALESCE(%s, 0)", value)
        match self.type:
            case "monetary":
                return SQL("round(%s::numeric, decimals)", value)
            case "float":
                return SQL("round(%s::numeric, %s)::float8", value, DIGITS)
            case _:
                return SQL("%s::integer", value)
