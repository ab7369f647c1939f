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
from datetime import date, timedelta

from odoo.tools import SQL

from . import ledger_steps as steps
from .period import Period, get_span

SMALL_SHARE = 0.01
"""Of an instalment: what is open or lost up to this share is no difference."""
LOST_SHARE = 0.05
"""Of an instalment: what was lost from this share on makes it late when it is booked
late; below it the instalment is judged by its last payment."""
MOVES_FOLLOWED = 5
"""How often a debt may be moved and still keeps the due date it had."""
PAYMENT_NEAR_DAYS = 7
"""How near a registered payment of the same amount is the bank line it waits for."""
OVERDUE_AT_MONTH_END_DAYS = 14
"""An instalment marks a month end when it is more than this many days overdue."""


@dataclass(frozen=True)
class Accounts:
    """The accounts that tell what a debt is and how it was settled, as ids.

    :param receivable: debts of clients
    :param income: a debt booked with it by a plain entry is a sale
    :param payable: what we owe; a debt settled with it was set off
    :param loss: a debt settled with it was written off
    :param tax: written off along with a loss beside it
    """

    receivable: tuple[int, ...] = ()
    income: tuple[int, ...] = ()
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
            transfer=SQL(steps.TRANSFER),
            cancelled=SQL(steps.CANCELLED),
            debt=SQL(steps.DEBT, small_share=SMALL_SHARE),
            pending=SQL(
                steps.PENDING,
                amount=SQL(steps.PENDING_AMOUNT),
                is_pending=SQL(steps.IS_PENDING),
            ),
            money=self._get_money_sql(),
            credit=SQL(steps.CREDIT),
            owed=SQL(steps.OWED),
            setoff=SQL(steps.SETOFF, totals=SQL(steps.TOTALS)),
            item=self._get_item_sql(),
            result=SQL(
                steps.RESULT,
                judging=self._get_judging_sql(),
                lost_share=LOST_SHARE,
                late_after=OVERDUE_AT_MONTH_END_DAYS,
            ),
        )

    def get_on_account_sql(self) -> SQL:
        """Return money on account: ``company_id``, ``client``, ``day``, ``amount``."""
        return SQL(
            """
            WITH line AS MATERIALIZED (%(line)s), loose AS MATERIALIZED (%(loose)s),
            transfer AS (%(transfer)s), money AS (%(money)s)
            %(credit)s
            """,
            line=self._get_line_sql(),
            loose=self._get_loose_sql(),
            transfer=SQL(steps.TRANSFER),
            money=self._get_money_sql(),
            credit=SQL(steps.CREDIT),
        )

    # conditions

    def _is_of(self, column: str, ids: tuple[int, ...]) -> SQL:
        """Return whether a column is among ids, which PostgreSQL looks up hashed."""
        return SQL("%s = ANY(%s::integer[])", _column(column), list(ids))

    def _is_receivable(self, column: str) -> SQL:
        """Return whether an account is receivable, to find lines by.

        The column is hidden where only some clients are asked for: PostgreSQL would
        read the account's whole index beside the lines of the clients.
        """
        if self.contacts is None:
            return self._is_of(column, self.accounts.receivable)
        return SQL(
            "%s + 0 = ANY(%s::integer[])",
            _column(column),
            list(self.accounts.receivable),
        )

    def _is_settled_lately(self) -> SQL:
        """Return whether a part of ``line`` was settled within the longest window.

        One look at all partial reconciliations for everybody, one by the index for
        each line of some clients.
        """
        if self.contacts is None:
            return SQL(
                "EXISTS (SELECT FROM account_partial_reconcile part"
                " WHERE part.debit_move_id = line.id AND part.max_date > %s::date)",
                self.window_start,
            )
        return SQL(
            "(SELECT max(part.max_date) FROM account_partial_reconcile part"
            " WHERE part.debit_move_id = line.id) > %s::date",
            self.window_start,
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
        rows = [
            (
                booked_id,
                period.company_id,
                period.today,
                period.known_until,
                period.window_start,
                period.usual_term_days,
                period.grace_days,
                period.small_amount,
            )
            for period in self.periods
            for booked_id in period.booked_ids
        ]
        return SQL(
            "(VALUES %s) AS period (booked_id, company_id, today, known_until,"
            " window_start, usual_term, grace_days, small)",
            SQL(", ").join(SQL(steps.BOOKED, *row) for row in rows or [(None,) * 8]),
        )

    def _get_judging_sql(self) -> SQL:
        """Return what each legal entity judges its debts by."""
        rows = [
            (
                period.company_id,
                period.known_until,
                period.window_start,
                period.month_ends,
            )
            for period in self.periods
        ]
        return SQL(
            "(VALUES %s) AS period (company_id, known_until, window_start, month_ends)",
            SQL(", ").join(SQL(steps.JUDGING, *row) for row in rows or [(None,) * 4]),
        )

    @property
    def window_start(self) -> date | None:
        """The earliest day before a window: what counts in which is told at the end."""
        return get_span(self.periods, "window_start")[0]

    @property
    def first_due(self) -> date | None:
        """The earliest due date, as booked, of what may have been due in a window."""
        days = (
            period.window_start - timedelta(days=period.usual_term_days)
            for period in self.periods
        )
        return min(days, default=None)

    def _get_line_sql(self) -> SQL:
        return SQL(
            """
            SELECT line.id, line.move_id, line.company_id AS booked_id,
                   period.company_id, period.today, period.known_until,
                   period.grace_days, period.small,
                   partner.commercial_partner_id AS client,
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
               AND (line.date_maturity > %(first)s::date
                    OR line.reconciled IS NOT TRUE
                    OR %(is_settled_lately)s)
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
            first=self.first_due,
            is_receivable=self._is_receivable("line.account_id"),
            is_settled_lately=self._is_settled_lately(),
            contacts=self._of_contacts("line.partner_id"),
            is_client=self._is_client("partner.commercial_partner_id"),
            term=self._get_term_sql(),
            due=SQL(steps.DUE),
        )

    def _get_term_sql(self) -> SQL:
        """Return whether no term was agreed on the document or sale of ``line``.

        A sale that was booked by a plain entry without a due date had none either.
        One look per entry: for ``EXISTS`` PostgreSQL reads what was ever sold.
        """
        return SQL(
            """
            SELECT CASE WHEN move.move_type <> 'entry'
                        THEN move.invoice_payment_term_id IS NULL
                             AND COALESCE(line.date_maturity, line.invoice_date)
                                 <= line.invoice_date
                        WHEN line.date_maturity IS NOT NULL THEN FALSE
                        ELSE COALESCE((
                             SELECT TRUE FROM account_move_line sold
                              WHERE sold.move_id = line.move_id
                                AND sold.balance < 0 AND %s
                              LIMIT 1), FALSE)
                        END AS is_usual
            OFFSET 0
            """,
            self._is_of("sold.account_id", self.accounts.income),
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
            term=self._get_term_sql(),
            due=SQL(steps.DUE),
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
        """Return credits that nobody matched, by what is open of them.

        Money in the currency of what the client owes counts at the rate of the debts:
        who paid what was asked owes nothing, whatever the rate did since.
        """
        return SQL(
            """
            SELECT line.id, line.move_id, line.partner_id, period.company_id,
                   partner.commercial_partner_id AS client,
                   CASE WHEN line.currency_id = line.company_currency_id
                        THEN -line.amount_residual
                        ELSE COALESCE((
                             SELECT -line.amount_residual_currency
                                    * sum(owed.amount_residual)
                                    / sum(owed.amount_residual_currency)
                               FROM account_move_line owed
                              WHERE owed.partner_id = line.partner_id
                                AND owed.account_id = line.account_id
                                AND owed.company_id = line.company_id
                                AND owed.currency_id = line.currency_id
                                AND owed.move_id <> line.move_id
                                AND owed.parent_state = 'posted'
                                AND owed.reconciled IS NOT TRUE
                                AND owed.amount_residual_currency > 0
                             ), -line.amount_residual) END AS amount,
                   -line.balance AS whole,
                   CASE WHEN payment.is_matched
                        THEN LEAST(payment.date, (%(bank_day)s))
                        ELSE COALESCE(payment.date, line.date) END AS day,
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
            bank_day=SQL(steps.BANK_DAY),
            is_receivable=self._is_receivable("line.account_id"),
            contacts=self._of_contacts("line.partner_id"),
        )

    def _get_money_sql(self) -> SQL:
        """Return money on account, what left in suspense as a negative amount.

        Not: what cancels a debit of its own entry, and a bank line in suspense whose
        payment was registered already and waits to be matched with it. One payment
        waits for one line: the next of the same amount is the client's next payment.
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
              JOIN account_move move
                ON move.id = statement.move_id AND move.state = 'posted'
              JOIN account_move_line line
                ON line.move_id = move.id
               AND line.account_id = journal.suspense_account_id
        CROSS JOIN LATERAL (%(payer)s) AS payer
              JOIN res_partner partner ON partner.id = payer.id
        CROSS JOIN LATERAL (
                   SELECT count(*) AS waiting
                     FROM account_payment payment
                     JOIN res_partner payer ON payer.id = payment.partner_id
                    WHERE payment.journal_id = statement.journal_id
                      AND payment.company_id = statement.company_id
                      AND payment.is_matched IS NOT TRUE
                      AND payment.state IN ('in_process', 'paid')
                      AND payment.amount_company_currency_signed = -line.balance
                      AND payment.date BETWEEN move.date - %(near)s
                                           AND move.date + %(near)s
                      AND payer.commercial_partner_id = partner.commercial_partner_id
                   ) AS registered
             WHERE CASE WHEN registered.waiting = 0 THEN TRUE
                        ELSE registered.waiting <= (%(earlier)s) END
               %(of_payer)s
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
             WHERE payment.payment_type = 'outbound'
                OR NOT EXISTS (SELECT FROM account_move__account_payment link
                                WHERE link.payment_id = payment.id)
            """,
            booked=self._get_booked_sql(),
            near=PAYMENT_NEAR_DAYS,
            earlier=SQL(steps.EARLIER_LINES, near=PAYMENT_NEAR_DAYS),
            other=self._get_other_side_sql("loose", SQL("loose.whole")),
            payer=SQL(steps.PAYER),
            of_payer=self._of_contacts("payer.id"),
            of_payment=self._of_contacts("payment.partner_id"),
        )

    # how it was settled

    def _get_other_side_sql(self, credit: str, whole: SQL) -> SQL:
        """Return the shares of a settling credit that were moved, lost and set off.

        By the other side of its entry. With one client, or as the only credit of the
        entry, that is every debit in proportion. In an entry of several clients it is
        a receivable debit of the same amount, receivable debits of the same client
        that add up to its credits, or the debits on other accounts in proportion, and
        an entry of receivable lines alone moves. An entry that is a draft again loses
        and moves nothing, though Odoo leaves it matched.

        :param credit: alias of the credit, with ``move_id``, ``partner_id`` and
            ``is_note``
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
                                   entry.moved > 0
                                   AND (entry.is_alone OR entry.own = 0), FALSE)
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
                                 sum(balance) FILTER (
                                     WHERE %(is_receivable)s
                                     AND partner_id = %(partner)s) AS own,
                                 count(*) FILTER (WHERE balance < 0) = 1
                                 OR min(partner_id) FILTER (WHERE %(is_receivable)s)
                                  = max(partner_id) FILTER (WHERE %(is_receivable)s)
                                     AS is_simple
                            FROM account_move_line
                           WHERE move_id = %(move)s AND balance <> 0
                             AND parent_state = 'posted'
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
            partner=SQL.identifier(credit, "partner_id"),
            is_note=SQL.identifier(credit, "is_note"),
        )

    def _get_item_sql(self) -> SQL:
        return SQL(
            steps.ITEM,
            totals=SQL(steps.TOTALS),
            bank_day=SQL(steps.BANK_DAY),
            other=self._get_other_side_sql("credit", SQL("credit.whole")),
        )


def _column(name: str) -> SQL:
    return SQL.identifier(*name.split("."))
