"""What a letter was approved on, compared with what holds now: plain values only.

A letter is sent as it was approved. Here is found what it would now say otherwise, and
whether it asks for more than is still due.
"""

from collections import namedtuple

Change = namedtuple("Change", "what before after row", defaults=[None])
"""One difference: ``what`` it is, how it was and is now, and the invoice's values."""

NAMES = ("client", "contact", "address", "email", "lang", "account")
TOLERANCE = 1e-4
"""Less than the smallest coin of any currency."""


def compare(basis, now):
    """Return what differs, the client first, then invoice by invoice.

    :param dict basis: ``NAMES`` and ``open``, as in ``invoices.get_open_amounts``
    :param dict now: the same, as it holds now
    :return: a list of ``Change``; of an invoice ``what`` is ``open``, ``disputed``,
        ``settled``, ``amount`` or ``due``

    >>> invoice = {'name': 'INV/1', 'currency': 'EUR', 'amount': 500.0,
    ...            'due': ['2026-05-01'], 'disputed': False}
    >>> then = {**dict.fromkeys(NAMES, ''), 'email': 'a@x.nl', 'open': {'1': invoice}}
    >>> [change.what for change in compare(then, {**then, 'email': 'b@x.nl'})]
    ['email']
    >>> [change.what for change in compare(then, {**then, 'open': {}})]
    ['settled']
    >>> compare(then, then)
    []
    """
    found = [
        Change(name, basis[name], now[name])
        for name in NAMES
        if basis[name] != now[name]
        and (name != "account" or (basis[name] and now[name]))  # none: nothing to pay
    ]
    rows, present = basis["open"], now["open"]
    for key in [*rows, *(key for key in present if key not in rows)]:
        found += _compare_row(rows.get(key), present.get(key))
    return found


def _compare_row(row, now):
    if not row:
        return [Change("open", 0, now["amount"], now)]
    if not now:
        return [Change("settled", row["amount"], 0, row)]
    if row["disputed"] != now["disputed"]:
        return [Change("disputed", row["amount"], now["amount"], now)]
    if abs(row["amount"] - now["amount"]) > TOLERANCE:
        return [Change("amount", row["amount"], now["amount"], now)]
    if row["due"] != now["due"]:
        return [Change("due", row["due"], now["due"], now)]
    return []


def find_excess(rows, now):
    """Return what a letter asks for more than is due, by currency: asked and due.

    Of each invoice it names no more than what it asks counts as due, so that a new one
    makes up for none that was paid. What was received or credited since counts, whether
    or not somebody has matched it; matching alone changes nothing.

    :param dict rows: ``open`` as it was approved
    :param dict now: ``open`` as it holds now

    >>> def bill(amount, disputed=False):
    ...     return {'currency': 'EUR', 'amount': amount, 'disputed': disputed}
    >>> find_excess({'1': bill(500.0)}, {'1': bill(200.0)})
    {'EUR': (500.0, 200.0)}
    >>> find_excess({'1': bill(500.0)}, {'2': bill(500.0)})
    {'EUR': (500.0, 0)}
    >>> find_excess({'1': bill(500.0)}, {'1': bill(500.0), 'p': bill(-600.0)})
    {'EUR': (500.0, 0)}
    >>> find_excess({'1': bill(500.0)}, {'1': bill(500.0, disputed=True)})
    {'EUR': (500.0, 0)}
    >>> find_excess({'1': bill(500.0), 'p': bill(-300.0)}, {'1': bill(200.0)})
    {}
    >>> find_excess({'1': bill(500.0)}, {'1': bill(700.0), '2': bill(80.0)})
    {}
    """
    found = {}
    for currency in dict.fromkeys(row["currency"] for row in rows.values()):
        then, present = (
            {
                key: row["amount"]
                for key, row in some.items()
                if row["currency"] == currency and not row["disputed"]
            }
            for some in (rows, now)
        )
        asked = max(0, sum(then.values()))
        due = sum(
            min(amount, max(0, then.get(key, 0))) for key, amount in present.items()
        )
        due = max(0, due)
        if asked - due > TOLERANCE:
            found[currency] = (asked, due)
    return found
