from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition
from odoo.tools import SQL, ormcache

from ..access import AMOUNT_GROUPS
from ..engine.ledger import Accounts, Ledger
from ..engine.ledger_steps import PAYER
from ..engine.ledger_then import get_then_sql
from ..engine.period import get_late_interest_sql

CLIENTS = "client_health_payment_clients"
"""Context key with the ids of the clients whose rows are asked for."""


class ClientHealthPayment(models.Model):
    """One debt that was due, and how it was settled.

    Rows: instalments of posted invoices and receipts and open items of plain entries
    (opening balances, moved debts, bounced direct debits) that fell due, were settled
    or written off within the window, and every one still open on the day the bank is
    known until. Money on account is set off against the oldest of them. Not: disputed
    invoices, and what was credited or moved as a whole. What was credited, moved or
    written off has no weight in the days late.
    """

    _name = "client.health.payment"
    _inherit = "client.health.evidence"
    _description = "Client Health Payment"
    _auto = False
    _order = "date_maturity desc, id desc"
    _rec_name = "date_maturity"
    _source = "payment"
    _source_sequence = 10
    _looks_back = True
    _depends = {
        "account.bank.statement.line": ["amount", "is_reconciled", "partner_id"],
        "account.journal": ["suspense_account_id", "type"],
        "account.move": [
            "amount_residual",
            "client_health_disputed",
            "invoice_payment_term_id",
            "move_type",
            "payment_state",
            "state",
        ],
        "account.move.line": [
            "account_id",
            "amount_residual",
            "balance",
            "company_id",
            "date",
            "date_maturity",
            "display_type",
            "invoice_date",
            "move_id",
            "parent_state",
            "partner_id",
            "payment_id",
            "reconciled",
        ],
        "account.partial.reconcile": ["amount", "credit_move_id", "max_date"],
        "account.payment": ["date", "state"],
        "res.partner": ["commercial_partner_id"],
    }

    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    branch_id = fields.Many2one(
        comodel_name="res.company", readonly=True, help="Where it was booked."
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Document",
        readonly=True,
        groups=AMOUNT_GROUPS,
    )
    invoice_date = fields.Date(readonly=True)
    date_maturity = fields.Date(string="Due Date", readonly=True)
    due_basis = fields.Selection(
        selection=[
            ("agreed", "As agreed on the invoice"),
            ("usual", "No term agreed: the usual term after the invoice date"),
            ("entry", "As booked"),
            ("moved", "As before the debt was moved"),
        ],
        string="Due By",
        readonly=True,
        help="What the due date was taken from.",
    )
    paid_date = fields.Date(
        readonly=True, help="When the last part was paid or written off."
    )
    settlement = fields.Selection(
        selection=[
            ("open", "Open"),
            ("paid", "Paid"),
            ("on_account", "Paid on account"),
            ("set_off", "Set off"),
            ("credited", "Credited"),
            ("moved", "Moved"),
            ("lost", "Lost"),
        ],
        string="Settled By",
        readonly=True,
        help="How the largest part was settled. On account: money of the client that "
        "nobody matched yet, set off against the oldest debts. Set off: against what "
        "we owed. Moved: to another account or client, where the debt goes on.",
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
        help="Settled, at least in part, with an expense or income account.",
    )
    days_late = fields.Float(
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="Days after the due date, never below 0, weighted by what was paid when; "
        "what is open counts to the day the bank is known until.",
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
    late_amount = fields.Monetary(
        string="Paid or Open Late",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What came, or is still open, more than the bank grace after the due "
        "date.",
    )
    on_account_amount = fields.Monetary(
        string="Paid on Account",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Of what was paid: money of the client that nobody matched yet.",
    )
    set_off_amount = fields.Monetary(
        string="Set Off",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Of what was paid: set off against what we owed.",
    )
    credited_amount = fields.Monetary(
        string="Credited", readonly=True, groups=AMOUNT_GROUPS
    )
    moved_amount = fields.Monetary(
        string="Moved",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Moved to another account or client, where the debt goes on.",
    )
    written_off_amount = fields.Monetary(
        string="Written Off",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Settled with an expense or income account, the tax beside it included.",
    )
    open_amount = fields.Monetary(readonly=True, groups=AMOUNT_GROUPS)
    overdue_amount = fields.Monetary(
        string="Overdue", readonly=True, groups=AMOUNT_GROUPS
    )
    late_cost = fields.Monetary(
        string="Cost of Late Payment",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Interest for the days late, at the percentage in the settings. No claim "
        "on the client.",
    )

    def _get_document(self):
        return self.move_id

    def action_open_settlements(self):
        """Open the entries that this debt was settled with.

        What was paid on account was settled by every entry of the client that nobody
        matched yet.

        :raises UserError: where nothing was settled
        """
        self.ensure_one()
        self.check_access("read")
        moves = self._get_settling_moves()
        if not moves:
            raise UserError(self.env._("Nothing was settled of this yet."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What It Was Settled With"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
            "context": {"create": False},
        }

    def _get_settling_moves(self):
        # sudo: which entries they are; who may not read entries sees none of them
        line = self.env["account.move.line"].sudo().browse(self.id)
        moves = line.matched_credit_ids.credit_move_id.move_id
        if self.sudo().on_account_amount:
            moves |= self._get_moves_on_account()
        return moves.sudo(False)

    def _get_moves_on_account(self):
        """Return the entries of the client's money that nobody matched yet."""
        company_ids = self.company_id._get_client_health_booked_ids()
        of_client = Domain("partner_id", "child_of", self.partner_id.id) & Domain(
            "company_id", "in", company_ids
        )
        # sudo: which entries they are; who may not read entries sees none of them
        env = self.sudo().env
        loose = env["account.move.line"].search(
            of_client
            & Domain("account_id", "in", list(self._get_accounts().receivable))
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual", "<", 0)
        )
        of_payer = SQL(
            """
            SELECT statement.id
              FROM account_bank_statement_line statement
        CROSS JOIN LATERAL (%s) AS payer
              JOIN res_partner partner ON partner.id = payer.id
             WHERE statement.is_reconciled IS NOT TRUE
               AND partner.commercial_partner_id = %s
            """,
            SQL(PAYER),
            self.partner_id.id,
        )
        in_suspense = env["account.bank.statement.line"].search(
            Domain("company_id", "in", company_ids)
            & Domain("is_reconciled", "=", False)
            & Domain("id", "in", of_payer)
        )
        return loose.move_id | in_suspense.move_id

    # rows and facts

    @api.model
    def _get_title(self):
        return self.env._("Payment")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT id, move_id, client AS partner_id, company_id,
                   booked_id AS branch_id, currency_id, invoice_date,
                   due AS date_maturity, due_basis, paid_date, is_open, is_late,
                   lost > 0 AS is_written_off,
                   weighted_days / NULLIF(paid + open_amount, 0) AS days_late,
                   open_days AS overdue_days,
                   length(replace(overdue_months::text, '0', ''))
                       AS overdue_month_count,
                   %(late_cost)s AS late_cost,
                   amount, paid AS paid_amount, late_amount,
                   on_account AS on_account_amount, set_off AS set_off_amount,
                   credited AS credited_amount, moved AS moved_amount,
                   lost AS written_off_amount, open_amount, overdue_amount,
                   CASE GREATEST(open_amount, paid - on_account - set_off, on_account,
                                 set_off, credited, moved, lost)
                        WHEN open_amount THEN 'open'
                        WHEN paid - on_account - set_off THEN 'paid'
                        WHEN on_account THEN 'on_account'
                        WHEN set_off THEN 'set_off'
                        WHEN credited THEN 'credited'
                        WHEN moved THEN 'moved'
                        ELSE 'lost' END AS settlement
              FROM (%(debts)s) AS debt
            """,
            late_cost=get_late_interest_sql(
                periods, SQL("company_id"), SQL("weighted_days")
            ),
            debts=self._get_debts_sql(periods, client_ids),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT client AS partner_id,
                   company_id,
                   count(*) AS instalment_due_count,
                   count(*) FILTER (WHERE is_late) AS late_count,
                   count(*) FILTER (WHERE is_late)::numeric / count(*) AS late_share,
                   sum(late_amount) / NULLIF(sum(paid + open_amount + lost), 0)
                       AS late_amount_share,
                   sum(weighted_days) / NULLIF(sum(paid + open_amount), 0)
                       AS days_late_avg,
                   sum(overdue_amount) AS overdue_amount,
                   max(open_days) AS overdue_days_max,
                   length(replace(bit_or(overdue_months)::text, '0', ''))
                       AS overdue_month_count,
                   sum(lost) AS written_off_amount,
                   sum(lost) / NULLIF(sum(paid + open_amount + lost), 0)
                       AS written_off_share,
                   %(late_cost)s AS late_cost
              FROM (%(debts)s) AS debt
          GROUP BY client, company_id
            """,
            late_cost=get_late_interest_sql(
                periods, SQL("company_id"), SQL("sum(weighted_days)")
            ),
            debts=self._get_debts_sql(periods, client_ids),
        )

    @api.model
    def _get_load_sql(self, client_ids=None):
        clients = SQL()
        if client_ids is not None:
            clients = SQL("WHERE commercial_partner_id = ANY(%s)", client_ids)
        return SQL(
            "SELECT commercial_partner_id AS partner_id, count(*) AS number"
            "  FROM account_move %s GROUP BY commercial_partner_id",
            clients,
        )

    @api.model
    def _get_facts_then_sql(self, periods):
        days = {period.today for period in periods}
        facts = self._get_facts_sql(periods)
        return get_then_sql(max(days), facts) if days else facts

    @api.model
    def _get_debts_sql(self, periods, client_ids=None):
        """Return the debts of legal entities, see ``engine/ledger.py``."""
        clients = None if client_ids is None else SQL("%s", list(client_ids))
        return self._get_ledger(periods, clients).get_rows_sql()

    @api.model
    def _get_ledger(self, periods, clients=None) -> Ledger:
        """Return the ledger of legal entities.

        :param clients: whose, an SQL array of commercial partners; ``None`` for all
        """
        contacts = clients and SQL(
            "ARRAY(SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s))",
            clients,
        )
        return Ledger(
            periods, self._get_accounts(), contacts, self._get_company_contacts()
        )

    @api.model
    @ormcache()
    def _get_accounts(self) -> Accounts:
        """Return what the accounts of all companies mean.

        An account that two companies share means the same in both.
        """
        # sudo: what an account means is the same for whoever looks
        env = self.with_context(active_test=False).sudo().env
        Account = env["account.account"]
        companies = env["res.company"].search_fetch([])
        loss = Account.search(
            Domain("account_type", "=like", "expense%")
            | Domain("account_type", "=like", "income%")
        )
        loss -= self._get_neutral_accounts(companies)
        loss |= companies.client_health_loss_account_ids
        taxed = env["account.tax.repartition.line"].search(
            [("account_id", "!=", False)]
        )
        return Accounts(
            receivable=self._find_accounts("asset_receivable"),
            income=self._find_accounts("income%"),
            payable=self._find_accounts("liability_payable"),
            loss=tuple(sorted(loss.ids)),
            tax=tuple(sorted(taxed.account_id.ids)),
        )

    @api.model
    def _find_accounts(self, account_type: str) -> tuple[int, ...]:
        # sudo: what an account means is the same for whoever looks
        Account = self.env["account.account"].with_context(active_test=False).sudo()
        found = Account.search([("account_type", "=like", account_type)])
        return tuple(sorted(found.ids))

    @api.model
    def _get_neutral_accounts(self, companies):
        """Return income and expense accounts that a debt may be settled with."""
        neutral = companies.client_health_paid_account_ids
        for name in companies._get_client_health_neutral_fields():
            neutral |= companies[name]
        for company in companies:
            roundings = companies.env["account.cash.rounding"].with_company(company)
            found = roundings.search_fetch([])
            neutral |= found.profit_account_id | found.loss_account_id
        return neutral

    # only the clients that are asked for are worked out

    @property
    def _table_query(self):
        rows = self._get_rows_sql(
            self.env["res.company"]._get_client_health_periods(),
            self.env.context.get(CLIENTS),
        )
        return self._get_of_clients_sql(rows)

    @api.model
    def _search(self, domain, *args, **kwargs):
        only = self._narrow(Domain(domain).optimize(self))
        return super(ClientHealthPayment, only)._search(domain, *args, **kwargs)

    def _as_query(self, ordered=True):
        only = self._narrow(Domain("id", "in", self.ids))
        return super(ClientHealthPayment, only)._as_query(ordered)

    def _narrow(self, domain):
        """Let the rows be worked out for the clients only that a domain is about."""
        conditions = domain.children if isinstance(domain, DomainAnd) else [domain]
        for condition in conditions:
            client_ids = self._get_clients_of_condition(condition)
            if client_ids is not None:
                return self.with_context(**{CLIENTS: tuple(sorted(client_ids))})
        return self

    def _get_clients_of_condition(self, condition):
        """Return the ids of the clients that a condition leaves; ``None`` for any."""
        if not isinstance(condition, DomainCondition) or condition.operator != "in":
            return None
        name, values = condition.field_expr, condition.value
        if isinstance(values, (Domain, SQL)) or not all(
            type(value) is int for value in values
        ):
            return None
        if name == "partner_id":
            return list(values)
        if name == "id":
            return self._get_clients_of_rows(list(values))
        return None

    @api.model
    def _get_clients_of_rows(self, line_ids):
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner.commercial_partner_id"
                "  FROM account_move_line line"
                "  JOIN res_partner partner ON partner.id = line.partner_id"
                " WHERE line.id = ANY(%s)",
                line_ids,
            )
        )
        return [client_id for (client_id,) in rows]
