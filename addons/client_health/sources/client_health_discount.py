from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS
from ..engine.period import get_periods_sql

INVOICE_FACTS = {
    "invoice_count": "in_window AND is_invoice AND NOT is_reversed",
    "revenue_amount": "in_window",
    "sale_invoice_count": "counts AND is_invoice",
    "list_amount": "counts AND is_invoice",
    "months_since_last_invoice": "counts AND is_invoice",
}
"""Facts counted from whole invoices, and which of them: opened in Odoo's own list."""


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
    _source = "sale"
    _source_sequence = 20
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

    def _get_document(self):
        return self.move_id

    @api.model
    def _get_evidence(self, fact, health):
        if fact.name not in INVOICE_FACTS:
            return super()._get_evidence(fact, health)
        self.env.flush_all()
        period = health.company_id._get_client_health_period()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT move_id FROM (%s) AS sale WHERE %s",
                self._get_sale_lines_sql([period], health.partner_id.ids),
                SQL(INVOICE_FACTS[fact.name]),
            )
        )
        return "account.move", Domain("id", "in", [move_id for (move_id,) in rows])

    @api.model
    def _get_title(self):
        return self.env._("Revenue and Discounts")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            "SELECT * FROM (%s) AS sale WHERE counts AND kind <> 'full'",
            self._get_sale_lines_sql(periods, client_ids),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) FILTER (WHERE %(is_counted)s) AS invoice_count,
                   sum(revenue_amount) FILTER (WHERE in_window) AS revenue_amount,
                   count(*) FILTER (WHERE counts AND is_invoice) AS sale_invoice_count,
                   sum(list_amount) FILTER (WHERE counts) AS list_amount,
                   sum(discount_amount) FILTER (WHERE counts) AS discount_amount,
                   sum(discount_amount) FILTER (WHERE counts)
                       / NULLIF(sum(list_amount) FILTER (WHERE counts), 0)
                       AS discount_share,
                   count(*) FILTER (WHERE counts AND discount_amount > 0)
                       AS discounted_invoice_count,
                   sum(credited_amount) FILTER (WHERE counts)
                       / NULLIF(sum(revenue_amount) FILTER (WHERE counts AND is_invoice)
                                , 0) AS credit_note_share,
                   %(months)s AS months_since_last_invoice
              FROM (
                   SELECT partner_id,
                          company_id,
                          min(invoice_date) AS invoice_date,
                          bool_and(in_window) AS in_window,
                          bool_and(is_invoice) AS is_invoice,
                          bool_and(is_reversed) AS is_reversed,
                          bool_and(counts) AS counts,
                          min(today) AS today,
                          sum(revenue_amount) AS revenue_amount,
                          sum(list_amount) AS list_amount,
                          sum(discount_amount) AS discount_amount,
                          sum(credited_amount) AS credited_amount
                     FROM (%(lines)s) AS sale_line
                 GROUP BY move_id, partner_id, company_id
                   ) AS sale
          GROUP BY partner_id, company_id
            """,
            is_counted=SQL(INVOICE_FACTS["invoice_count"]),
            months=SQL(
                """
                (SELECT extract(year FROM gap) * 12 + extract(month FROM gap)
                   FROM age(max(today), max(invoice_date)
                            FILTER (WHERE counts AND is_invoice)) AS gap)
                """
            ),
            lines=self._get_sale_lines_sql(periods, client_ids),
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

    # what a line would have cost without discount

    @api.model
    def _get_list_amount_sql(self, periods):
        """Return the price of ``line`` before discount, in company currency.

        Price × quantity where that leads to the subtotal; where the price includes
        tax, the subtotal before discount. A line given away at 100 % counts at the
        price as entered.
        """
        return SQL(
            """
            CASE WHEN %(is_ignored)s THEN 0
                 WHEN line.price_unit = 0 THEN COALESCE(%(sales_price)s, 0)
                 WHEN line.discount >= 100
                      OR abs(line.price_unit * line.quantity
                             * (1 - COALESCE(line.discount, 0) / 100)
                             - line.price_subtotal) < 0.01
                 THEN line.price_unit * line.quantity / %(rate)s
                 ELSE line.price_subtotal / (1 - COALESCE(line.discount, 0) / 100)
                      / %(rate)s END
            """,
            is_ignored=self._get_ignored_sql(),
            sales_price=self._get_sales_price_sql(periods),
            rate=SQL("COALESCE(NULLIF(move.invoice_currency_rate::numeric, 0), 1)"),
        )

    @api.model
    def _get_sales_price_sql(self, periods):
        """Return what the product on ``line`` costs for its quantity and unit."""
        return SQL(
            """
            (SELECT line.quantity
                    * COALESCE(line_uom.factor / NULLIF(uom.factor, 0), 1)::numeric
                    * (template.list_price + COALESCE((
                        SELECT sum(value.price_extra)
                          FROM product_variant_combination combination
                          JOIN product_template_attribute_value value
                            ON value.id
                             = combination.product_template_attribute_value_id
                         WHERE combination.product_product_id = product.id), 0)
                    )::numeric
                    %s
               FROM product_product product
               JOIN product_template template ON template.id = product.product_tmpl_id
               JOIN uom_uom uom ON uom.id = template.uom_id
          LEFT JOIN uom_uom line_uom ON line_uom.id = line.product_uom_id
              WHERE product.id = line.product_id)
            """,
            self._get_conversion_sql(periods),
        )

    @api.model
    def _get_conversion_sql(self, periods):
        """Return what brings the price of ``template`` into the currency of ``line``.

        A product of all companies has its price in the currency of the main one.
        Where all companies have the same currency PostgreSQL need not think of it.
        """
        if len({period.currency_id for period in periods}) < 2:
            return SQL()
        # not by ``ref``, which costs a query to see that it exists
        main_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "base.main_company", raise_if_not_found=False
        )
        return SQL(
            """
            * COALESCE((
                SELECT %s / NULLIF(%s, 0)
                  FROM res_company owner
                 WHERE owner.id = COALESCE(template.company_id, %s)
                   AND owner.currency_id <> line.company_currency_id), 1)
            """,
            self._get_rate_sql(SQL("line.company_currency_id")),
            self._get_rate_sql(SQL("owner.currency_id")),
            main_id or None,
        )

    @api.model
    def _get_rate_sql(self, currency):
        """Return the rate of a currency on the day of ``line``, as Odoo finds it.

        Of the rates up to that day the last one, else the first after it.
        """
        return SQL(
            """
            COALESCE((
                SELECT rate.rate
                  FROM res_currency_rate rate
                 WHERE rate.currency_id = %s
                   AND (rate.company_id IS NULL OR rate.company_id = (
                        SELECT split_part(parent_path, '/', 1)::integer
                          FROM res_company WHERE id = line.company_id))
              ORDER BY rate.name > line.invoice_date,
                       rate.company_id,
                       abs(rate.name - line.invoice_date)
                 LIMIT 1), 1)
            """,
            currency,
        )
