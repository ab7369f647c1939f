"""The ledger as it was on a day of the past, for a statement over its tables.

A query reads tables by their names: common table expressions of the same names hide
what came later from it, so that the ledger's statement is the same for every day.
"""

from datetime import date

from odoo.tools import SQL

_THEN = """
WITH account_partial_reconcile AS NOT MATERIALIZED (
    SELECT part.*
      FROM account_partial_reconcile part
      JOIN account_move_line debit ON debit.id = part.debit_move_id
      JOIN account_move_line credit ON credit.id = part.credit_move_id
 LEFT JOIN account_payment refunded ON refunded.id = debit.payment_id
 LEFT JOIN account_payment paid ON paid.id = credit.payment_id
     WHERE COALESCE(refunded.date, debit.date) <= %(day)s
       AND COALESCE(paid.date, credit.date) <= %(day)s
), account_move_line AS NOT MATERIALIZED (
    SELECT line.id, line.move_id, line.company_id, line.partner_id, line.account_id,
           line.company_currency_id, line.currency_id, line.invoice_date, line.date,
           line.date_maturity, line.display_type, line.parent_state, line.payment_id,
           line.statement_line_id, line.balance,
           residual.amount AS amount_residual_currency,
           COALESCE(line.balance * residual.amount / NULLIF(line.amount_currency, 0), 0)
               AS amount_residual,
           residual.amount = 0 AS reconciled
      FROM account_move_line line
 LEFT JOIN account_payment payment ON payment.id = line.payment_id
CROSS JOIN LATERAL (
           SELECT line.amount_currency - COALESCE((
                  SELECT sum(part.debit_amount_currency)
                    FROM account_partial_reconcile part
                   WHERE part.debit_move_id = line.id), 0) + COALESCE((
                  SELECT sum(part.credit_amount_currency)
                    FROM account_partial_reconcile part
                   WHERE part.credit_move_id = line.id), 0) AS amount
           ) AS residual
     WHERE COALESCE(payment.date, line.date) <= %(day)s
), account_payment AS NOT MATERIALIZED (
    SELECT * FROM account_payment WHERE date <= %(day)s
)
SELECT * FROM (%(query)s) AS then_known
"""
"""What was open of a line is what was not matched by lines of that day or before, each
by the day the money came: it tells the same whenever somebody matched them."""


def get_then_sql(day: date, query: SQL) -> SQL:
    """Return a query over the ledger as it tells by what was there on a day."""
    return SQL(_THEN, day=SQL("%s::date", day), query=query)
