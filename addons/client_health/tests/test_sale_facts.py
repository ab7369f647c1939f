from datetime import date, timedelta

from odoo import Command
from odoo.tests import tagged

from .facts_common import TODAY, FactsCase


@tagged("post_install", "-at_install")
class TestSaleFacts(FactsCase):
    def sell(self, *lines, day=TODAY, **vals):
        """Return a posted invoice with these lines; a number is a discount in %."""
        lines = [
            {"discount": line} if isinstance(line, int | float) else line
            for line in lines
        ]
        defaults = {"product_id": self.product.id, "price_unit": 100.0, "tax_ids": []}
        return self.invoice(
            due=day,
            invoiced=day,
            invoice_line_ids=[Command.create({**defaults, **line}) for line in lines],
            **vals,
        )

    def assert_facts(self, **facts):
        self.assertRecordValues(self.refresh(), [facts])

    def test_a_discount_is_part_of_the_list_amount(self):
        self.sell(0, 15)
        self.assert_facts(
            sale_invoice_count=1,
            list_amount=200.0,
            discount_amount=15.0,
            discount_share=0.075,
            discounted_invoice_count=1,
            revenue_amount=185.0,
        )

    def test_odd_prices_keep_the_exact_list_amount(self):
        self.sell({"price_unit": 33.33, "quantity": 3, "discount": 15})
        self.assert_facts(list_amount=99.99, discount_amount=15.0)

    def test_an_invoice_without_discount_is_no_discounted_invoice(self):
        self.sell(0)
        self.sell(5)
        self.assert_facts(sale_invoice_count=2, discounted_invoice_count=1)

    def test_a_line_at_price_0_counts_at_the_sales_price(self):
        self.sell({"price_unit": 0.0, "quantity": 3})
        self.assert_facts(list_amount=300.0, discount_amount=300.0, discount_share=1.0)

    def test_a_line_at_price_0_counts_in_the_unit_it_was_sold_in(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.product.uom_ids += dozen
        self.sell({"price_unit": 0.0, "quantity": 2, "product_uom_id": dozen.id})
        self.assert_facts(list_amount=2400.0)

    def test_a_line_at_price_0_counts_in_the_currency_of_the_company(self):
        """A product of all companies has its price in the main company's currency."""
        main = self.env.ref("base.main_company").currency_id
        abroad = self.setup_other_company(name="Abroad")["company"]
        abroad.currency_id = self.setup_other_currency("HRK", rates=[])
        for currency, day, rate in (
            (abroad.currency_id, "2026-01-01", 7.0),
            (abroad.currency_id, "2026-03-01", 8.0),
            (abroad.currency_id, "2026-09-01", 9.0),
            (main, "2026-05-01", 2.0),
        ):
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "name": day,
                    "rate": rate,
                    "company_id": abroad.id,
                }
            )
        other = self.env(context={"allowed_company_ids": abroad.ids})
        own = other["product.product"].create(
            {"name": "Local", "list_price": 100.0, "company_id": abroad.id}
        )
        for day, product in (
            (date(2026, 4, 1), self.product),
            (date(2026, 10, 1), own),
        ):
            line = {"product_id": product.id, "price_unit": 0.0, "tax_ids": []}
            other["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.client.id,
                    "invoice_date": day,
                    "invoice_line_ids": [Command.create(line)],
                }
            ).action_post()
        self.refresh()
        # 100 / 2 × 8, and 100 in its own currency
        health = self.client.client_health_ids.filtered(
            lambda found: found.company_id == abroad
        )
        self.assertEqual(health.list_amount, 500.0)

    def test_a_line_at_price_0_without_product_is_no_discount(self):
        self.sell(0, {"product_id": False, "name": "Thanks", "price_unit": 0.0})
        self.assert_facts(list_amount=100.0, discount_amount=0.0)

    def test_a_line_given_away_at_100_percent_counts_in_full(self):
        self.sell(100)
        self.assert_facts(list_amount=100.0, discount_amount=100.0)
        [row] = self.env["client.health.discount"].search(
            [("partner_id", "=", self.client.id)]
        )
        self.assertEqual(row.kind, "free")

    def test_a_negative_line_is_a_discount(self):
        self.sell(0, {"product_id": False, "name": "Because", "price_unit": -30.0})
        self.assert_facts(
            list_amount=100.0, discount_amount=30.0, discounted_invoice_count=1
        )

    def test_prices_that_include_tax_count_without_it(self):
        tax = self.percent_tax(25.0, price_include_override="tax_included")
        self.sell({"price_unit": 125.0, "discount": 10, "tax_ids": tax.ids})
        self.assert_facts(list_amount=100.0, discount_amount=10.0)

    def test_another_currency_counts_in_the_companys_own(self):
        foreign = self.setup_other_currency("HRK", rates=[("2020-01-01", 4.0)])
        self.sell(20, currency_id=foreign.id)
        self.assert_facts(list_amount=25.0, discount_amount=5.0)

    def test_what_we_offered_and_what_is_disputed_does_not_count(self):
        self.sell(50).client_health_offered = True
        self.sell(50).client_health_disputed = True
        self.assert_facts(
            sale_invoice_count=0, list_amount=0.0, discount_amount=0.0, invoice_count=2
        )

    def test_a_fully_credited_invoice_does_not_count_nor_does_its_credit_note(self):
        self.credit(self.sell(50), TODAY)
        self.assert_facts(
            sale_invoice_count=0,
            discount_amount=0.0,
            credit_note_share=0.0,
            revenue_amount=0.0,
        )

    def test_a_credit_note_on_a_part_is_a_share_of_what_was_invoiced(self):
        self.credit(self.sell(0), TODAY, 25.0)
        self.assert_facts(credit_note_share=0.25, revenue_amount=75.0)

    def test_discounts_look_back_twice_the_window(self):
        self.sell(20, day=date(2024, 11, 23))
        self.assert_facts(sale_invoice_count=0, discounted_invoice_count=0)
        self.sell(20, day=date(2024, 11, 24))
        self.assert_facts(
            sale_invoice_count=1, discounted_invoice_count=1, invoice_count=0
        )

    def test_months_since_the_last_invoice_are_whole_months(self):
        self.sell(0, day=date(2025, 11, 24))
        self.assert_facts(months_since_last_invoice=11)
        self.sell(0, day=date(2025, 11, 23))
        self.assert_facts(months_since_last_invoice=11)

    def test_a_year_without_an_invoice_is_twelve_months(self):
        self.sell(0, day=date(2025, 11, 23))
        self.assert_facts(months_since_last_invoice=12)

    def test_cash_rounding_is_revenue_and_no_sale(self):
        rounding = self.cash_rounding_a
        self.sell({"price_unit": 99.98}, invoice_cash_rounding_id=rounding.id)
        self.assert_facts(list_amount=99.98, revenue_amount=100.0)

    def test_a_sale_invoice_dated_tomorrow_does_not_count_yet(self):
        self.sell(20, day=TODAY + timedelta(days=1))
        self.assertFalse(self.refresh().sale_invoice_count)

    def test_a_credit_note_on_what_does_not_count_does_not_count(self):
        self.sell(0)
        offered, disputed = self.sell(0), self.sell(0)
        offered.client_health_offered = True
        disputed.client_health_disputed = True
        for invoice in (offered, disputed):
            self.credit(invoice, TODAY, 25.0)
        self.assert_facts(credit_note_share=0.0, sale_invoice_count=1)
