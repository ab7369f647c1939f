from odoo import api, fields, models
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS
from ..engine.period import get_periods_sql

OVERDUE_AT_MONTH_END_DAYS = 14
"""An instalment marks a month end when it is more than this many days overdue."""


class ClientHealthPayment(models.Model):
    """One receivable instalment that was due, and how it was paid.

    Rows: the instalments of posted customer invoices that fell due within the
    window, and every one still open. Not: disputed invoices, and instalments that
    were credited as a whole. What was credited or written off has no weight in the
    days late; what is open counts to today.
    """

    _name = "client.health.payment"
    _inherit = "client.health.evidence"
    _description = "Client Health Payment"
    _auto = False
    _order = "date_maturity desc, id desc"
    _rec_name = "date_maturity"
    _source = "payment"
    _source_sequence = 10
    _depends = {
        "account.account": ["account_type"],
        "account.journal": ["type"],
        "account.move": ["client_health_disputed", "move_type", "origin_payment_id"],
        "account.move.line": [
            "amount_residual",
            "balance",
            "company_id",
            "date_maturity",
            "display_type",
            "move_id",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.partial.reconcile": ["amount", "credit_move_id", "max_date"],
        "res.partner": ["commercial_partner_id"],
    }

    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        groups=AMOUNT_GROUPS,
    )
    invoice_date = fields.Date(readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    paid_date = fields.Date(
        readonly=True, help="When the last part was paid or written off."
    )
    is_open = fields.Boolean(string="Open", readonly=True)
    is_late = fields.Boolean(
        string="Late",
        readonly=True,
        help="Settled, or still open, more than the bank grace after the due date.",
    )
    is_written_off = fields.Boolean(
        string="Written Off in Part",
        readonly=True,
        help="Settled, at least in part, with something that is no payment, bank or "
        "cash entry or credit note.",
    )
    days_late = fields.Float(
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Days after the due date, never below 0, weighted by what was paid when; "
        "what is open counts to today.",
    )
    overdue_days = fields.Integer(
        readonly=True,
        aggregator="max",
        help="Days since the due date, while something is open.",
    )
    overdue_month_count = fields.Integer(
        string="Month Ends Overdue",
        readonly=True,
        aggregator="max",
        help="Of the last 12 month ends, those where this was more than 14 days "
        "overdue.",
    )
    amount = fields.Monetary(readonly=True, groups=AMOUNT_GROUPS)
    paid_amount = fields.Monetary(string="Paid", readonly=True, groups=AMOUNT_GROUPS)
    credited_amount = fields.Monetary(
        string="Credited", readonly=True, groups=AMOUNT_GROUPS
    )
    written_off_amount = fields.Monetary(
        string="Written Off",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Settled with something that is no payment, bank or cash entry or credit "
        "note.",
    )
    open_amount = fields.Monetary(readonly=True, groups=AMOUNT_GROUPS)
    overdue_amount = fields.Monetary(
        string="Overdue", readonly=True, groups=AMOUNT_GROUPS
    )

    def _get_document(self):
        return self.move_id

    @api.model
    def _get_title(self):
        return self.env._("Payment")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT term.*,
                   written_off_amount > 0 AS is_written_off,
                   weighted_days / NULLIF(paid_amount + open_amount, 0) AS days_late,
                   length(replace(overdue_months::text, '0', ''))
                       AS overdue_month_count
              FROM (%s) AS term
            """,
            self._get_terms_sql(periods, client_ids),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) AS instalment_due_count,
                   count(*) FILTER (WHERE is_late) AS late_count,
                   count(*) FILTER (WHERE is_late)::numeric / count(*) AS late_share,
                   sum(weighted_days) / NULLIF(sum(paid_amount + open_amount), 0)
                       AS days_late_avg,
                   sum(overdue_amount) AS overdue_amount,
                   max(overdue_days) AS overdue_days_max,
                   length(replace(bit_or(overdue_months)::text, '0', ''))
                       AS overdue_month_count,
                   sum(written_off_amount) AS written_off_amount
              FROM (%s) AS payment
          GROUP BY partner_id, company_id
            """,
            self._get_terms_sql(periods, client_ids),
        )

    @api.model
    def _get_terms_sql(self, periods, client_ids=None):
        """Return the instalments with what was settled, when, and what is open.

        Besides the fields: ``weighted_days`` (days late times amount) and
        ``overdue_months`` (a bit for each of the last 12 month ends).
        """
        return SQL(
            """
            SELECT line.id,
                   line.move_id,
                   partner.commercial_partner_id AS partner_id,
                   line.company_id,
                   line.company_currency_id AS currency_id,
                   line.invoice_date,
                   line.date_maturity,
                   settled.date AS paid_date,
                   residual.is_open,
                   line.balance AS amount,
                   settled.paid AS paid_amount,
                   settled.credited AS credited_amount,
                   settled.written_off AS written_off_amount,
                   residual.amount AS open_amount,
                   CASE WHEN residual.days > 0 THEN residual.amount ELSE 0 END
                       AS overdue_amount,
                   residual.days AS overdue_days,
                   GREATEST(residual.days, settled.date - line.date_maturity)
                       > period.grace_days AS is_late,
                   settled.weighted_days + residual.amount * residual.days
                       AS weighted_days,
                   %(overdue_months)s AS overdue_months
              FROM %(periods)s
              JOIN account_move_line line
                ON line.company_id = period.company_id
               AND line.display_type = 'payment_term'
               AND line.parent_state = 'posted'
               AND line.balance > 0
               AND line.account_id = ANY(ARRAY(
                   SELECT id FROM account_account
                    WHERE account_type = 'asset_receivable'))
               AND line.date_maturity <= period.today
               AND (line.date_maturity > period.window_start
                    OR line.reconciled IS NOT TRUE)
               %(clients_clause)s
              JOIN account_move move
                ON move.id = line.move_id
               AND move.move_type = 'out_invoice'
               AND move.client_health_disputed IS NOT TRUE
              JOIN res_partner partner ON partner.id = line.partner_id
        CROSS JOIN LATERAL (%(settled)s) AS settled
        CROSS JOIN LATERAL (
                   SELECT line.reconciled IS NOT TRUE AS is_open,
                          CASE WHEN line.reconciled THEN 0
                               ELSE line.amount_residual END AS amount,
                          CASE WHEN line.reconciled THEN 0
                               ELSE period.today - line.date_maturity END AS days
                   ) AS residual
             WHERE residual.is_open OR settled.date IS NOT NULL
            """,
            periods=get_periods_sql(periods),
            clients_clause=self._get_clients_clause(SQL("line.partner_id"), client_ids),
            settled=self._get_settled_sql(),
            overdue_months=self._get_overdue_months_sql(),
        )

    @api.model
    def _get_settled_sql(self):
        """Return what settled the instalment ``line``, by kind.

        Exchange differences (both amounts in currency 0) settle nothing. ``date`` is
        that of the last payment or write-off, empty where there was none.
        """
        return SQL(
            """
            SELECT COALESCE(sum(part.amount) FILTER (WHERE kind = 'paid'), 0) AS paid,
                   COALESCE(sum(part.amount) FILTER (WHERE kind = 'credited'), 0)
                       AS credited,
                   COALESCE(sum(part.amount) FILTER (WHERE kind = 'written_off'), 0)
                       AS written_off,
                   COALESCE(sum(
                       part.amount * GREATEST(part.max_date - line.date_maturity, 0)
                   ) FILTER (WHERE kind = 'paid'), 0) AS weighted_days,
                   max(part.max_date) FILTER (WHERE kind <> 'credited') AS date
              FROM account_partial_reconcile part
              JOIN account_move_line credit ON credit.id = part.credit_move_id
              JOIN account_move source ON source.id = credit.move_id
        CROSS JOIN LATERAL (
                   SELECT CASE WHEN source.move_type = 'out_refund' THEN 'credited'
                               WHEN %s THEN 'paid'
                               ELSE 'written_off' END AS kind
                   ) AS nature
             WHERE part.debit_move_id = line.id
               AND (part.debit_amount_currency <> 0
                    OR part.credit_amount_currency <> 0)
            """,
            self._get_is_payment_sql(),
        )

    @api.model
    def _get_is_payment_sql(self):
        """Return whether ``source`` is the entry of a payment.

        Point of Sale books the payments of an invoiced order in its own journal.
        """
        is_payment = SQL(
            """
            source.origin_payment_id IS NOT NULL
            OR source.journal_id = ANY(ARRAY(
               SELECT id FROM account_journal WHERE type IN ('bank', 'cash', 'credit')))
            """
        )
        if "pos_payment_ids" not in self.env["account.move"]._fields:
            return is_payment
        return SQL(
            "%s OR EXISTS (SELECT FROM pos_payment"
            " WHERE pos_payment.account_move_id = source.id)",
            is_payment,
        )

    @api.model
    def _get_overdue_months_sql(self):
        """Return a bit for each month end at which ``line`` was long overdue.

        ``width_bucket`` tells how many month ends are not after a date: up to the
        first one the instalment was not overdue long enough, and from the day it
        was settled on it was not overdue any more.
        """
        return SQL(
            """
            GREATEST(
                (1 << CASE WHEN residual.is_open THEN cardinality(period.month_ends)
                           ELSE width_bucket(settled.date - 1, period.month_ends) END)
                - (1 << width_bucket(
                    line.date_maturity + %s, period.month_ends)),
                0
            )::bit(12)
            """,
            OVERDUE_AT_MONTH_END_DAYS,
        )
