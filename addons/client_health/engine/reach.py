"""Whether a rule can match anybody at all, whatever the facts are.

Someone asks for *at least 3 and less than 2*, or for less than nothing: that is found
by looking at the rule alone, so that the editor can say so at once.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .fact import Fact
from .rule import Condition, Rule

MAX_CASES = 500
"""Ways to match a rule that are looked at; beyond them it is taken to match."""
_BOUNDS = {"amount": (-math.inf, math.inf), "rating": (0, 5)}
"""What a fact can be by its unit; others begin at 0 and have no end: credit notes of
last year's invoices may well be more than what was invoiced since."""
_NEGATED = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}
_NEGATED |= {"in": "not in", "not in": "in"}


@dataclass(frozen=True)
class _Span:
    """The values that a fact may have, ends included, but for ``gaps``."""

    low: float
    high: float
    gaps: frozenset = frozenset()

    @property
    def is_empty(self):
        return self.low > self.high or (self.low == self.high and self.low in self.gaps)


def can_match(rule: Rule, facts: Mapping[str, Fact]) -> bool:
    """Return whether some client could match a rule.

    In doubt yes: what a rule says of the client besides facts is not looked at.

    :param facts: the facts by name, for what values each can have

    >>> from .rule import parse
    >>> facts = {
    ...     "late_count": Fact("late_count", "payment", "integer", "count"),
    ...     "late_share": Fact("late_share", "payment", "float", "share"),
    ... }
    >>> def judge(source):
    ...     return can_match(parse(source), facts)
    >>> judge("[('late_count', '>=', 3), ('late_share', '>=', 0.5)]")
    True
    >>> judge("[('late_count', '>=', 3), ('late_count', '<', 2)]")
    False
    >>> judge("[('late_count', '>', 2), ('late_count', '<', 3)]")
    False
    >>> judge("['|', ('late_share', '<', 0), ('late_count', '=', 1.5)]")
    False
    >>> judge("['!', ('late_count', '>=', 0)]"), judge("[(0, '=', 1)]")
    (False, False)
    >>> judge("[('partner_id.lang', '=', 'nl_NL')]"), judge("[]")
    (True, True)
    """
    cases = _list_cases(_nest(rule.terms), False)
    return cases is None or any(_is_possible(case, facts) for case in cases)


def _nest(terms):
    """Return the terms of a domain as nested ``(joint, parts)``."""
    stack = []
    for term in reversed(terms):
        if term == "!":
            stack.append(("!", [stack.pop()]))
        elif term in ("&", "|"):
            stack.append((term, [stack.pop(), stack.pop()]))
        else:
            stack.append(term)
    return ("&", stack)


def _list_cases(node, denied):
    """Return the ways to match, each a tuple of conditions; ``None`` for too many."""
    if isinstance(node, bool):
        return [()] if node != denied else []
    if isinstance(node, Condition):
        if denied:
            node = Condition(node.name, _NEGATED[node.operator], node.value)
        return [(node,)]
    joint, parts = node
    if joint == "!":
        return _list_cases(parts[0], not denied)
    found = [_list_cases(part, denied) for part in parts]
    if None in found:
        return None
    if (joint == "|") != denied:
        cases = sum(found, [])
    else:
        cases = [()]
        for other in found:
            if len(cases) * len(other) > MAX_CASES:
                return None
            cases = [one + two for one in cases for two in other]
    return cases if len(cases) <= MAX_CASES else None


def _is_possible(case, facts):
    spans = {}
    for condition in case:
        fact = facts.get(condition.name)
        if not fact:
            continue
        span = spans.get(fact.name) or _Span(*_BOUNDS.get(fact.unit, (0, math.inf)))
        spans[fact.name] = _narrow(span, condition, fact.type == "integer")
    return not any(span.is_empty for span in spans.values())


def _narrow(span, condition, is_whole):
    value = condition.value or 0  # not set is 0, as in the database
    low, high, gaps = span.low, span.high, span.gaps
    match condition.operator:
        case ">=":
            low = max(low, math.ceil(value) if is_whole else value)
        case "<=":
            high = min(high, math.floor(value) if is_whole else value)
        case ">":
            above = math.floor(value) + 1 if is_whole else math.nextafter(value, 1e99)
            low = max(low, above)
        case "<":
            below = math.ceil(value) - 1 if is_whole else math.nextafter(value, -1e99)
            high = min(high, below)
        case "=":
            low, high = max(low, value), min(high, value)
            if is_whole and value != int(value):
                gaps |= {value}
        case "in":
            members = [member or 0 for member in condition.value]
            fit = [member for member in members if low <= member <= high]
            low, high = (min(fit), max(fit)) if fit else (1, 0)
        case "!=":
            gaps |= {value}
        case "not in":
            gaps |= {member or 0 for member in condition.value}
    return _Span(low, high, gaps)
