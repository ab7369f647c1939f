"""A rule as a tree that a screen, a report or a test can walk. Pure functions."""

from odoo.orm.domains import DomainAnd, DomainBool, DomainNot, DomainOr


def build_tree(domain, leaf):
    """Return ``domain`` as nested dicts.

    :param domain: a Domain
    :param leaf: function from a condition to its dict, with at least ``met``
    :return: a leaf's dict, or ``{"type", "met", "children"}`` where the type is
        ``all``, ``any`` or ``not``; a constant is ``all`` (met) or ``any`` (not
        met) without children

    >>> from odoo.fields import Domain
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


def _node(kind, children):
    met = [child["met"] for child in children]
    result = {"all": all(met), "any": any(met), "not": not any(met)}[kind]
    return {"type": kind, "met": result, "children": children}


def iter_leaves(tree):
    """Yield the conditions of a tree, in the order in which they were written.

    >>> leaf = {"type": "condition", "met": True, "field": "late_count"}
    >>> [found["field"] for found in iter_leaves(_node("any", [leaf, leaf]))]
    ['late_count', 'late_count']
    """
    if tree["type"] == "condition":
        yield tree
    for child in tree.get("children", ()):
        yield from iter_leaves(child)
