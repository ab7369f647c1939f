from odoo.tests import TransactionCase, tagged

# Each row: facts, and the level they must give. Every boundary of the shipped
# rules stands here just under, at, and where it matters just over.
READY = {"instalment_due_count": 3}
HALF = READY | {"late_amount_share": 0.5}
BUSY = {"ticket_count": 5, "revenue_amount": 1}
RULES = {
    "late_payer": [
        # not enough data: two instalments due, too short overdue, too little lost
        ({"instalment_due_count": 2, "late_count": 3, "days_late_avg": 40}, "none"),
        ({"instalment_due_count": 3, "late_count": 3, "days_late_avg": 40}, "flag"),
        ({"overdue_days_max": 59, "late_count": 3, "days_late_avg": 40}, "none"),
        ({"overdue_days_max": 60, "late_count": 3, "days_late_avg": 40}, "flag"),
        ({"written_off_share": 0.049}, "none"),
        ({"written_off_share": 0.05}, "flag"),
        # watch: two late and ten days on average
        (READY | {"late_count": 1, "days_late_avg": 10}, "none"),
        (READY | {"late_count": 2, "days_late_avg": 9.99}, "none"),
        (READY | {"late_count": 2, "days_late_avg": 10}, "watch"),
        (READY | {"late_count": 2, "days_late_avg": 99}, "watch"),
        # watch: three late, half of the amount and a week on average
        (HALF | {"late_count": 2, "days_late_avg": 7}, "none"),
        (HALF | {"late_count": 3, "days_late_avg": 6.99}, "none"),
        (HALF | {"late_count": 3, "days_late_avg": 7}, "watch"),
        (
            HALF | {"late_count": 3, "days_late_avg": 7, "late_amount_share": 0.49},
            "none",
        ),
        (READY | {"late_count": 3, "late_share": 1, "days_late_avg": 7}, "none"),
        # flag: three late and thirty days on average
        (READY | {"late_count": 3, "days_late_avg": 29.99}, "watch"),
        (READY | {"late_count": 3, "days_late_avg": 30}, "flag"),
        (READY | {"late_count": 2, "days_late_avg": 30}, "watch"),
        # flag: half of the amount and fourteen days
        (HALF | {"late_count": 3, "days_late_avg": 13.99}, "watch"),
        (HALF | {"late_count": 3, "days_late_avg": 14}, "flag"),
        (
            HALF | {"late_count": 3, "days_late_avg": 14, "late_amount_share": 0.49},
            "watch",
        ),
        # flag: ninety days overdue or nine month ends, with a part that matters
        ({"overdue_days_max": 89, "late_amount_share": 0.05}, "none"),
        ({"overdue_days_max": 90, "late_amount_share": 0.05}, "flag"),
        ({"overdue_days_max": 90, "late_amount_share": 0.049}, "none"),
        (READY | {"overdue_month_count": 8, "late_amount_share": 0.05}, "none"),
        (READY | {"overdue_month_count": 9, "late_amount_share": 0.05}, "flag"),
        (READY | {"overdue_month_count": 9, "late_amount_share": 0.049}, "none"),
        # an amount written off tells nothing without its share
        (READY | {"written_off_amount": 1000}, "none"),
    ],
    "integrity": [
        ({}, "none"),
        ({"promise_count": 1, "promise_broken_count": 1}, "watch"),
        ({"promise_count": 2, "promise_broken_count": 2}, "flag"),
        ({"integrity_incident_count": 1}, "watch"),
        ({"integrity_incident_count": 2}, "flag"),
        # a share below 60 % counts from three promises on
        ({"promise_count": 2, "promise_kept_share": 0}, "none"),
        ({"promise_count": 3, "promise_kept_share": 0.6}, "none"),
        ({"promise_count": 3, "promise_kept_share": 0.59}, "flag"),
        ({"promise_count": 0, "promise_kept_share": 0}, "none"),
    ],
    "time_demander": [
        # not enough data: four tickets, or no revenue to compare with
        ({"ticket_count": 4, "revenue_amount": 1, "workload_ratio": 9}, "none"),
        ({"ticket_count": 5, "revenue_amount": 0, "workload_ratio": 9}, "none"),
        (BUSY | {"workload_ratio": 2}, "watch"),
        (BUSY | {"workload_ratio": 1.99}, "none"),
        (BUSY | {"message_count": 10, "after_hours_share": 0.3}, "watch"),
        (BUSY | {"message_count": 9, "after_hours_share": 0.3}, "none"),
        (BUSY | {"message_count": 10, "after_hours_share": 0.29}, "none"),
        (BUSY | {"rush_count": 1}, "watch"),
        (BUSY | {"rush_count": 2}, "flag"),
        ({"demand_incident_count": 1}, "watch"),
        ({"demand_incident_count": 2}, "flag"),
        # flag: three times the median, on enough work to tell
        (BUSY | {"workload_ratio": 3, "ticket_count": 9}, "watch"),
        (BUSY | {"workload_ratio": 3, "ticket_count": 10}, "flag"),
        (BUSY | {"workload_ratio": 2.99, "ticket_count": 10}, "watch"),
        (BUSY | {"workload_ratio": 3, "message_count": 39}, "watch"),
        (BUSY | {"workload_ratio": 3, "message_count": 40}, "flag"),
        (BUSY | {"workload_ratio": 2.99, "message_count": 40}, "watch"),
    ],
    "grumpy": [
        ({}, "none"),
        ({"rating_count": 9, "rating_avg": 1, "rating_low_share": 1}, "none"),
        ({"conduct_incident_count": 1, "conduct_reporter_count": 1}, "watch"),
        ({"conduct_incident_count": 2, "conduct_reporter_count": 2}, "flag"),
        ({"conduct_incident_count": 3, "conduct_day_count": 2}, "watch"),
        ({"conduct_incident_count": 3, "conduct_day_count": 3}, "flag"),
        ({"conduct_incident_count": 1, "conduct_severe_count": 1}, "flag"),
    ],
    "haggler": [
        ({}, "none"),
        ({"discounted_invoice_count": 2, "discount_share": 0.15}, "watch"),
        ({"discounted_invoice_count": 2, "discount_share": 0.149}, "none"),
        ({"discounted_invoice_count": 1, "discount_share": 0.15}, "none"),
        ({"discounted_invoice_count": 3, "discount_share": 0.2}, "flag"),
        ({"discounted_invoice_count": 3, "discount_share": 0.199}, "watch"),
        ({"discounted_invoice_count": 2, "discount_share": 0.2}, "watch"),
        ({"freebie_incident_count": 1}, "watch"),
        ({"freebie_incident_count": 2}, "flag"),
        # a single purchase long ago
        (
            {
                "sale_invoice_count": 1,
                "discount_share": 0.3,
                "months_since_last_invoice": 12,
            },
            "watch",
        ),
        (
            {
                "sale_invoice_count": 1,
                "discount_share": 0.3,
                "months_since_last_invoice": 11,
            },
            "none",
        ),
        (
            {
                "sale_invoice_count": 1,
                "discount_share": 0.29,
                "months_since_last_invoice": 12,
            },
            "none",
        ),
        (
            {
                "sale_invoice_count": 2,
                "discount_share": 0.3,
                "months_since_last_invoice": 12,
            },
            "none",
        ),
    ],
}


@tagged("-at_install", "post_install")
class TestShippedRules(TransactionCase):
    def assert_levels(self, code):
        trait = self.env.ref(f"client_health.client_health_trait_{code}")
        partners = self.env["res.partner"].create(
            [{"name": str(facts)} for facts, _level in RULES[code]]
        )
        healths = self.env["client.health"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.env.company.id,
                    **facts,
                }
                for partner, (facts, _level) in zip(partners, RULES[code], strict=True)
            ]
        )
        self.env["client.health.flag"]._refresh_levels(healths.ids)
        flags = self.env["client.health.flag"].search(
            [("health_id", "in", healths.ids), ("trait_id", "=", trait.id)]
        )
        levels = {flag.health_id: flag.level for flag in flags}
        for health, (facts, level) in zip(healths, RULES[code], strict=True):
            with self.subTest(code=code, facts=facts):
                self.assertEqual(levels.get(health, "none"), level)

    def test_often_pays_late(self):
        self.assert_levels("late_payer")

    def test_does_not_keep_agreements(self):
        self.assert_levels("integrity")

    def test_takes_much_time(self):
        self.assert_levels("time_demander")

    def test_disrespectful_conduct(self):
        self.assert_levels("grumpy")

    def test_often_asks_for_discounts(self):
        self.assert_levels("haggler")
