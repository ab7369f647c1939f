from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

from ..access import AMOUNT_GROUPS
from ..engine.ledger_steps import BANK_DAY, IS_PENDING, PENDING_AMOUNT
from ..engine.period import get_booked_sql
from ..engine.statement import execute

SETTLED = ("kept", "partly", "broken")

# a payment ordered on the promised day may take two days to arrive
GRACE_DAYS = 2

# What was open at the end of the grace is what the invoice's instalments were, less
# every reconciliation with money of up to that day or with a credit note of any day,
# and less what the ledger has on account by then. So payments on account, reversals and
# payments that were taken back all count by themselves. Money on account counts for
# each promise of the client: whose it was nobody said yet. Nothing is broken before the
# day up to which the bank is known.
STATES = """
WITH on_account AS MATERIALIZED (%(on_account)s)
UPDATE client_health_promise AS promise
   SET state = wanted.state, write_date = %(now)s, write_uid = %(uid)s
  FROM (
        SELECT id, CASE
               WHEN lapsed THEN 'void'
               WHEN residual <= residual_before - amount + %(cent)s THEN 'kept'
               WHEN last_day >= known_until THEN 'open'
               WHEN residual < residual_before - %(cent)s THEN 'partly'
               ELSE 'broken' END AS state
          FROM (SELECT id, known_until, last_day, amount, residual_before, lapsed,
                       residual - pending - on_account AS residual
                  FROM (%(residuals)s) AS booked) AS judged
       ) AS wanted
 WHERE promise.id = wanted.id AND promise.state <> wanted.state
"""

IN_TIME = """
(money.day <= due.last_day
 OR money.day > period.today AND period.today > due.last_day)
"""
"""Whether ``money`` came by then. A day that is still to come when the promise is
judged is a slip: in doubt for the client."""

RESIDUALS = """
SELECT promise.id, period.known_until, due.last_day, promise.amount,
       promise.residual_before,
       move.state <> 'posted' OR move.payment_state = 'reversed'
       OR COALESCE(%(disputed)s, FALSE) AS lapsed,
       (SELECT SUM(line.balance - COALESCE((
                   SELECT SUM(CASE WHEN part.debit_move_id = line.id
                                   THEN part.amount ELSE -part.amount END)
                     FROM account_partial_reconcile AS part
                     JOIN account_move_line AS other
                       ON other.id IN (part.debit_move_id, part.credit_move_id)
                      AND other.id <> line.id
                     JOIN account_move AS document ON document.id = other.move_id
                LEFT JOIN account_payment AS payment
                       ON payment.id = other.payment_id
               CROSS JOIN LATERAL (
                          SELECT CASE WHEN payment.is_matched
                                      THEN LEAST(payment.date, (%(bank_day)s))
                                      ELSE COALESCE(payment.date, other.date)
                                      END AS day) AS money
                    WHERE (part.debit_move_id = line.id
                           OR part.credit_move_id = line.id)
                      AND (document.move_type = 'out_refund'
                           OR %(in_time)s)
               ), 0))
          FROM account_move_line AS line
         WHERE line.move_id = move.id AND line.display_type = 'payment_term'
       ) AS residual,
       COALESCE((
           SELECT SUM(%(pending)s)
             FROM account_move__account_payment AS link
             JOIN account_payment AS payment ON payment.id = link.payment_id
            CROSS JOIN LATERAL (SELECT payment.date AS day) AS money
            WHERE link.invoice_id = move.id
              AND %(is_pending)s
              AND %(in_time)s
       ), 0) AS pending,
       COALESCE((
           SELECT SUM(money.amount)
             FROM on_account AS money
            WHERE money.client = client.partner_id
              AND money.company_id = period.company_id
              AND %(in_time)s
       ), 0) AS on_account
  FROM client_health_promise AS promise
  JOIN %(periods)s ON period.booked_id = promise.company_id
  JOIN account_move AS move ON move.id = promise.move_id
  JOIN client_health AS client ON client.id = promise.health_id
 CROSS JOIN LATERAL (SELECT promise.date_promised + %(grace)s AS last_day) AS due
 WHERE client.partner_id = ANY(%(clients)s)
"""


class ClientHealthPromise(models.Model):
    """What a client promised, and whether it came true.

    A promise on an invoice is settled by its payments; another promise is
    settled by hand.
    """

    _name = "client.health.promise"
    _description = "Client Health Promise"
    _inherit = ["client.health.record.mixin", "client.health.source"]
    _order = "date_promised desc, id desc"
    _source = "promise"
    _source_sequence = 40
    _protected_fields = ("state", "user_id", "residual_before")
    _fixed_fields = ("partner_id", "company_id", "move_id")

    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted')]",
    )
    description = fields.Char(
        string="What Was Promised", help="For a promise that is not about an invoice."
    )
    date_promised = fields.Date(
        string="Promised for",
        required=True,
        help="The promise counts as kept until two days after this day.",
    )
    promised_in = fields.Selection(
        selection=[("7", "In a week"), ("14", "In two weeks")],
        compute="_compute_promised_in",
        inverse="_inverse_promised_in",
        help="Fills in the day, counted from today.",
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
        groups=AMOUNT_GROUPS,
        help="What would be paid by then; what is open when left empty.",
    )
    residual_before = fields.Monetary(
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What was open on the invoice when the promise was made.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Noted by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("kept", "Kept"),
            ("partly", "Partly kept"),
            ("broken", "Broken"),
            ("void", "Lapsed"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        help="Lapsed: the invoice was cancelled, fully credited or is disputed.",
    )

    @api.depends("move_id")
    def _compute_amount(self):
        for promise in self:
            promise.amount = promise._get_residual()

    @api.depends("move_id")
    def _compute_from_source(self):
        return super()._compute_from_source()

    def _compute_promised_in(self):
        self.promised_in = False

    @api.onchange("promised_in")
    def _inverse_promised_in(self):
        for promise in self.filtered("promised_in"):
            company = promise.company_id or self.env.company
            today = company._get_client_health_today()
            promise.date_promised = today + timedelta(days=int(promise.promised_in))

    @api.depends("description", "move_id", "date_promised")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for promise in self:
            # sudo: the number of an invoice, for who sees the client's promises
            what = promise.description or promise.sudo().move_id.name
            what = what or self.env._("Promise")
            day = format_date(self.env, promise.date_promised)
            promise.display_name = f"{what} ({day})" if day else what

    @api.constrains("move_id", "description", "date_promised")
    def _check_about_something(self):
        for promise in self:
            if not promise.move_id and not (promise.description or "").strip():
                raise ValidationError(
                    self.env._("Name the invoice, or say what was promised.")
                )

    @api.constrains("move_id", "amount")
    def _check_payable(self):
        for promise in self.sudo():  # sudo: read only to check, whoever saves
            move = promise.move_id
            if not move:
                continue
            if move.move_type != "out_invoice" or move.state != "posted":
                raise ValidationError(
                    self.env._("A payment is promised on a posted customer invoice.")
                )
            if promise.currency_id.compare_amounts(promise.amount, 0) <= 0:
                raise ValidationError(
                    self.env._("Nothing is open on this invoice to promise.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        promises = super().create(vals_list)
        for promise in promises.filtered("move_id"):
            own = promise.sudo()  # sudo: kept for the judgement, whoever notes it
            own.residual_before = own._get_residual()
        return promises

    def _get_source(self):
        self.ensure_one()
        # sudo: which one it is; whether the user may read it is asked afterwards
        return self.sudo().move_id

    def _get_residual(self):
        """Return what is open on the invoice, in company currency."""
        return self._get_known_source().amount_residual_signed

    def action_kept(self):
        """Settle a promise that is not about an invoice as kept."""
        return self._settle("kept")

    def action_partly(self):
        """Settle a promise that is not about an invoice as partly kept."""
        return self._settle("partly")

    def action_broken(self):
        """Settle a promise that is not about an invoice as broken."""
        return self._settle("broken")

    def action_reopen(self):
        """Undo the settlement of a promise that is not about an invoice."""
        return self._settle("open")

    def _settle(self, state):
        """Settle by hand.

        :raise UserError: for a promise on an invoice: its payments settle it
        """
        self.check_access("write")
        if self.move_id:
            raise UserError(
                self.env._("A promise on an invoice is settled by its payments.")
            )
        self.sudo().write({"state": state})  # sudo: a button is the only way
        return True

    # what counts

    @api.model
    def _get_title(self):
        return self.env._("Promises")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT promise.id,
                   partner.commercial_partner_id AS partner_id,
                   period.company_id,
                   promise.state
              FROM %(periods)s
              JOIN client_health_promise promise
                ON promise.company_id = period.booked_id
               AND promise.state = ANY(%(settled)s)
               AND promise.date_promised > period.window_start
               AND promise.date_promised <= period.today
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = promise.partner_id
            """,
            periods=get_booked_sql(periods),
            settled=list(SETTLED),
            clients_clause=self._get_clients_clause(
                SQL("promise.partner_id"), client_ids
            ),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) AS promise_count,
                   count(*) FILTER (WHERE state = 'broken') AS promise_broken_count,
                   count(*) FILTER (WHERE state = 'kept')::numeric / count(*)
                       AS promise_kept_share
              FROM (%s) AS promise
          GROUP BY partner_id, company_id
            """,
            self._get_rows_sql(periods, client_ids),
        )

    # settled by payments

    @api.model
    def _refresh_states(self, partner_ids=None, periods=None):
        """Settle the promises on invoices, set-based, writing differences only.

        :param partner_ids: ids of commercial partners; everybody when ``None``
        :param periods: what holds now, where the caller has read it already
        """
        self.flush_model()
        for model in (
            "account.move",
            "account.move.line",
            "account.partial.reconcile",
            "account.payment",
            "account.bank.statement.line",
        ):
            self.env[model].flush_model()
        if periods is None:
            periods = self.env["res.company"]._get_client_health_periods()
        client_ids = self._get_payers(partner_ids)
        if not client_ids:  # as of most clients, for whom the ledger is not read twice
            return
        ledger = self.env["client.health.payment"]._get_ledger(
            periods, SQL("%s", client_ids)
        )
        execute(
            self.env,
            SQL(
                STATES,
                on_account=ledger.get_on_account_sql(),
                residuals=SQL(
                    RESIDUALS,
                    periods=get_booked_sql(periods),
                    disputed=SQL.identifier("move", "client_health_disputed"),
                    grace=GRACE_DAYS,
                    bank_day=SQL(BANK_DAY),
                    pending=SQL(PENDING_AMOUNT),
                    is_pending=SQL(IS_PENDING),
                    in_time=SQL(IN_TIME),
                    clients=client_ids,
                ),
                cent=0.005,
                now=fields.Datetime.now(),
                uid=self.env.uid,
            ),
        )
        self.invalidate_model(["state"])

    @api.model
    def _get_payers(self, partner_ids):
        """Return the ids of these clients, or of all, that promised to pay an invoice.

        :param partner_ids: ids of commercial partners, or ``None`` for all
        """
        only = SQL()
        if partner_ids is not None:
            only = SQL("AND client.partner_id = ANY(%s)", list(partner_ids))
        rows = execute(
            self.env,
            SQL(
                """
                SELECT DISTINCT client.partner_id
                  FROM client_health_promise AS promise
                  JOIN client_health AS client ON client.id = promise.health_id
                 WHERE promise.move_id IS NOT NULL %s
                """,
                only,
            ),
        )
        return [client_id for (client_id,) in rows]
