from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS
from ..engine.period import get_booked_sql, get_span

INVOICE_FACTS = {
    "invoice_count": "in_window AND is_invoice AND NOT is_reversed",
    "sale_invoice_count": "counts AND is_invoice",
    "months_since_last_invoice": "counts AND is_invoice",
    "net_amount": "in_window",
}
"""Facts counted from whole invoices, and which of them: opened in Odoo's own list."""
LINE_FACTS = {
    "revenue_amount": "in_window AND revenue_amount <> 0",
    "list_amount": "counts AND list_amount <> 0",
}
"""Facts counted from lines, discounted or not: opened in Odoo's own list of journal
items. Of an invoice with a deposit on it the rest is revenue."""
GIVEN = ["discount", "free", "product", "agreed", "reward"]
"""Kinds of lines on which something was let off, whoever thought of it."""


class ClientHealthDiscount(models.Model):
    """One invoice line that was discounted, deducted, free or credited.

    Rows: lines of posted customer invoices, receipts and credit notes within twice
    the window. Not: disputed invoices, invoices whose discount we offered ourselves
    and fully credited invoices, nor the credit notes on any of these. Amounts are
    without tax, in company currency.

    Discount is what was asked, not what was deducted: a percentage or a fixed amount
    on a line sold, and lines of discount products. What was agreed beforehand, what a
    promotion gave, negative lines and lines at price 0 are shown and not counted. A
    credit note belongs to the invoice that it names, whatever it was matched with.
    """

    _name = "client.health.discount"
    _inherit = "client.health.evidence"
    _description = "Client Health Discount"
    _auto = False
    _order = "invoice_date desc, id desc"
    _rec_name = "invoice_date"
    _source = "sale"
    _source_sequence = 20
    _looks_back = True
    _depends = {
        "account.account": ["account_type"],
        "account.move": [
            "amount_total",
            "client_health_disputed",
            "client_health_offered",
            "invoice_currency_rate",
            "move_type",
            "reversed_entry_id",
            "state",
        ],
        "account.move.line": [
            "account_id",
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
            "quantity",
            "tax_ids",
        ],
        "account.tax": ["amount", "amount_type", "price_include_override"],
        "res.company": [
            "account_price_include",
            "client_health_discount_product_ids",
        ],
        "res.partner": ["client_health_agreed_discount", "commercial_partner_id"],
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
            ("product", "Discount line"),
            ("agreed", "Agreed beforehand"),
            ("reward", "Promotion"),
            ("negative", "Negative line"),
            ("zero", "Price 0"),
            ("credit", "Credit note"),
        ],
        readonly=True,
        help="The first three count. What was agreed beforehand, promotions, negative "
        "lines (advances, returns, corrections) and lines at price 0 do not.",
    )
    discount = fields.Float(
        string="Discount (%)", readonly=True, aggregator="avg", groups=AMOUNT_GROUPS
    )
    list_amount = fields.Monetary(
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Price × quantity before discount, without tax.",
    )
    discount_amount = fields.Monetary(
        string="Discount",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What counts: the part beyond what was agreed beforehand.",
    )
    other_amount = fields.Monetary(
        string="Not Counted",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What was deducted and does not count as discount.",
    )
    credited_amount = fields.Monetary(
        string="Credited", readonly=True, groups=AMOUNT_GROUPS
    )
    given_amount = fields.Monetary(
        string="Discount Given",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What was let off within the window, whoever thought of it: asked for, "
        "agreed beforehand or by a promotion.",
    )

    def _get_document(self):
        return self.move_id

    @api.model
    def _get_evidence(self, fact, health):
        if fact.name in LINE_FACTS:
            ids = self._find_sold("id", LINE_FACTS[fact.name], health)
            return "account.move.line", Domain("id", "in", ids)
        if fact.name in INVOICE_FACTS:
            ids = self._find_sold("move_id", INVOICE_FACTS[fact.name], health)
            return "account.move", Domain("id", "in", ids)
        return super()._get_evidence(fact, health)

    @api.model
    def _find_sold(self, name, condition, health):
        """Return what is in a column of the lines of one client that meet a condition.

        :param str name: ``id`` or ``move_id``
        :param str condition: SQL on the lines, a constant of this file
        """
        self.env.flush_all()
        period = health.company_id._get_client_health_period()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT %s FROM (%s) AS sale WHERE %s",
                SQL.identifier(name),
                self._get_sale_lines_sql([period], health.partner_id.ids),
                SQL(condition),
            )
        )
        return [found_id for (found_id,) in rows]

    @api.model
    def _get_title(self):
        return self.env._("Revenue and Discounts")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT *, %s AS given_amount
              FROM (%s) AS sale
             WHERE counts AND kind <> 'full'
            """,
            self._get_given_sql(),
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
                   sum(given_amount) FILTER (WHERE counts) AS discount_given_amount,
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
                          sum(credited_amount) AS credited_amount,
                          sum(%(given)s) AS given_amount
                     FROM (%(lines)s) AS sale_line
                 GROUP BY move_id, partner_id, company_id
                   ) AS sale
          GROUP BY partner_id, company_id
            """,
            is_counted=SQL(INVOICE_FACTS["invoice_count"]),
            given=self._get_given_sql(),
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
    def _get_given_sql(self):
        """Return what was let off on a line within the single window."""
        return SQL(
            "CASE WHEN in_window AND kind = ANY(%s)"
            " THEN discount_amount + other_amount ELSE 0 END",
            GIVEN,
        )

    @api.model
    def _get_sale_lines_sql(self, periods, client_ids=None):
        """Return all lines of customer invoices and credit notes, discounted or not.

        Besides the fields: ``kind`` may be ``full``; ``counts`` is false for what
        does not count against the client; ``is_invoice``, ``is_reversed`` (fully
        credited), ``in_window`` (the single window) and ``revenue_amount`` (what is
        on income accounts).
        """
        # the invoice repeats the line's date: fewer of them to look up in a full run
        first, last = get_span(periods, "sale_start")
        return SQL(
            """
            SELECT line.id,
                   line.move_id,
                   partner.commercial_partner_id AS partner_id,
                   period.company_id,
                   line.company_currency_id AS currency_id,
                   line.product_id,
                   line.invoice_date,
                   period.today,
                   line.invoice_date > period.window_start AS in_window,
                   move.move_type <> 'out_refund' AS is_invoice,
                   %(is_reversed)s AS is_reversed,
                   %(counts)s AS counts,
                   nature.kind,
                   price.discount,
                   income.amount AS revenue_amount,
                   CASE WHEN nature.kind = 'full' AND NOT income.is_sale THEN 0
                        WHEN nature.kind = ANY(%(sold)s)
                        THEN price.list_amount ELSE 0 END AS list_amount,
                   CASE nature.kind
                        WHEN 'discount' THEN price.list_amount
                             * (price.discount - nature.agreed) / 100
                        WHEN 'free' THEN price.list_amount
                             * (100 - nature.agreed) / 100
                        WHEN 'product' THEN line.balance * %(asked_share)s
                        ELSE 0 END AS discount_amount,
                   CASE nature.kind
                        WHEN 'discount' THEN price.list_amount * nature.agreed / 100
                        WHEN 'free' THEN price.list_amount * nature.agreed / 100
                        WHEN 'agreed' THEN price.list_amount * price.discount / 100
                        WHEN 'product' THEN line.balance * (1 - %(asked_share)s)
                        WHEN 'negative' THEN line.balance
                        WHEN 'reward' THEN
                             GREATEST(line.balance,
                                      price.list_amount * price.discount / 100)
                        ELSE 0 END AS other_amount,
                   CASE WHEN nature.kind = 'credit' THEN -income.amount
                        ELSE 0 END AS credited_amount
              FROM %(periods)s
              JOIN account_move_line line
                ON line.company_id = period.booked_id
               AND line.display_type IN ('product', 'rounding', 'discount', 'epd')
               AND line.parent_state = 'posted'
               AND line.invoice_date > period.sale_start
               AND line.invoice_date <= period.today
               AND line.invoice_date > %(first)s::date
               AND line.invoice_date <= %(last)s::date
               %(clients_clause)s
              JOIN account_move move
                ON move.id = line.move_id
               AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
               AND move.invoice_date > %(first)s::date
              JOIN %(partners)s AS partner ON partner.id = line.partner_id
        CROSS JOIN LATERAL (
                   SELECT is_sale, CASE WHEN is_sale THEN -line.balance ELSE 0 END
                              AS amount
                     FROM (SELECT line.account_id IN (
                                  SELECT id FROM account_account
                                   WHERE account_type IN ('income', 'income_other'))
                                  AS is_sale) AS account
                   ) AS income
        CROSS JOIN LATERAL (
                   SELECT %(discount)s AS discount, %(list_amount)s AS list_amount
                   ) AS price
        CROSS JOIN LATERAL (%(nature)s OFFSET 0) AS nature
            """,
            is_reversed=self._get_is_reversed_sql("move"),
            counts=self._get_counts_sql(),
            sold=["full", "discount", "free", "agreed"],
            asked_share=self._get_asked_share_sql(),
            discount=self._get_discount_sql("line"),
            list_amount=self._get_list_amount_sql(),
            nature=self._get_nature_sql(),
            periods=get_booked_sql(periods),
            # for everybody hashed once: PostgreSQL looks each up, as it expects few
            partners=SQL("res_partner")
            if client_ids is not None
            else SQL("(SELECT id, commercial_partner_id FROM res_partner OFFSET 0)"),
            first=first,
            last=last,
            clients_clause=self._get_clients_clause(SQL("line.partner_id"), client_ids),
        )

    # what may count

    @api.model
    def _get_counts_sql(self):
        """Return whether ``line`` may count against the client.

        A credit note goes by the invoice that it names as well.
        """
        return SQL(
            """
            (move.client_health_disputed OR move.client_health_offered) IS NOT TRUE
            AND CASE WHEN move.move_type <> 'out_refund' THEN NOT %(is_reversed)s
                     ELSE NOT EXISTS (
                          SELECT FROM account_move origin
                           WHERE origin.id = move.reversed_entry_id
                             AND (origin.client_health_disputed
                                  OR origin.client_health_offered
                                  OR %(is_origin_reversed)s)) END
            """,
            is_reversed=self._get_is_reversed_sql("move"),
            is_origin_reversed=self._get_is_reversed_sql("origin"),
        )

    @api.model
    def _get_is_reversed_sql(self, move):
        """Return whether an invoice was credited as a whole, by its own credit notes.

        Whether it is paid does not matter, nor what its credit notes were used for.
        """
        return SQL(
            """
            (EXISTS (SELECT FROM account_move refund
                      WHERE refund.reversed_entry_id = %(move_id)s
                        AND refund.move_type = 'out_refund'
                        AND refund.state = 'posted')
             AND (SELECT sum(refund.amount_total) >= %(total)s
                    FROM account_move refund
                   WHERE refund.reversed_entry_id = %(move_id)s
                     AND refund.move_type = 'out_refund'
                     AND refund.state = 'posted'))
            """,
            move_id=SQL.identifier(move, "id"),
            total=SQL.identifier(move, "amount_total"),
        )

    # what kind of line it is, and what was agreed

    @api.model
    def _get_nature_sql(self):
        """Return the ``kind`` of ``line``, and the percentage ``agreed`` beforehand.

        A percentage on the line is rounded to two digits, what was agreed is not.
        """
        return SQL(
            """
            SELECT agreed,
                   CASE WHEN line.display_type <> 'product' THEN 'full'
                        WHEN move.move_type = 'out_refund' THEN 'credit'
                        WHEN %(is_advance)s THEN 'full'
                        WHEN line.price_unit = 0 THEN 'zero'
                        WHEN line.price_unit * line.quantity < 0 THEN
                             CASE WHEN %(is_reward)s THEN 'reward'
                                  WHEN %(is_discount_product)s THEN 'product'
                                  ELSE 'negative' END
                        WHEN price.discount <= 0 OR line.quantity = 0 THEN 'full'
                        WHEN %(is_reward)s THEN 'reward'
                        WHEN price.discount <= agreed + 0.01 THEN 'agreed'
                        WHEN price.discount >= 100 THEN 'free'
                        ELSE 'discount' END AS kind
              FROM (SELECT CASE WHEN price.discount > 0 THEN GREATEST(
                                %(agreed)s, %(pricelist)s) ELSE 0 END AS agreed
                   ) AS terms
            """,
            is_advance=self._get_is_advance_sql(),
            is_reward=self._get_is_reward_sql(),
            is_discount_product=self._get_is_discount_product_sql("line"),
            agreed=self._get_agreed_sql(),
            pricelist=self._get_pricelist_discount_sql(),
        )

    @api.model
    def _get_is_advance_sql(self):
        """Return whether ``line`` is a down payment of Sales, or its deduction."""
        if "is_downpayment" in self.env["account.move.line"]._fields:
            return SQL("line.is_downpayment IS TRUE")
        return SQL("FALSE")

    @api.model
    def _get_is_reward_sql(self):
        """Return whether a promotion or loyalty programme of ours gave ``line``."""
        if not self._have_sale_field("reward_id"):
            return SQL("FALSE")
        return SQL(
            """
            EXISTS (SELECT FROM sale_order_line_invoice_rel rel
                      JOIN sale_order_line sold ON sold.id = rel.order_line_id
                     WHERE rel.invoice_line_id = line.id
                       AND sold.reward_id IS NOT NULL)
            """
        )

    @api.model
    def _have_sale_field(self, name):
        return name in self.env.get("sale.order.line", ())

    @api.model
    def _get_is_discount_product_sql(self, line):
        """Return whether a line is about a discount product.

        That is the one of Sales' discount button, and those of the settings: of the
        legal entity, whose branches have none of their own.
        """
        product = SQL.identifier(line, "product_id")
        chosen = SQL(
            "%s IN (SELECT product_id FROM client_health_discount_product_rel"
            " WHERE company_id = period.company_id)",
            product,
        )
        if "sale_discount_product_id" not in self.env["res.company"]._fields:
            return chosen
        return SQL(
            "(%s OR %s = (SELECT sale_discount_product_id FROM res_company"
            " WHERE id = line.company_id))",
            chosen,
            product,
        )

    @api.model
    def _get_agreed_sql(self):
        """Return the percentage that was agreed with the client of ``line``."""
        return SQL(
            """
            COALESCE((SELECT client.client_health_agreed_discount::numeric
                        FROM res_partner client
                       WHERE client.id = partner.commercial_partner_id), 0)
            """
        )

    @api.model
    def _get_pricelist_discount_sql(self):
        """Return the percentage that the price list of the sale of ``line`` gives.

        Of all its rules that fit the product the highest: in doubt in the client's
        favour. A rule may build on another price list, whose discount comes first.
        """
        if not self._have_sale_field("order_id"):
            return SQL("0")
        return SQL(
            """
            COALESCE((
                SELECT 100 - 100 * min(%(rest)s * COALESCE((
                       SELECT min(%(base_rest)s)
                         FROM product_pricelist_item base
                        WHERE item.base = 'pricelist'
                          AND base.pricelist_id = item.base_pricelist_id
                          AND %(base_fits)s), 1))
                  FROM sale_order_line_invoice_rel rel
                  JOIN sale_order_line sold ON sold.id = rel.order_line_id
                  JOIN sale_order sale ON sale.id = sold.order_id
                  JOIN product_product product ON product.id = sold.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                  JOIN uom_uom uom ON uom.id = template.uom_id
             LEFT JOIN uom_uom sold_uom ON sold_uom.id = sold.product_uom_id
             LEFT JOIN product_category category ON category.id = template.categ_id
                  JOIN product_pricelist_item item
                    ON item.pricelist_id = sale.pricelist_id
                   AND %(fits)s
                 WHERE rel.invoice_line_id = line.id), 0)
            """,
            rest=SQL("(1 - item.percent_price::numeric / 100)"),
            base_rest=SQL("(1 - base.percent_price::numeric / 100)"),
            fits=self._get_rule_fits_sql("item"),
            base_fits=self._get_rule_fits_sql("base"),
        )

    @api.model
    def _get_rule_fits_sql(self, rule):
        """Return whether a price list's percentage fits what was ``sold``."""
        return SQL(
            """
            (%(rule)s.compute_price = 'percentage'
             AND COALESCE(%(rule)s.product_id, product.id) = product.id
             AND COALESCE(%(rule)s.product_tmpl_id, template.id) = template.id
             AND (%(rule)s.date_start <= sale.date_order) IS NOT FALSE
             AND (%(rule)s.date_end >= sale.date_order) IS NOT FALSE
             AND (%(rule)s.min_quantity <= sold.product_uom_qty
                  * COALESCE(sold_uom.factor / NULLIF(uom.factor, 0), 1)) IS NOT FALSE
             AND (%(rule)s.categ_id IS NULL
                  OR %(rule)s.categ_id::text
                     = ANY(string_to_array(category.parent_path, '/'))))
            """,
            rule=SQL.identifier(rule),
        )

    @api.model
    def _get_asked_share_sql(self):
        """Return the part of ``line``, a discount product's, that was not agreed.

        The percentage agreed with the client covers what the lines sold on the same
        invoice leave of it.
        """
        return SQL(
            """
            (SELECT CASE WHEN client.agreed <= 0 THEN 1 ELSE (
                         SELECT GREATEST(1 - sum(own.left_over) / sum(own.asked), 0)
                           FROM account_move_line sold
                     CROSS JOIN LATERAL (SELECT %(discount)s AS discount) AS price
                     CROSS JOIN LATERAL (
                                SELECT CASE WHEN sold.balance > 0 AND %(is_discount)s
                                            THEN sold.balance END AS asked,
                                       CASE WHEN sold.balance < 0
                                             AND price.discount < client.agreed
                                            THEN -sold.balance
                                                 * (client.agreed - price.discount)
                                                 / (100 - price.discount)
                                            ELSE 0 END AS left_over
                                ) AS own
                          WHERE sold.move_id = line.move_id
                            AND sold.display_type = 'product') END
               FROM (SELECT %(agreed)s AS agreed) AS client)
            """,
            is_discount=self._get_is_discount_product_sql("sold"),
            discount=self._get_discount_sql("sold"),
            agreed=self._get_agreed_sql(),
        )

    # what a line would have cost without discount

    @api.model
    def _get_discount_sql(self, line):
        """Return the discount on a line, in per cent.

        OCA's fixed discount goes before the percentage, as in the invoice itself.
        """
        percentage = SQL("COALESCE(%s, 0)::numeric", SQL.identifier(line, "discount"))
        if "discount_fixed" not in self.env["account.move.line"]._fields:
            return percentage
        fixed = SQL.identifier(line, "discount_fixed")
        price = SQL.identifier(line, "price_unit")
        return SQL(
            "(CASE WHEN %(fixed)s <> 0 AND %(price)s <> 0"
            " THEN %(fixed)s / %(price)s::numeric * 100 ELSE %(percentage)s END)",
            fixed=fixed,
            price=price,
            percentage=percentage,
        )

    @api.model
    def _get_list_amount_sql(self):
        """Return the price of ``line`` before discount, in company currency.

        Price × quantity where that leads to the subtotal; where the price includes
        tax, the subtotal before discount. A line given away at 100 % has no subtotal
        left: there the tax is taken out of the price. Most lines have neither, and
        are not worked out.
        """
        return SQL(
            """
            CASE WHEN line.display_type <> 'product' OR line.price_unit = 0
                      OR %(is_advance)s THEN 0
                 WHEN %(discount)s = 0 AND %(rate)s = 1
                      AND line.price_unit * line.quantity = line.price_subtotal
                 THEN line.price_subtotal
                 WHEN %(discount)s >= 100
                 THEN line.price_unit * line.quantity * %(untaxed)s / %(rate)s
                 WHEN abs(line.price_unit * line.quantity * (1 - %(discount)s / 100)
                          - line.price_subtotal) < 0.01
                 THEN line.price_unit * line.quantity / %(rate)s
                 ELSE line.price_subtotal / (1 - %(discount)s / 100) / %(rate)s END
            """,
            is_advance=self._get_is_advance_sql(),
            discount=self._get_discount_sql("line"),
            untaxed=self._get_untaxed_share_sql(),
            rate=SQL("COALESCE(NULLIF(move.invoice_currency_rate::numeric, 0), 1)"),
        )

    @api.model
    def _get_untaxed_share_sql(self):
        """Return the part of the price of ``line`` that is no tax."""
        return SQL(
            """
            (SELECT (1 - COALESCE(sum(tax.amount) FILTER (
                             WHERE tax.amount_type = 'fixed'), 0) / line.price_unit)
                    * (1 - COALESCE(sum(tax.amount) FILTER (
                               WHERE tax.amount_type = 'division'), 0) / 100)
                    / (1 + COALESCE(sum(tax.amount) FILTER (
                               WHERE tax.amount_type = 'percent'), 0) / 100)
               FROM account_move_line_account_tax_rel rel
          LEFT JOIN account_tax_filiation_rel part
                 ON part.parent_tax = rel.account_tax_id
               JOIN account_tax tax
                 ON tax.id = COALESCE(part.child_tax, rel.account_tax_id)
               JOIN res_company owner ON owner.id = tax.company_id
              WHERE rel.account_move_line_id = line.id
                AND COALESCE(tax.price_include_override, owner.account_price_include)
                    = 'tax_included')
            """
        )
