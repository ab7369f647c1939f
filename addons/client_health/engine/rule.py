"""A rule: which clients a trait speaks of, as conditions on facts with fixed values.

What a manager types is read as a literal and never evaluated, so that a rule can name
nothing but facts and a few properties of the client, and costs nothing to refuse.
"""

import ast
import math
import operator as op
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainBool, DomainNot, DomainOr

RULES = ("ready", "watch", "flag")
"""The rules of a trait: enough data to judge, and where each level applies."""

MAX_CONDITIONS = 50
MAX_LENGTH = 20_000
"""Characters; far more than fifty conditions need."""
MAX_NUMBER = 10**12

PROPERTIES = {
    "partner_id.category_id": "record",
    "partner_id.country_id": "record",
    "partner_id.country_id.code": "text",
    "partner_id.industry_id": "record",
    "partner_id.is_company": "boolean",
    "partner_id.lang": "text",
    "partner_id.user_id": "record",
}
"""What a rule may name of the client besides facts, and what each is compared with."""

_EQUAL = frozenset({"=", "!=", "in", "not in"})
_OPERATORS = {
    "number": _EQUAL | {"<", "<=", ">", ">="},
    "record": _EQUAL,
    "text": _EQUAL,
    "boolean": frozenset({"=", "!="}),
}
_MEMBERS = {"in", "not in"}
_JOINTS = {"&", "|", "!"}


class RuleError(ValueError):
    """Why a rule cannot be used.

    :param reason: ``unreadable``, ``too_long``, ``unknown``, ``operator``, ``value``
    :param name: the field it is about, if any
    :param value: the operator or the value it is about, if any
    """

    def __init__(self, reason: str, name: str = "", value: object = None):
        super().__init__(reason)
        self.reason = reason
        self.name = name
        self.value = value


@dataclass(frozen=True)
class Condition:
    """One comparison of a fact, or a property of the client, with a fixed value."""

    name: str
    operator: str
    value: object

    def check(self, kinds: Mapping[str, str]) -> None:
        """Refuse what cannot be compared.

        :param kinds: what each name is compared with: ``number``, ``record``,
            ``text`` or ``boolean``
        :raises RuleError: for an unknown name, or an operator or a value that does not
            go with it

        >>> Condition("late_count", ">=", 3).check({"late_count": "number"})
        >>> Condition("late_count", ">=", "3").check({"late_count": "number"})
        ... # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        RuleError: value
        """
        kind = kinds.get(self.name)
        if kind is None:
            raise RuleError("unknown", self.name)
        if self.operator not in _OPERATORS[kind]:
            raise RuleError("operator", self.name, self.operator)
        if not self._has_fitting_value(kind):
            raise RuleError("value", self.name, self.value)

    def _has_fitting_value(self, kind: str) -> bool:
        if self.operator in _MEMBERS:
            return isinstance(self.value, (list, tuple)) and all(
                _fits(kind, member) for member in self.value
            )
        if self.value is False and self.operator in _EQUAL:
            return True  # is, or is not, set
        return _fits(kind, self.value)


def _fits(kind: str, value: object) -> bool:
    match kind, value:
        case ("boolean", bool()):
            return True
        case ("number", bool()) | ("record", bool()):
            return False
        case ("number", int() | float()):
            return math.isfinite(value) and abs(value) <= MAX_NUMBER
        case ("record", int()):
            return 0 < value < 2**31
        case ("text", str()):
            return "\0" not in value
    return False


@dataclass(frozen=True)
class Rule:
    """Conditions joined by and, or and not.

    :param terms: conditions, joints (``&``, ``|``, ``!``) and constants (``True``,
        ``False``) in the order of an Odoo domain; empty for no condition at all
    """

    terms: tuple = ()

    @property
    def conditions(self) -> list[Condition]:
        """The conditions, in the order in which they were written."""
        return [term for term in self.terms if isinstance(term, Condition)]

    @property
    def names(self) -> list[str]:
        """What the rule names, each once.

        >>> parse("['|', ('a', '>', 1), '&', ('b', '=', 2), ('a', '<', 3)]").names
        ['a', 'b']
        """
        return list(dict.fromkeys(condition.name for condition in self.conditions))

    @property
    def domain(self) -> Domain:
        """The rule as a domain on ``client.health``; everybody without a condition.

        A new one each time: a domain remembers fields of the database it was used in.
        """
        return Domain([_to_leaf(term) for term in self.terms])

    def with_also(self, other: "Rule") -> "Rule":
        """Return the rule that asks for what both ask for.

        >>> one = parse("['|', ('a', '>', 1), ('b', '=', 2)]")
        >>> one.with_also(parse("[('c', '<', 3)]")).names
        ['a', 'b', 'c']
        """
        return Rule(self.terms + other.terms)

    def check(self, kinds: Mapping[str, str]) -> None:
        """Refuse a rule that reaches further than facts and properties.

        :param kinds: see ``Condition.check``
        :raises RuleError: for the first condition that cannot be used
        """
        for condition in self.conditions:
            condition.check(kinds)


NOBODY = Rule((False,))
"""A rule that matches no client."""


def _to_leaf(term):
    if isinstance(term, Condition):
        return (term.name, term.operator, term.value)
    return (1 if term else 0, "=", 1) if isinstance(term, bool) else term


@lru_cache(maxsize=512)
def parse(source: str) -> Rule:
    """Read a rule as it was typed: a domain with literal values only.

    :raises RuleError: for what is no such domain, or too long

    >>> parse("[('late_count', '>=', 3)]").conditions
    [Condition(name='late_count', operator='>=', value=3)]
    >>> parse("[('late_count', '>=', 9**9**8)]")
    ... # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    RuleError: unreadable
    >>> parse("[('late_count', '>=', 3)]" * 100_000)
    ... # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    RuleError: too_long
    """
    if len(source) > MAX_LENGTH:
        raise RuleError("too_long")
    try:
        items = ast.literal_eval(source.strip())
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        raise RuleError("unreadable") from error
    if not isinstance(items, (list, tuple)):
        raise RuleError("unreadable")
    if len(items) > 3 * MAX_CONDITIONS:
        raise RuleError("too_long")
    rule = Rule(tuple(map(_read_term, items)))
    if len(rule.conditions) > MAX_CONDITIONS:
        raise RuleError("too_long")
    try:
        Domain(list(items))  # joints without enough to join
    except (TypeError, ValueError) as error:
        raise RuleError("unreadable") from error
    return rule


def _read_term(item):
    if isinstance(item, str) and item in _JOINTS:
        return item
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        raise RuleError("unreadable")
    name, operator, value = item
    if operator == "=" and value == 1 and name in (0, 1):
        return bool(name)
    if not isinstance(name, str) or not isinstance(operator, str):
        raise RuleError("unreadable")
    return Condition(name, operator, tuple(value) if isinstance(value, list) else value)


def build_tree(domain: Domain, leaf: Callable) -> dict:
    """Return a domain as nested dicts that a screen, a report or a test can walk.

    :param leaf: function from a condition to its dict, with at least ``met``
    :return: a leaf's dict, or ``{"type", "met", "children"}`` where the type is
        ``all``, ``any`` or ``not``; a constant is ``all`` (met) or ``any`` (not
        met) without children

    >>> late = Domain("late_count", ">=", 3)
    >>> short = Domain("days_late_avg", ">=", 30)
    >>> def leaf(condition):
    ...     return {"type": "condition", "met": condition.value < 10}
    >>> tree = build_tree(late & short, leaf)
    >>> tree["type"], tree["met"], [child["met"] for child in tree["children"]]
    ('all', False, [True, False])
    >>> build_tree(late | short, leaf)["met"]
    True
    >>> build_tree(~(late & short), leaf)["type"]
    'any'
    >>> build_tree(Domain.TRUE, leaf)
    {'type': 'all', 'met': True, 'children': []}
    """
    if isinstance(domain, DomainBool):
        return _node("all" if domain.is_true() else "any", [])
    if isinstance(domain, DomainNot):
        return _node("not", [build_tree(domain.child, leaf)])
    if isinstance(domain, (DomainAnd, DomainOr)):
        kind = "all" if isinstance(domain, DomainAnd) else "any"
        return _node(kind, [build_tree(child, leaf) for child in domain.children])
    return leaf(domain)


def _node(kind: str, children: list[dict]) -> dict:
    met = [child["met"] for child in children]
    result = {"all": all(met), "any": any(met), "not": not any(met)}[kind]
    return {"type": kind, "met": result, "children": children}


def iter_leaves(tree: dict) -> Iterator[dict]:
    """Yield the conditions of a tree, in the order in which they were written.

    >>> leaf = {"type": "condition", "met": True, "field": "late_count"}
    >>> [found["field"] for found in iter_leaves(_node("any", [leaf, leaf]))]
    ['late_count', 'late_count']
    """
    if tree["type"] == "condition":
        yield tree
    for child in tree.get("children", ()):
        yield from iter_leaves(child)


def iter_deciding(tree: dict) -> Iterator[dict]:
    """Yield the conditions because of which a tree holds.

    Those that are met, where all that stands above them is met too; what is met
    beside one that is missing decided nothing, and what is denied is no reason.

    >>> late = {"type": "condition", "met": True, "field": "late_count"}
    >>> short = {"type": "condition", "met": False, "field": "days_late_avg"}
    >>> old = {"type": "condition", "met": True, "field": "overdue_days_max"}
    >>> tree = _node("any", [_node("all", [late, short]), old])
    >>> [found["field"] for found in iter_deciding(tree)]
    ['overdue_days_max']
    """
    if not tree["met"]:
        return
    if tree["type"] == "condition":
        yield tree
    elif tree["type"] != "not":
        for child in tree["children"]:
            yield from iter_deciding(child)


_COMPARISONS = {
    "=": op.eq,
    "!=": op.ne,
    "<": op.lt,
    "<=": op.le,
    ">": op.gt,
    ">=": op.ge,
    "in": lambda value, members: value in members,
    "not in": lambda value, members: value not in members,
}


def compare(value: float, operator: str, threshold: object) -> bool:
    """Return whether a fact fits a condition; *not set* is 0, as in the database.

    >>> compare(3, ">=", 3), compare(0, "=", False), compare(2, "in", (1, 2))
    (True, True, True)
    """
    return _COMPARISONS[operator](value or 0, threshold or 0)
