"""The steps of the ledger's statement that depend on nothing, see ``ledger.py``."""

BOOKED = (
    "(%s::integer, %s::integer, %s::date, %s::date, %s::date, %s::integer,"
    " %s::integer, %s::numeric)"
)
"""A company that books, with the settings of its legal entity."""

JUDGING = "(%s::integer, %s::date, %s::date, %s::date[])"
"""A legal entity, with what its debts are judged by."""

DUE = """
CASE WHEN term.is_usual
     THEN COALESCE(line.invoice_date, line.date) + period.usual_term
     ELSE GREATEST(COALESCE(line.date_maturity, line.date), line.invoice_date) END
"""
"""When ``line`` is due."""

TRANSFER = """
SELECT move_id, client, LEAST(credit.total, debit.total) AS cancelled
  FROM (SELECT move_id, client, sum(amount) AS total
          FROM loose WHERE NOT is_note GROUP BY move_id, client) AS credit
  JOIN (SELECT move_id, client, sum(residual) AS total
          FROM line WHERE NOT is_document AND residual > 0
      GROUP BY move_id, client) AS debit
 USING (move_id, client)
"""
"""Open lines of one client in one entry that cancel each other: nobody matched them."""

CANCELLED = """
SELECT line.id, LEAST(residual, GREATEST(0, transfer.cancelled - (
       sum(residual) OVER (PARTITION BY move_id, client ORDER BY line.id) - residual)))
       AS amount
  FROM line
  JOIN transfer USING (move_id, client)
 WHERE NOT line.is_document AND residual > 0
"""

DEBT = """
SELECT line.id, line.move_id, line.booked_id, line.company_id, line.client,
       line.currency_id, line.invoice_date, line.amount, line.date, line.grace_days,
       line.today,
       LEAST(line.small, %(small_share)s * line.amount) AS tolerance,
       line.residual - COALESCE(cancelled.amount, 0) AS residual,
       line.is_document OR origin.due IS NOT NULL AS is_kept,
       NOT line.is_document AS is_entry,
       CASE WHEN origin.due IS NOT NULL THEN 'moved'
            WHEN line.is_usual THEN 'usual'
            WHEN NOT line.is_document THEN 'entry'
            ELSE 'agreed' END AS due_basis,
       COALESCE(origin.due, line.due) AS due
  FROM line
  LEFT JOIN origin
    ON origin.move_id = line.move_id AND origin.client = line.client
   AND NOT line.is_document
  LEFT JOIN cancelled ON cancelled.id = line.id
 WHERE COALESCE(origin.due, line.due) <= line.known_until
   AND NOT line.is_disputed AND origin.is_disputed IS NOT TRUE
"""

PAYER = """
SELECT COALESCE(statement.partner_id, (
           SELECT CASE WHEN count(DISTINCT owner.commercial_partner_id) = 1
                       THEN min(owner.id) END
             FROM res_partner_bank account
             JOIN res_partner owner ON owner.id = account.partner_id
            WHERE statement.partner_id IS NULL
              AND account.active
              AND account.sanitized_acc_number = upper(
                  regexp_replace(statement.account_number, '\\W+', '', 'g')))) AS id
OFFSET 0
"""
"""Whose money a ``statement`` line is: of the client it names, else of the only one
whose bank account it came from."""

EARLIER_LINES = """
SELECT count(*)
  FROM account_bank_statement_line earlier
  JOIN res_partner payer ON payer.id = earlier.partner_id
 WHERE earlier.journal_id = statement.journal_id
   AND earlier.company_id = statement.company_id
   AND earlier.internal_index > to_char(move.date - %(near)s, 'YYYYMMDD')
   AND earlier.internal_index < statement.internal_index
   AND earlier.is_reconciled IS NOT TRUE
   AND earlier.amount = statement.amount
   AND payer.commercial_partner_id = partner.commercial_partner_id
"""
"""Lines in suspense of the same client and amount, shortly before ``statement``."""

BANK_DAY = """
SELECT min(bank.date)
  FROM account_move_line waiting
  JOIN account_partial_reconcile matched ON matched.debit_move_id = waiting.id
  JOIN account_move_line bank
    ON bank.id = matched.credit_move_id AND bank.statement_line_id IS NOT NULL
 WHERE waiting.move_id = payment.move_id AND waiting.balance > 0
"""
"""When the money of a ``payment`` was on the bank: who registers what the bank shows
already often leaves the day of today."""

IS_PENDING = """
payment.move_id IS NULL AND payment.payment_type = 'inbound'
AND (payment.state = 'in_process'
     OR payment.state = 'paid' AND move.amount_residual = move.amount_total)
"""
"""Whether a ``payment`` of the invoice ``move`` has no entry yet. One that was matched
meanwhile is ``paid`` as well as one that was only said to be: the invoice tells, whose
residual then is not whole any more."""

PENDING_AMOUNT = """
CASE WHEN payment.currency_id = move.currency_id
     THEN payment.amount * abs(move.amount_total_signed) / NULLIF(move.amount_total, 0)
     ELSE payment.amount_company_currency_signed END
"""
"""What it settles: in the invoice's currency at the invoice's own rate."""

PENDING = """
SELECT id, day, LEAST(part, residual - LEAST(residual, sum(part) OVER (
       PARTITION BY id ORDER BY day, payment_id) - part)) AS amount
  FROM (
       SELECT debt.id, payment.id AS payment_id, payment.date AS day, debt.residual,
              GREATEST(0, LEAST(debt.residual, %(amount)s - (
                  sum(debt.residual) OVER (PARTITION BY payment.id
                                           ORDER BY debt.due, debt.id)
                  - debt.residual))) AS part
         FROM account_payment payment
         JOIN account_move__account_payment link ON link.payment_id = payment.id
         JOIN debt ON debt.move_id = link.invoice_id AND debt.residual > 0
         JOIN account_move move ON move.id = link.invoice_id
        WHERE %(is_pending)s
       ) AS share
"""
"""Payments of an invoice that have no entry yet, oldest instalment first."""

CREDIT = """
SELECT company_id, client, day, is_note, moved, lost, set_off,
       amount - spent AS amount,
       sum(amount - spent) OVER (PARTITION BY company_id, client
                                 ORDER BY day, is_note, key) AS upto
  FROM (
       SELECT money.*,
              LEAST(amount, GREATEST(0, COALESCE(gone, 0) - (
                  sum(amount) OVER (PARTITION BY company_id, client
                                    ORDER BY day, is_note, key) - amount))) AS spent
         FROM money
         LEFT JOIN (SELECT company_id, client, -sum(amount) AS gone
                      FROM money WHERE amount < 0
                  GROUP BY company_id, client) AS outgoing
        USING (company_id, client)
        WHERE amount > 0
       ) AS money
 WHERE amount > spent
"""
"""Money on account by day; what left in suspense is taken from the oldest."""

OWED = """
SELECT debt.*, sum(net) OVER (PARTITION BY company_id, client ORDER BY due, id) AS upto
  FROM (
       SELECT debt.id, debt.company_id, debt.client, debt.due, debt.date, debt.today,
              debt.is_kept, debt.grace_days, debt.tolerance,
              debt.residual - COALESCE((SELECT sum(amount) FROM pending
                                         WHERE pending.id = debt.id), 0) AS net
         FROM debt
        WHERE debt.residual > 0
          AND (debt.company_id, debt.client) IN (SELECT company_id, client FROM credit)
       ) AS debt
"""

TOTALS = """
COALESCE(sum(came), 0) AS paid,
COALESCE(sum(lost), 0) AS lost,
COALESCE(sum(moved), 0) AS moved,
COALESCE(sum(set_off), 0) AS set_off,
COALESCE(sum(credited), 0) AS credited,
COALESCE(sum(came * GREATEST(day - due, 0)), 0) AS weighted,
COALESCE(sum(came) FILTER (WHERE day - due > grace_days), 0) AS late,
max(day) FILTER (WHERE came > tolerance) AS paid_on,
COALESCE(sum(came) FILTER (WHERE came <= tolerance), 0) AS small,
max(day) FILTER (WHERE came > 0 AND came <= tolerance) AS small_on,
max(day) FILTER (WHERE lost > 0) AS lost_on
"""
"""What the parts that settled a debt add up to; small parts count together."""

SETOFF = """
SELECT id, sum(amount) AS taken, %(totals)s
  FROM (
       SELECT owed.id, owed.due, owed.grace_days, owed.tolerance,
              LEAST(credit.day, owed.today) AS day, part.amount,
              CASE WHEN part.counts AND NOT credit.is_note
                   THEN part.amount * (1 - credit.moved - credit.lost) ELSE 0 END
                  AS came,
              CASE WHEN part.counts THEN part.amount * credit.lost ELSE 0 END AS lost,
              CASE WHEN part.counts THEN part.amount * credit.moved ELSE 0 END AS moved,
              CASE WHEN part.counts THEN part.amount * credit.set_off ELSE 0 END
                  AS set_off,
              CASE WHEN part.counts AND credit.is_note THEN part.amount ELSE 0 END
                  AS credited
         FROM owed
         JOIN credit
           ON credit.company_id = owed.company_id AND credit.client = owed.client
          AND credit.upto - credit.amount < owed.upto
          AND owed.upto - owed.net < credit.upto
        CROSS JOIN LATERAL (
              SELECT LEAST(owed.upto, credit.upto)
                     - GREATEST(owed.upto - owed.net, credit.upto - credit.amount)
                         AS amount,
                     owed.is_kept OR credit.day > owed.date AS counts
              ) AS part
        UNION ALL
       SELECT debt.id, debt.due, debt.grace_days, debt.tolerance,
              LEAST(pending.day, debt.today),
              pending.amount, pending.amount, 0, 0, 0, 0
         FROM pending
         JOIN debt ON debt.id = pending.id
        WHERE pending.amount > 0
       ) AS part
 GROUP BY id
"""
"""Oldest due first, each credit at its own day, at the latest today: a day to come is a
slip or a cheque that is here already. What was paid back after money came settles
nothing."""

ITEM = """
SELECT debt.*,
       debt.residual - COALESCE(setoff.taken, 0) AS net,
       settled.paid + COALESCE(setoff.paid, 0) AS paid,
       COALESCE(setoff.paid, 0) AS on_account,
       settled.moved + COALESCE(setoff.moved, 0) AS moved,
       settled.set_off + COALESCE(setoff.set_off, 0) AS set_off,
       settled.credited + COALESCE(setoff.credited, 0) AS credited,
       settled.weighted + COALESCE(setoff.weighted, 0) AS weighted,
       settled.late + COALESCE(setoff.late, 0) AS late,
       GREATEST(settled.paid_on, setoff.paid_on,
                CASE WHEN settled.small + COALESCE(setoff.small, 0) > debt.tolerance
                     THEN GREATEST(settled.small_on, setoff.small_on) END) AS paid_on,
       CASE WHEN settled.lost + COALESCE(setoff.lost, 0) > debt.tolerance
            THEN settled.lost + COALESCE(setoff.lost, 0) ELSE 0 END AS lost,
       GREATEST(settled.lost_on, setoff.lost_on) AS lost_on
  FROM debt
  LEFT JOIN setoff ON setoff.id = debt.id
 CROSS JOIN LATERAL (
       SELECT %(totals)s
         FROM (
              SELECT LEAST(debt.today, CASE
                         WHEN payment.is_matched AND payment.date > debt.due
                         THEN LEAST(payment.date, (%(bank_day)s))
                         ELSE COALESCE(payment.date, credit.date) END) AS day,
                     debt.due, debt.grace_days, debt.tolerance,
                     CASE WHEN credit.is_note THEN 0
                          ELSE part.amount * (1 - other.moved - other.lost) END AS came,
                     part.amount * other.lost AS lost,
                     part.amount * other.moved AS moved,
                     part.amount * other.set_off AS set_off,
                     CASE WHEN credit.is_note THEN part.amount ELSE 0 END AS credited
                FROM account_partial_reconcile part
                JOIN LATERAL (
                     SELECT move_id, partner_id, date, payment_id, -balance AS whole,
                            display_type = 'payment_term' OR debt.is_entry AND EXISTS (
                                SELECT FROM account_move reversal
                                 WHERE reversal.id = move_id
                                   AND reversal.reversed_entry_id = debt.move_id
                            ) AS is_note
                       FROM account_move_line WHERE id = part.credit_move_id
                     ) AS credit ON TRUE
           LEFT JOIN account_payment payment ON payment.id = credit.payment_id
          CROSS JOIN LATERAL (%(other)s OFFSET 0) AS other
               WHERE part.debit_move_id = debt.id
                 AND (debt.is_kept OR credit.date > debt.date)
                 AND (part.debit_amount_currency <> 0
                      OR part.credit_amount_currency <> 0)
              OFFSET 0
              ) AS part
       ) AS settled
"""
"""A debt with what settled it. Exchange differences (both amounts in currency 0) settle
nothing, nor does what came before money that was paid back. An entry that was reversed
was a mistake: its reversal is no payment, as a credit note is none. What a dozen sums
and conditions name is worked out once (``OFFSET 0``)."""

RESULT = """
SELECT judged.*, settled_on AS paid_date,
       GREATEST(open_days, judged_on - due) > grace_days AS is_late,
       late + CASE WHEN open_days > grace_days THEN open_amount ELSE 0 END
           AS late_amount,
       weighted + open_amount * open_days AS weighted_days,
       CASE WHEN open_days > 0 THEN open_amount ELSE 0 END AS overdue_amount,
       GREATEST(
           (1 << CASE WHEN is_open THEN cardinality(month_ends)
                      ELSE width_bucket(settled_on - 1, month_ends) END)
           - (1 << width_bucket(due + %(late_after)s, month_ends)),
           0
       )::bit(12) AS overdue_months
  FROM (
       SELECT item.*, period.window_start, period.month_ends, residual.is_open,
              CASE WHEN is_open THEN net ELSE 0 END AS open_amount,
              CASE WHEN is_open THEN period.known_until - due ELSE 0 END AS open_days,
              GREATEST(paid_on, CASE WHEN lost > 0 THEN lost_on END) AS settled_on,
              GREATEST(paid_on, CASE WHEN lost >= %(lost_share)s * amount THEN lost_on
                                END) AS judged_on
         FROM item
         JOIN %(judging)s USING (company_id)
        CROSS JOIN LATERAL (SELECT net > tolerance AS is_open) AS residual
       ) AS judged
 WHERE is_open OR settled_on > window_start
    OR settled_on IS NOT NULL AND due > window_start
"""
