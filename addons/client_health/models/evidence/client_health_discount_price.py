from odoo import api, models
from odoo.tools import SQL


class ClientHealthDiscount(models.Model):
    """What a line would have cost without discount, in company currency."""

    _inherit = "client.health.discount"

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
