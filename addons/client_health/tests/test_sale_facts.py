from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .facts_common import TODAY, FactsCase


class SaleCase(FactsCase):
    """A client's invoices, and what they say of discount."""

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

    def make_product(self, name):
        return self.env["product.product"].create({"name": name, "type": "service"})

    def assert_facts(self, **facts):
        self.assertRecordValues(self.refresh(), [facts])

    def get_rows(self, kind):
        return self.env["client.health.discount"].search(
            [("partner_id", "=", self.client.id), ("kind", "=", kind)]
        )

    def assert_no_discount(self, kind=None, amount=0.0, **facts):
        """Assert that nothing counts; ``kind`` shows this amount for what it is."""
        self.assert_facts(
            discount_amount=0.0,
            discount_share=0.0,
            discounted_invoice_count=0,
            **facts,
        )
        if kind:
            rows = self.get_rows(kind)
            self.assertTrue(rows)
            self.assertAlmostEqual(sum(rows.mapped("other_amount")), amount, 2)
            self.assertFalse(any(rows.mapped("discount_amount")))


@tagged("post_install", "-at_install")
class TestSaleFacts(SaleCase):
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

    def test_a_line_given_away_at_100_percent_counts_in_full(self):
        self.sell(100)
        self.assert_facts(list_amount=100.0, discount_amount=100.0)
        [row] = self.env["client.health.discount"].search(
            [("partner_id", "=", self.client.id)]
        )
        self.assertEqual(row.kind, "free")

    def test_an_advance_deducted_by_a_negative_line_is_no_discount(self):
        for _number in range(3):
            self.sell(
                0,
                {"product_id": False, "name": "Advance 30 %", "price_unit": -30.0},
            )
        self.assert_no_discount("negative", 90.0, list_amount=300.0)

    def test_a_gift_card_and_corrected_hours_are_no_discount(self):
        card = self.make_product("Gift card")
        self.sell(0, {"product_id": card.id, "price_unit": -50.0})
        self.sell({"quantity": 10}, {"quantity": -2})
        self.assert_no_discount("negative", 250.0, list_amount=1100.0)

    def test_hours_specified_at_price_0_are_no_discount(self):
        self.sell(
            {"price_unit": 500.0},
            {"price_unit": 0.0, "quantity": 4},
            {"product_id": False, "name": "Sample", "price_unit": 0.0},
        )
        self.assert_no_discount("zero", 0.0, list_amount=500.0)

    def test_a_discount_product_is_a_discount(self):
        product = self.make_product("Discount")
        self.company.client_health_discount_product_ids = product
        self.sell(0, {"product_id": product.id, "price_unit": -30.0})
        self.assert_facts(
            list_amount=100.0,
            discount_amount=30.0,
            discounted_invoice_count=1,
            revenue_amount=70.0,
        )
        self.assertEqual(self.get_rows("product").discount_amount, 30.0)

    def test_a_discount_product_of_another_company_is_none_here(self):
        other = self.setup_other_company(name="Other")["company"]
        other.client_health_discount_product_ids = self.product
        self.sell(0, {"price_unit": -30.0})
        self.assert_no_discount("negative", 30.0)

    def test_what_was_agreed_with_the_client_does_not_count(self):
        self.client.client_health_agreed_discount = 20
        for _number in range(3):
            self.sell(20)
        self.assert_no_discount("agreed", 60.0, list_amount=300.0)
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.client.id}
        )
        self.sell(20, client=contact)
        self.assert_no_discount("agreed", 80.0, list_amount=400.0)

    def test_only_what_goes_beyond_the_agreement_counts(self):
        self.client.client_health_agreed_discount = 20
        self.sell(25)
        self.assert_facts(list_amount=100.0, discount_amount=5.0)
        self.assertEqual(self.get_rows("discount").other_amount, 20.0)
        self.sell(100)
        self.assert_facts(list_amount=200.0, discount_amount=85.0)
        self.assertEqual(self.get_rows("free").other_amount, 20.0)

    def test_an_agreed_discount_may_be_given_by_a_line_as_well(self):
        product = self.make_product("Discount")
        self.company.client_health_discount_product_ids = product
        self.client.client_health_agreed_discount = 20
        deducted = {"product_id": product.id}
        # 1,000 sold at list, of which 200 was agreed
        self.sell({"price_unit": 1000.0}, {**deducted, "price_unit": -200.0})
        self.assert_no_discount("product", 200.0)
        # half of it was on the line already: 100 is left of the agreement
        self.sell(
            {"price_unit": 1000.0, "discount": 10},
            {**deducted, "price_unit": -100.0},
            {**deducted, "price_unit": -100.0},
        )
        self.assert_facts(list_amount=2000.0, discount_amount=100.0)

    def test_an_agreed_discount_is_a_percentage(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.client.client_health_agreed_discount = 101
            self.env.flush_all()

    def test_a_change_of_the_agreement_asks_for_fresh_facts(self):
        self.env["client.health.stale"]._clear()
        self.client.client_health_agreed_discount = 20
        self.assertIn(
            self.client.id,
            self.env["client.health.stale"].search([]).mapped("partner_ref"),
        )

    def test_price_121_with_21_percent_included(self):
        tax = self.percent_tax(21.0, price_include_override="tax_included")
        taxed = {"price_unit": 121.0, "tax_ids": tax.ids}
        self.sell({**taxed, "discount": 100}, {**taxed, "discount": 20})
        self.assert_facts(list_amount=200.0, discount_amount=120.0)

    def test_a_group_of_taxes_and_a_fixed_one_may_be_included(self):
        included = {"price_include_override": "tax_included"}
        parts = self.percent_tax(10.0, **included) + self.fixed_tax(1.0, **included)
        group = self.group_of_taxes(parts)
        free = {"price_unit": 111.0, "tax_ids": group.ids, "discount": 100}
        self.sell({**free, "quantity": 2})
        self.assert_facts(list_amount=200.0, discount_amount=200.0)

    def test_a_deposit_on_a_liability_account_is_no_revenue(self):
        liability = self.env["account.account"].create(
            {
                "name": "Deposits",
                "code": "DEPO",
                "account_type": "liability_current",
            }
        )
        deposit = {"price_unit": 5000.0, "account_id": liability.id}
        invoice = self.sell({"price_unit": 1000.0}, deposit)
        self.assert_facts(revenue_amount=1000.0, list_amount=1000.0)
        refund = self.credit(invoice, TODAY)
        self.assertEqual(refund.amount_untaxed, 6000.0)
        self.assert_facts(revenue_amount=0.0)

    def test_sales_receipts_are_revenue(self):
        for _number in range(6):
            self.sell({"price_unit": 1000.0}, move_type="out_receipt")
        self.assert_facts(revenue_amount=6000.0, invoice_count=6, sale_invoice_count=6)

    def test_a_credit_note_used_for_another_invoice_belongs_to_its_own(self):
        paid, other = self.sell({"price_unit": 80.0}), self.sell(20)
        self.pay(paid, TODAY)
        refund = paid._reverse_moves([{"invoice_date": TODAY, "date": TODAY}])
        refund.action_post()
        self.reconcile(other, refund)
        self.assertFalse(refund.line_ids.filtered("amount_residual"))
        self.assert_facts(
            credit_note_share=0.0,
            sale_invoice_count=1,
            invoice_count=1,
            discount_amount=20.0,
            revenue_amount=80.0,
        )

    def test_an_invoice_credited_in_two_parts_is_fully_credited(self):
        invoice = self.sell(20)
        for amount in (60.0, 40.0):
            self.credit(invoice, TODAY, amount)  # with the same discount
        self.assert_facts(sale_invoice_count=0, invoice_count=0, credit_note_share=0.0)

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
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Five cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
                "rounding_method": "UP",
            }
        )
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

    def test_ocas_fixed_discount_counts_as_what_it_is(self):
        if "discount_fixed" not in self.env["account.move.line"]._fields:
            self.skipTest("account_invoice_fixed_discount is not installed")
        self.sell({"quantity": 10, "discount_fixed": 20.0})
        self.assert_facts(
            list_amount=1000.0, discount_amount=200.0, revenue_amount=800.0
        )
        self.assertEqual(self.get_rows("discount").discount, 20.0)
        tax = self.percent_tax(21.0, price_include_override="tax_included")
        self.sell({"price_unit": 121.0, "discount_fixed": 60.5, "tax_ids": tax.ids})
        self.assert_facts(list_amount=1100.0, discount_amount=250.0)

    def test_ocas_triple_discount_counts_as_a_whole(self):
        if "discount2" not in self.env["account.move.line"]._fields:
            self.skipTest("account_invoice_triple_discount is not installed")
        self.sell({"price_unit": 1000.0, "discount1": 10, "discount2": 20})
        self.assert_facts(
            list_amount=1000.0, discount_amount=280.0, revenue_amount=720.0
        )


@tagged("post_install", "-at_install")
class TestBesideSales(SaleCase):
    """What Sales gave by itself was not asked for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "sale.order" not in cls.env:
            return
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.everybody = cls.env.ref("base.group_user")
        cls.shown = cls.env.ref("sale.group_discount_per_so_line")
        cls.everybody.implied_ids += cls.shown
        cls.product.invoice_policy = "order"
        cls.product.list_price = 1000.0

    def order(self, **vals):
        """Return a new order of one line at 1,000."""
        if "sale.order" not in self.env:
            self.skipTest("sale is not installed")
        line = {"product_id": self.product.id, "tax_ids": False}
        return self.env["sale.order"].create(
            {
                "partner_id": self.client.id,
                "order_line": [Command.create(line)],
                **vals,
            }
        )

    def bill(self, order):
        """Invoice an order, on the day the facts are seen."""
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_date = TODAY
        invoice.action_post()
        return invoice

    def make_pricelist(self, percentage, **vals):
        return self.env["product.pricelist"].create(
            {
                "name": f"{percentage} %",
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "percentage",
                            "percent_price": percentage,
                            **vals,
                        }
                    )
                ],
            }
        )

    def test_the_price_lists_discount_is_agreed(self):
        order = self.order()
        order.pricelist_id = self.make_pricelist(25)
        order._recompute_prices()
        self.assertEqual(order.order_line.discount, 25.0)
        self.bill(order)
        self.assert_no_discount("agreed", 250.0, list_amount=1000.0)

    def test_the_price_lists_discount_may_be_hidden(self):
        order = self.order()
        item = type(self.env["product.pricelist.item"])
        with patch.object(item, "_is_discount_feature_enabled", return_value=False):
            order.pricelist_id = self.make_pricelist(25)
            order._recompute_prices()
        self.assertEqual(order.order_line.price_unit, 750.0)
        self.bill(order)
        self.assert_no_discount(list_amount=750.0)

    def test_what_goes_beyond_the_price_list_counts(self):
        order = self.order()
        order.pricelist_id = self.make_pricelist(25)
        order.order_line.discount = 40
        self.bill(order)
        self.assert_facts(list_amount=1000.0, discount_amount=150.0)

    def test_a_rule_of_the_price_list_that_does_not_fit_agrees_on_nothing(self):
        other = self.make_product("Other")
        for vals in (
            {"applied_on": "0_product_variant", "product_id": other.id},
            {"min_quantity": 10},
            {"date_end": "2020-01-01"},
        ):
            order = self.order()
            order.pricelist_id = self.make_pricelist(25, **vals)
            order.order_line.discount = 10
            self.bill(order)
        self.assert_facts(list_amount=3000.0, discount_amount=300.0)

    def test_a_price_list_may_build_on_another(self):
        base = self.make_pricelist(20)
        order = self.order()
        order.pricelist_id = self.make_pricelist(
            10, base="pricelist", base_pricelist_id=base.id
        )
        order.order_line.discount = 28
        self.bill(order)
        self.assert_no_discount("agreed", 280.0)

    def test_the_discount_button_of_sales_is_a_discount(self):
        order = self.order()
        wizard = self.env["sale.order.discount"].create(
            {
                "sale_order_id": order.id,
                "discount_type": "so_discount",
                "discount_percentage": 0.1,
            }
        )
        wizard.action_apply_discount()
        self.bill(order)
        self.assert_facts(
            list_amount=1000.0, discount_amount=100.0, revenue_amount=900.0
        )

    def test_an_advance_of_sales_is_no_discount(self):
        order = self.order()
        order.action_confirm()
        advance = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "percentage",
                "amount": 30,
            }
        )
        advance._create_invoices(order)
        self.bill_rest(order)
        self.assert_no_discount(list_amount=1000.0, revenue_amount=1000.0)

    def bill_rest(self, order):
        order._create_invoices(final=True)
        order.invoice_ids.invoice_date = TODAY
        order.invoice_ids.action_post()

    def test_a_promotion_of_ours_is_no_discount(self):
        if "loyalty.program" not in self.env or "sale.order" not in self.env:
            self.skipTest("sale_loyalty is not installed")
        reward = {"reward_type": "discount", "discount": 20, "required_points": 1}
        self.env["loyalty.program"].create(
            {
                "name": "20 % on every order",
                "program_type": "promotion",
                "trigger": "auto",
                "rule_ids": [Command.create({"minimum_amount": 0})],
                "reward_ids": [Command.create(reward)],
            }
        )
        order = self.order()
        order._update_programs_and_rewards()
        [coupon, rewards] = next(iter(order._get_claimable_rewards().items()))
        order._apply_program_reward(rewards, coupon)
        self.bill(order)
        self.assert_no_discount("reward", 200.0, revenue_amount=800.0)
