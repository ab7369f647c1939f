from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestHealthNotice(TransactionCase):
    """Where client health is installed, its users are told; nobody else is."""

    def setUp(self):
        super().setUp()
        if "client.farewell" not in self.env:
            self.skipTest("client_health is not installed")
        self.partner = self.env["res.partner"].create({"name": "Past Client"})
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.partner.id}
        )
        self.lead = self.env["crm.lead"].create(
            {"name": "Asks again", "partner_id": contact.id, "user_id": False}
        )

    def get_notice(self, login, *groups):
        groups = ",".join(("sales_team.group_sale_salesman_all_leads", *groups))
        user = new_test_user(self.env, login, groups=groups)
        return self.lead.with_user(user).coaching_health_notice

    def complete_farewell(self):
        farewell = self.env["client.farewell"].create({"partner_id": self.partner.id})
        farewell.write({"state": "done"})

    def confirm_flag(self):
        health = self.env["client.health"].create(
            {"partner_id": self.partner.id, "company_id": self.env.company.id}
        )
        self.env["client.health.flag"].create(
            {
                "health_id": health.id,
                "trait_id": self.env["client.health.trait"].search([], limit=1).id,
                "decision": "confirmed",
            }
        )

    def test_nothing_is_said_of_other_contacts(self):
        self.assertFalse(
            self.get_notice("h0", "client_health.client_health_group_user")
        )

    def test_past_farewell_is_told_to_health_users(self):
        self.complete_farewell()
        notice = self.get_notice("h1", "client_health.client_health_group_user")
        self.assertIn("working together before", notice)
        self.assertNotIn("attention", notice)

    def test_confirmed_flag_is_told_to_health_users(self):
        self.confirm_flag()
        notice = self.get_notice("h2", "client_health.client_health_group_user")
        self.assertIn("points of attention", notice)

    def test_sales_alone_is_told_nothing(self):
        self.complete_farewell()
        self.confirm_flag()
        self.assertFalse(self.get_notice("h3"))
