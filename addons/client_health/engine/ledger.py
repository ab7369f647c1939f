"""Payment facts from the open-item ledger: one statement over receivable lines.

What a customer statement shows, as a row per debt: what was asked, what it was settled
with and when, and what is open on the day the bank is known until. The common table
expressions, in the order of the money:

``line``
    debts: debits on receivable accounts of clients, due lately, open or settled lately;
``origin``
    when a moved debt was due before it was moved;
``loose``, ``transfer``
    open credits; what of them cancels an open debit of the same entry;
``debt``
    the debts that are due on the day the bank is known until;
``pending``
    payments of an invoice that have no entry yet;
``credit``, ``setoff``
    money on account, set off against the oldest debts, each credit at its own day;
``item``
    each debt with what settled it, by the other side of the settling entry.
"""

from dataclasses import dataclass, field

from odoo.tools import SQL

from .period import Period

SMALL_SHARE = 0.01
"""Of an instalment: what is open or lost up to this share is no difference."""
LOST_SHARE = 0.05
"""Of an instalment: what was lost from this share on makes it late when it is booked
late; below it the instalment is judged by its last payment."""
MOVES_FOLLOWED = 5
"""How often a debt may be moved and still keeps the due date it had."""
OVERDUE_AT_MONTH_END_DAYS = 14
"""An instalment marks a month end when it is more than this many days overdue."""


@dataclass(frozen=True)
class Accounts:
    """The accounts that tell what a debt is and how it was settled, as ids.

    :param receivable: debts of clients
    :param payable: what we owe; a debt settled with it was set off
    :param loss: a debt settled with it was written off
    :param tax: written off along with a loss beside it
    """

    receivable: tuple[int, ...] = ()
    payable: tuple[int, ...] = ()
    loss: tuple[int, ...] = ()
    tax: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """The statement for some companies, and for everybody or some clients.

    :param periods: one period a legal entity, with the companies it books in
    :param accounts: the accounts of all these companies
    :param contacts: whose debts, an SQL array of contacts; ``None`` for everybody
    :param strangers: contacts that are no clients: the companies of the database
    """

    periods: list[Period]
    accounts: Accounts
    contacts: SQL | None = None
    strangers: tuple[int, ...] = field(default=())

    def get_rows_sql(self) -> SQL:
        """Return the debts that count, each with what it was settled with."""
        return SQL(
            """
            WITH RECURSIVE line AS MATERIALIZED (%(line)s), %(origin)s,
            loose AS MATERIALIZED (%(loose)s), transfer AS (%(transfer)s),
            cancelled AS (%(cancelled)s), debt AS MATERIALIZED (%(debt)s),
            pending AS (%(pending)s),
            money AS (%(money)s), credit AS MATERIALIZED (%(credit)s),
            owed AS (%(owed)s), setoff AS MATERIALIZED (%(setoff)s),
            item AS (%(item)s)
            %(result)s
            """,
            line=self._get_line_sql(),
            origin=self._get_origin_sql(),
            loose=self._get_loose_sql(),
            transfer=SQL(TRANSFER),
            cancelled=SQL(CANCELLED),
            debt=SQL(DEBT, small_share=SMALL_SHARE),
            pending=SQL(PENDING),
            money=self._get_money_sql(),
            credit=SQL(CREDIT),
            owed=SQL(OWED),
            setoff=SQL(SETOFF, totals=SQL(TOTALS)),
            item=self._get_item_sql(),
            result=SQL(
                RESULT,
                judging=self._get_judging_sql(),
                lost_share=LOST_SHARE,
                late_after=OVERDUE_AT_MONTH_END_DAYS,
            ),
        )

    # conditions

    def _is_of(self, column: str, ids: tuple[int, ...]) -> SQL:
        """Return whether a column is among ids, which PostgreSQL looks up hashed."""
        return SQL("%s = ANY(%s::integer[])", _column(column), list(ids))

    def _is_receivable(self, column: str) -> SQL:
        """Return whether an account is receivable, to find lines by.

        The array is hidden where only some clients are asked for: PostgreSQL would
        read the account's whole index instead of the clients' lines.
        """
        if self.contacts is None:
            return self._is_of(column, self.accounts.receivable)
        return SQL(
            "%s = ANY(ARRAY(SELECT unnest(%s::integer[])))",
            _column(column),
            list(self.accounts.receivable),
        )

    def _of_contacts(self, column: str) -> SQL:
        if self.contacts is None:
            return SQL()
        return SQL("AND %s = ANY(%s)", _column(column), self.contacts)

    def _is_client(self, column: str) -> SQL:
        return SQL("%s <> ALL(%s::integer[])", _column(column), list(self.strangers))

    # debts

    def _get_booked_sql(self) -> SQL:
        """Return the companies that book, each with the period of its legal entity.

        For a branch alone there are none: it is judged with its company.
        """
        return SQL(
            "(VALUES %s) AS period (booked_id, company_id, known_until, window_start,"
            " usual_term, grace_days, small)",
            SQL(", ").join(
                SQL(
                    "(%s::integer, %s::integer, %s::date, %s::date, %s::integer,"
                    " %s::integer, %s::numeric)",
                    booked_id,
                    period.company_id,
                    period.known_until,
                    period.window_start,
                    period.usual_term_days,
                    period.grace_days,
                    period.small_amount,
                )
                for period in self.periods
                for booked_id in period.booked_ids or (None,)
            ),
        )

    def _get_judging_sql(self) -> SQL:
        """Return what each legal entity judges its debts by."""
        return SQL(
            "(VALUES %s) AS period (company_id, known_until, window_start, month_ends)",
            SQL(", ").join(
                SQL(
                    "(%s::integer, %s::date, %s::date, %s::date[])",
                    period.company_id,
                    period.known_until,
                    period.window_start,
                    period.month_ends,
                )
                for period in self.periods
            ),
        )

    def _get_line_sql(self) -> SQL:
        return SQL(
            """
            SELECT line.id, line.move_id, line.company_id AS booked_id,
                   period.company_id, period.known_until, period.grace_days,
                   period.small, partner.commercial_partner_id AS client,
                   line.company_currency_id AS currency_id, line.invoice_date,
                   line.balance AS amount, line.date,
                   CASE WHEN line.reconciled THEN 0
                        ELSE line.amount_residual END AS residual,
                   move.move_type <> 'entry' AS is_document,
                   move.client_health_disputed IS TRUE AS is_disputed,
                   term.is_usual,
                   %(due)s AS due
              FROM %(booked)s
              JOIN account_move_line line
                ON line.company_id = period.booked_id
               AND line.parent_state = 'posted'
               AND line.balance > 0
               AND %(is_receivable)s
               AND (line.date_maturity > period.window_start - period.usual_term
                    OR line.reconciled IS NOT TRUE
                    OR EXISTS (SELECT FROM account_partial_reconcile part
                                WHERE part.debit_move_id = line.id
                                  AND part.max_date > period.window_start))
               %(contacts)s
              JOIN account_move move
                ON move.id = line.move_id
               AND move.move_type IN ('out_invoice', 'out_receipt', 'entry')
               AND move.payment_state IS DISTINCT FROM 'invoicing_legacy'
              JOIN res_partner partner
                ON partner.id = line.partner_id
               AND %(is_client)s
        CROSS JOIN LATERAL (%(term)s) AS term
            """,
            booked=self._get_booked_sql(),
            is_receivable=self._is_receivable("line.account_id"),
            contacts=self._of_contacts("line.partner_id"),
            is_client=self._is_client("partner.commercial_partner_id"),
            term=SQL(TERM),
            due=SQL(DUE),
        )

    def _get_origin_sql(self) -> SQL:
        """Return the due date that moved debts had, by entry and client.

        The first step is by sets: an opening balance holds the debts of everybody.
        """
        return SQL(
            """
            moved AS (
            SELECT DISTINCT move_id, client, company_id
              FROM line WHERE NOT is_document
            ), chain AS (
            SELECT moved.move_id AS root, moved.client, moved.company_id, 0 AS depth,
                   credit.id AS credit_id
              FROM (SELECT DISTINCT move_id FROM moved) AS entry
              JOIN LATERAL (%(credits)s) AS credit ON TRUE
              JOIN res_partner partner ON partner.id = credit.partner_id
              JOIN moved ON moved.move_id = entry.move_id
               AND moved.client = partner.commercial_partner_id
             UNION ALL
            SELECT chain.root, chain.client, chain.company_id, depth + 1, credit.id
              FROM chain
              JOIN account_partial_reconcile part
                ON part.credit_move_id = chain.credit_id
              JOIN account_move_line source ON source.id = part.debit_move_id
              JOIN account_move entry
                ON entry.id = source.move_id AND entry.move_type = 'entry'
              JOIN LATERAL (%(entry_credits)s) AS credit ON TRUE
              JOIN res_partner partner
                ON partner.id = credit.partner_id
               AND partner.commercial_partner_id = chain.client
             WHERE depth < %(depth)s
            ), source AS (
            SELECT chain.root AS move_id, chain.client, depth,
                   move.move_type <> 'entry' AS is_document,
                   move.client_health_disputed IS TRUE AS is_disputed,
                   %(due)s AS due
              FROM chain
              JOIN %(booked)s ON period.booked_id = chain.company_id
              JOIN account_partial_reconcile part
                ON part.credit_move_id = chain.credit_id
              JOIN account_move_line line ON line.id = part.debit_move_id
              JOIN account_move move ON move.id = line.move_id
        CROSS JOIN LATERAL (%(term)s) AS term
            ), origin AS (
            SELECT move_id, client, bool_or(is_disputed) AS is_disputed,
                   COALESCE(max(due) FILTER (WHERE is_document),
                            (array_agg(due ORDER BY depth DESC, due DESC))[1]) AS due
              FROM source
          GROUP BY move_id, client
            )
            """,
            credits=self._get_credits_of_sql("entry.move_id"),
            entry_credits=self._get_credits_of_sql("source.move_id"),
            depth=MOVES_FOLLOWED,
            booked=self._get_booked_sql(),
            term=SQL(TERM),
            due=SQL(DUE),
        )

    def _get_credits_of_sql(self, move: str) -> SQL:
        """Return the receivable credits of an entry, by the entry's own index."""
        return SQL(
            "SELECT id, partner_id FROM account_move_line"
            " WHERE move_id = %s AND balance < 0 AND %s OFFSET 0",
            _column(move),
            self._is_of("account_id", self.accounts.receivable),
        )

    # money on account

    def _get_loose_sql(self) -> SQL:
        """Return credits that nobody matched, by what is open of them."""
        return SQL(
            """
            SELECT line.id, line.move_id, period.company_id,
                   partner.commercial_partner_id AS client,
                   -line.amount_residual AS amount, -line.balance AS whole,
                   COALESCE(payment.date, line.date) AS day,
                   line.display_type = 'payment_term' AS is_note
              FROM %(booked)s
              JOIN account_move_line line
                ON line.company_id = period.booked_id
               AND line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE
               AND line.amount_residual < 0
               AND %(is_receivable)s
               %(contacts)s
              JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN account_payment payment ON payment.id = line.payment_id
            """,
            booked=self._get_booked_sql(),
            is_receivable=self._is_receivable("line.account_id"),
            contacts=self._of_contacts("line.partner_id"),
        )

    def _get_money_sql(self) -> SQL:
        """Return money on account, what left in suspense as a negative amount.

        Not: what cancels a debit of its own entry, and what was moved elsewhere.
        """
        return SQL(
            """
            SELECT loose.company_id, loose.client, loose.day, loose.id AS key,
                   loose.amount - loose.cancelled AS amount, loose.is_note,
                   other.moved, other.lost, other.set_off
              FROM (
                   SELECT loose.*,
                          LEAST(amount, GREATEST(0, COALESCE(cancelled, 0) - (
                              sum(amount) OVER (PARTITION BY move_id, client
                                                ORDER BY loose.id) - amount)))
                              AS cancelled
                     FROM loose
                LEFT JOIN transfer USING (move_id, client)
                   ) AS loose
        CROSS JOIN LATERAL (%(other)s) AS other
             WHERE loose.amount > loose.cancelled
             UNION ALL
            SELECT period.company_id, partner.commercial_partner_id, move.date,
                   line.id, -line.balance, FALSE, 0, 0, 0
              FROM %(booked)s
              JOIN account_journal journal ON journal.type IN ('bank', 'cash', 'credit')
              JOIN account_bank_statement_line statement
                ON statement.journal_id = journal.id
               AND statement.company_id = period.booked_id
               AND statement.is_reconciled IS NOT TRUE
               %(of_statement)s
              JOIN account_move move
                ON move.id = statement.move_id AND move.state = 'posted'
              JOIN account_move_line line
                ON line.move_id = move.id
               AND line.account_id = journal.suspense_account_id
              JOIN res_partner partner ON partner.id = statement.partner_id
             UNION ALL
            SELECT period.company_id, partner.commercial_partner_id, payment.date,
                   payment.id, payment.amount_company_currency_signed, FALSE, 0, 0, 0
              FROM %(booked)s
              JOIN account_payment payment
                ON payment.company_id = period.booked_id
               AND payment.move_id IS NULL
               AND payment.state = 'in_process'
               AND payment.partner_type = 'customer'
               %(of_payment)s
              JOIN res_partner partner ON partner.id = payment.partner_id
             WHERE NOT EXISTS (SELECT FROM account_move__account_payment link
                                WHERE link.payment_id = payment.id)
            """,
            booked=self._get_booked_sql(),
            other=self._get_other_side_sql("loose", SQL("loose.whole")),
            of_statement=self._of_contacts("statement.partner_id"),
            of_payment=self._of_contacts("payment.partner_id"),
        )

    # how it was settled

    def _get_other_side_sql(self, credit: str, whole: SQL) -> SQL:
        """Return the shares of a settling credit that were moved, lost and set off.

        By the other side of its entry. With one client, or as the only credit of the
        entry, that is every debit in proportion. In an entry of several clients it is
        a receivable debit of the same amount, or the debits on other accounts in
        proportion, and an entry of receivable lines alone moves.

        :param credit: alias of the credit, with ``move_id`` and ``is_note``
        :param whole: the amount of the whole credit line
        """
        return SQL(
            """
            SELECT CASE WHEN side.moved IS NULL THEN 0
                        WHEN side.is_mirrored THEN 1
                        WHEN side.is_simple THEN side.moved / side.total
                        ELSE 0 END AS moved,
                   CASE WHEN side.has_loss IS NOT TRUE OR side.is_mirrored THEN 0
                        ELSE COALESCE(side.lost / side.base, 0) END AS lost,
                   CASE WHEN side.is_mirrored THEN 0
                        ELSE COALESCE(side.set_off / side.base, 0) END AS set_off
              FROM (
                   SELECT entry.*,
                          COALESCE(%(whole)s = ANY(entry.moves) OR
                                   entry.moved > 0 AND entry.is_alone, FALSE)
                              AS is_mirrored,
                          CASE WHEN entry.moved IS NULL OR entry.is_simple
                               THEN entry.total
                               ELSE NULLIF(entry.total - entry.moved, 0) END AS base
                     FROM (
                          SELECT sum(balance) FILTER (WHERE balance > 0) AS total,
                                 sum(balance) FILTER (WHERE %(is_move)s) AS moved,
                                 array_agg(balance) FILTER (WHERE %(is_move)s) AS moves,
                                 sum(balance) FILTER (
                                     WHERE balance > 0 AND (%(is_loss)s OR %(is_tax)s)
                                 ) AS lost,
                                 bool_or(balance > 0 AND %(is_loss)s) AS has_loss,
                                 sum(balance) FILTER (
                                     WHERE balance > 0 AND %(is_payable)s) AS set_off,
                                 bool_and(%(is_receivable)s) AS is_alone,
                                 count(*) FILTER (WHERE balance < 0) = 1
                                 OR min(partner_id) FILTER (WHERE %(is_receivable)s)
                                  = max(partner_id) FILTER (WHERE %(is_receivable)s)
                                     AS is_simple
                            FROM account_move_line
                           WHERE move_id = %(move)s AND balance <> 0
                             AND %(is_note)s IS NOT TRUE
                          ) AS entry
                   ) AS side
            """,
            whole=whole,
            is_move=SQL(
                "balance > 0 AND %s AND %s",
                self._is_of("account_id", self.accounts.receivable),
                self._is_client("partner_id"),
            ),
            is_loss=self._is_of("account_id", self.accounts.loss),
            is_tax=self._is_of("account_id", self.accounts.tax),
            is_payable=self._is_of("account_id", self.accounts.payable),
            is_receivable=self._is_of("account_id", self.accounts.receivable),
            move=SQL.identifier(credit, "move_id"),
            is_note=SQL.identifier(credit, "is_note"),
        )

    def _get_item_sql(self) -> SQL:
        return SQL(
            ITEM,
            totals=SQL(TOTALS),
            other=self._get_other_side_sql("credit", SQL("credit.whole")),
        )


def _column(name: str) -> SQL:
    return SQL.identifier(*name.split("."))


TERM = """
SELECT move.move_type <> 'entry' AND move.invoice_payment_term_id IS NULL
       AND COALESCE(line.date_maturity, line.invoice_date) <= line.invoice_date
           AS is_usual
"""
"""Whether no term was agreed on the document that ``line`` belongs to."""

DUE = """
CASE WHEN term.is_usual THEN line.invoice_date + period.usual_term
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
       LEAST(line.small, %(small_share)s * line.amount) AS tolerance,
       line.residual - COALESCE(cancelled.amount, 0) AS residual,
       line.is_document OR origin.due IS NOT NULL AS is_kept,
       CASE WHEN origin.due IS NOT NULL THEN 'moved'
            WHEN NOT line.is_document THEN 'entry'
            WHEN line.is_usual THEN 'usual'
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

PENDING = """
SELECT id, day, LEAST(part, residual - LEAST(residual, sum(part) OVER (
       PARTITION BY id ORDER BY day, payment_id) - part)) AS amount
  FROM (
       SELECT debt.id, payment.id AS payment_id, payment.date AS day, debt.residual,
              GREATEST(0, LEAST(debt.residual,
                  payment.amount_company_currency_signed - (
                  sum(debt.residual) OVER (PARTITION BY payment.id
                                           ORDER BY debt.due, debt.id)
                  - debt.residual))) AS part
         FROM account_payment payment
         JOIN account_move__account_payment link ON link.payment_id = payment.id
         JOIN debt ON debt.move_id = link.invoice_id AND debt.residual > 0
         JOIN account_move move ON move.id = link.invoice_id
        WHERE payment.move_id IS NULL AND payment.payment_type = 'inbound'
          AND (payment.state = 'in_process' OR payment.state = 'paid'
               AND move.amount_residual = move.amount_total)
       ) AS share
"""
"""A payment without entry that was matched meanwhile is ``paid`` as well as one that
was only said to be: the invoice tells, whose residual then is not whole any more."""

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
       SELECT debt.id, debt.company_id, debt.client, debt.due, debt.date, debt.is_kept,
              debt.grace_days, debt.tolerance,
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
       SELECT owed.id, owed.due, owed.grace_days, owed.tolerance, credit.day,
              part.amount,
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
       SELECT debt.id, debt.due, debt.grace_days, debt.tolerance, pending.day,
              pending.amount, pending.amount, 0, 0, 0, 0
         FROM pending
         JOIN debt ON debt.id = pending.id
        WHERE pending.amount > 0
       ) AS part
 GROUP BY id
"""
"""Oldest due first, each credit at its own day. What was paid back after money came
settles nothing."""

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
              SELECT COALESCE(payment.date, credit.date) AS day,
                     debt.due, debt.grace_days, debt.tolerance,
                     CASE WHEN credit.is_note THEN 0
                          ELSE part.amount * (1 - other.moved - other.lost) END AS came,
                     part.amount * other.lost AS lost,
                     part.amount * other.moved AS moved,
                     part.amount * other.set_off AS set_off,
                     CASE WHEN credit.is_note THEN part.amount ELSE 0 END AS credited
                FROM account_partial_reconcile part
                JOIN LATERAL (
                     SELECT move_id, date, payment_id, -balance AS whole,
                            display_type = 'payment_term' AS is_note
                       FROM account_move_line WHERE id = part.credit_move_id
                     ) AS credit ON TRUE
           LEFT JOIN account_payment payment ON payment.id = credit.payment_id
          CROSS JOIN LATERAL (%(other)s) AS other
               WHERE part.debit_move_id = debt.id
                 AND (debt.is_kept OR credit.date > debt.date)
                 AND (part.debit_amount_currency <> 0
                      OR part.credit_amount_currency <> 0)
              ) AS part
       ) AS settled
"""
"""A debt with what settled it. Exchange differences (both amounts in currency 0) settle
nothing, nor does what came before money that was paid back."""

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
