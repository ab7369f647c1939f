from odoo import api, fields, models
from odoo.tools import SQL

from .client_health_evidence import AMOUNT_GROUPS
from .period import get_periods_sql


class ClientHealthDiscount(models.Model):
    """One invoice line that was discounted, free or credited.

    Rows: lines of posted customer invoices and credit notes within twice the
    window. Not: disputed invoices, invoices whose discount we offered ourselves and
    fully credited invoices, nor the credit notes on any of these. Amounts are
    without tax, in company currency.
    """

    _name = "client.health.discount"
    _inherit = "client.health.evidence"
    _description = "Client Health Discount"
    _auto = False
    _order = "invoice_date desc, id desc"
    _rec_name = "invoice_date"
    _depends = {
        "account.move": [
            "client_health_disputed",
            "client_health_offered",
            "invoice_currency_rate",
            "move_type",
            "payment_state",
            "reversed_entry_id",
        ],
        "account.move.line": [
            "balance",
            "company_id",
            "discount",
            "display_type",
            "invoice_date",
            "move_id",
            "parent_state",
            "partner_id",
            "price_subtotal",
            "price_unit",
            "product_id",
            "product_uom_id",
            "quantity",
        ],
        "product.product": ["product_tmpl_id"],
        "product.template": ["company_id", "list_price", "uom_id"],
        "res.company": ["currency_id", "parent_path"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
        "res.partner": ["commercial_partner_id"],
        "uom.uom": ["factor"],
    }

    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        groups=AMOUNT_GROUPS,
    )
    product_id = fields.Many2one(
        comodel_name="product.product", readonly=True, groups=AMOUNT_GROUPS
    )
    invoice_date = fields.Date(readonly=True)
    kind = fields.Selection(
        selection=[
            ("discount", "Discount"),
            ("free", "Free of charge"),
            ("negative", "Negative line"),
            ("credit", "Credit note"),
        ],
        readonly=True,
    )
    discount = fields.Float(
        string="Discount (%)", readonly=True, aggregator="avg", groups=AMOUNT_GROUPS
    )
    list_amount = fields.Monetary(
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Price × quantity before discount; for a line at price 0 the product's "
        "sales price.",
    )
    discount_amount = fields.Monetary(
        string="Discount", readonly=True, groups=AMOUNT_GROUPS
    )
    credited_amount = fields.Monetary(
        string="Credited", readonly=True, groups=AMOUNT_GROUPS
    )

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            "SELECT * FROM (%s) AS sale WHERE counts AND kind <> 'full'",
            self._get_sale_lines_sql(periods, client_ids),
        )

    @api.model
    def _get_sale_lines_sql(self, periods, client_ids=None):
        """Return all lines of customer invoices and credit notes, discounted or not.

        Besides the fields: ``kind`` may be ``full``; ``counts`` is false for what
        does not count against the client; ``is_invoice``, ``is_reversed`` (fully
        credited), ``in_window`` (the single window) and ``revenue_amount``.
        """
        # the invoice repeats the line's date: fewer of them to look up in a full run
        return SQL(
            """
            SELECT line.id,
                   line.move_id,
                   partner.commercial_partner_id AS partner_id,
                   line.company_id,
                   line.company_currency_id AS currency_id,
                   line.product_id,
                   line.invoice_date,
                   period.today,
                   line.invoice_date > period.window_start AS in_window,
                   move.move_type = 'out_invoice' AS is_invoice,
                   move.payment_state = 'reversed' AS is_reversed,
                   %(counts)s AS counts,
                   nature.kind,
                   line.discount,
                   -line.balance AS revenue_amount,
                   CASE WHEN nature.kind IN ('credit', 'negative') THEN 0
                        ELSE price.list_amount END AS list_amount,
                   CASE nature.kind
                        WHEN 'discount' THEN price.list_amount * line.discount / 100
                        WHEN 'free' THEN price.list_amount
                        WHEN 'negative' THEN line.balance
                        ELSE 0 END AS discount_amount,
                   CASE WHEN nature.kind = 'credit' THEN line.balance
                        ELSE 0 END AS credited_amount
              FROM %(periods)s
              JOIN account_move_line line
                ON line.company_id = period.company_id
               AND line.display_type IN ('product', 'rounding')
               AND line.parent_state = 'posted'
               AND line.invoice_date > period.sale_start
               AND line.invoice_date <= period.today
               %(clients_clause)s
              JOIN account_move move
                ON move.id = line.move_id
               AND move.move_type IN ('out_invoice', 'out_refund')
               AND move.invoice_date > period.sale_start
              JOIN res_partner partner ON partner.id = line.partner_id
        CROSS JOIN LATERAL (SELECT %(list_amount)s AS list_amount) AS price
        CROSS JOIN LATERAL (SELECT %(kind)s AS kind) AS nature
            """,
            counts=self._get_counts_sql(),
            list_amount=self._get_list_amount_sql(periods),
            kind=self._get_kind_sql(),
            periods=get_periods_sql(periods),
            clients_clause=self._get_clients_clause(SQL("line.partner_id"), client_ids),
        )

    @api.model
    def _get_counts_sql(self):
        """Return whether ``line`` may count against the client.

        A credit note goes by the invoice it is for as well.
        """
        return SQL(
            """
            (move.client_health_disputed OR move.client_health_offered) IS NOT TRUE
            AND CASE WHEN move.move_type = 'out_invoice'
                     THEN move.payment_state <> 'reversed'
                     ELSE NOT EXISTS (
                          SELECT FROM account_move origin
                           WHERE origin.id = move.reversed_entry_id
                             AND (origin.client_health_disputed
                                  OR origin.client_health_offered
                                  OR origin.payment_state = 'reversed')) END
            """
        )

    @api.model
    def _get_kind_sql(self):
        return SQL(
            """
            CASE WHEN %(is_ignored)s THEN 'full'
                 WHEN move.move_type = 'out_refund' THEN 'credit'
                 WHEN line.price_subtotal < 0 THEN 'negative'
                 WHEN line.price_unit = 0 AND price.list_amount > 0
                      OR line.price_unit > 0 AND line.discount >= 100 THEN 'free'
                 WHEN line.price_unit > 0 AND line.discount > 0 THEN 'discount'
                 ELSE 'full' END
            """,
            is_ignored=self._get_ignored_sql(),
        )

    @api.model
    def _get_ignored_sql(self):
        """Return whether ``line`` is no sale: cash rounding, or a down payment.

        A down payment is deducted from the final invoice by a negative line, which
        is no discount. Sales adds the field that tells.
        """
        if "is_downpayment" in self.env["account.move.line"]._fields:
            return SQL("(line.display_type = 'rounding' OR line.is_downpayment)")
        return SQL("line.display_type = 'rounding'")
