"""What is still to be paid, either way, as the letter lists it.

Records go in, read with the rights of who asks; strings come out.
"""

from odoo.tools.i18n import format_list
from odoo.tools.misc import format_date

from .text import format_amount


def get_values(lines, lang):
    """Return open receivable lines as text.

    What is disputed stands apart and is not asked for. What we received on account is
    said to be received, never to be due.

    :param lines: ``account.move.line`` of one client, of a company and its branches
    :param str lang: the language of the letter, as ``nl_NL``
    :return: ``rows`` (name, reference, due, received, amount) by currency, ``totals``
        of the currencies with more rows than one, ``refund`` where we owe the client,
        ``disputed`` (rows), and ``pay_to`` (account, holder and, where there are more
        accounts than one, names of what is paid there) where something is due
    """
    disputed = lines.filtered("move_id.client_health_disputed")
    values = {
        "rows": [],
        "totals": [],
        "disputed": [_prepare_row(line, lang) for line in disputed],
    }
    refunds, due = [], lines.browse()
    for currency, some in (lines - disputed).grouped("currency_id").items():
        balance = sum(some.mapped("amount_residual_currency"))
        sign = currency.compare_amounts(balance, 0)
        if sign < 0:
            refunds.append(format_amount(-balance, currency.name, lang))
        if sign > 0:
            due |= some
        if len(some) > 1:
            values["totals"].append(format_amount(balance, currency.name, lang))
        if len(some) > 1 or sign >= 0:
            values["rows"] += [_prepare_row(line, lang) for line in some]
    return {
        **values,
        "pay_to": _get_accounts(due),
        "refund": format_list(lines.env, refunds, lang_code=lang),
    }


def get_open_amounts(lines):
    """Return what is open, and where it is to be paid, to compare it later.

    :param lines: ``account.move.line`` as for ``get_values``
    :return: ``open``: by invoice (or payment, credit note) and currency its ``name``,
        ``currency``, ``amount`` (negative where we owe it), ``due`` (ISO days) and
        whether it is ``disputed``; ``account`` to pay to, more with commas between
    """
    found = {}
    for line in lines:
        move, currency = line.move_id, line.currency_id
        row = found.setdefault(
            f"{move.id} {currency.name}",
            {
                "name": move.name,
                "currency": currency.name,
                "amount": 0,
                "due": [],
                "disputed": move.client_health_disputed,
            },
        )
        row["amount"] = currency.round(row["amount"] + line.amount_residual_currency)
        if line.date_maturity:
            row["due"].append(line.date_maturity.isoformat())
    asked = lines.filtered(lambda line: not line.move_id.client_health_disputed)
    accounts = [one["account"] for one in _get_accounts(asked)]
    return {"open": found, "account": ", ".join(accounts)}


def _prepare_row(line, lang):
    move = line.move_id
    asked = line.amount_residual_currency > 0
    due = line.date_maturity if asked else False
    # neither an invoice nor its credit note: a payment without one
    received = line.date if not asked and move.move_type == "entry" else False
    reference = move.payment_reference or ""
    return {
        "name": move.name,
        "reference": reference if asked and reference != move.name else "",
        "due": _format_date(line.env, due, lang),
        "received": _format_date(line.env, received, lang),
        "amount": format_amount(
            line.amount_residual_currency, line.currency_id.name, lang
        ),
    }


def _format_date(env, day, lang):
    return format_date(env, day, lang_code=lang, date_format="long") if day else ""


def _get_accounts(lines):
    """Return where to pay what is due, an account for each company.

    :return: a list of dicts with ``account``, ``holder`` and ``names`` of the invoices,
        empty where there is one account for all of them
    """
    found = {}
    asked = lines.filtered(lambda line: line.amount_residual_currency > 0)
    for some in asked.grouped("company_id").values():
        if account := _get_account(some):
            one = found.setdefault(account["account"], {**account, "names": []})
            one["names"] += some.move_id.mapped("name")
    several = len(found) > 1
    return [
        {**one, "names": ", ".join(one["names"]) if several else ""}
        for one in found.values()
    ]


def _get_account(lines):
    """Return where to pay: as the invoices say, else the company's first account.

    A branch without one is paid at the firm's.
    """
    account, payee = lines.move_id.partner_bank_id[:1], lines.company_id
    # sudo: where a firm is paid stands on its invoices, whoever writes for a branch
    for company in reversed(payee.sudo().parent_ids):
        if account:
            break
        account, payee = company.partner_id.bank_ids[:1], company
    if not account:
        return {}
    return {
        "account": account.acc_number,
        "holder": account.acc_holder_name or payee.name,
    }
