import doctest

from odoo.tests import TransactionCase, new_test_user, tagged

from ..models import coaching_past


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

    def confirm_flag(self, level="flag"):
        health = self.env["client.health"].create(
            {"partner_id": self.partner.id, "company_id": self.env.company.id}
        )
        return self.env["client.health.flag"].create(
            {
                "health_id": health.id,
                "trait_id": self.env["client.health.trait"].search([], limit=1).id,
                "level": level,
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

    def test_what_holds_no_longer_is_told_to_nobody(self):
        """A confirmed flag is gone with its facts, a farewell with the welcome back."""
        self.confirm_flag(level="none")
        self.complete_farewell()
        self.env["client.farewell"].search(
            [("partner_id", "=", self.partner.id)]
        ).welcome_back_date = "2026-11-01"
        self.assertFalse(
            self.get_notice("w1", "client_health.client_health_group_user")
        )

    def test_sales_alone_is_told_nothing(self):
        self.complete_farewell()
        self.confirm_flag()
        self.assertFalse(self.get_notice("h3"))

    def test_another_contact_of_the_business_is_recognised(self):
        self.partner.write({"name": "Studio Noor B.V.", "email": "info@studio-noor.nl"})
        self.complete_farewell()
        health = "client_health.client_health_group_user"
        self.lead.write({"partner_id": False, "email_from": "jan@elsewhere.nl"})
        self.assertFalse(self.get_notice("d1", health))
        for number, (name, email) in enumerate(
            [
                ("Studio Noor", "jan@elsewhere.nl"),
                ("", "jan@studio-noor.nl"),
            ]
        ):
            self.lead.write({"partner_name": name, "email_from": email})
            notice = self.get_notice(f"d2{number}", health)
            self.assertIn("Perhaps of Studio Noor B.V.", notice)
            self.assertFalse(self.get_notice(f"d3{number}"), "sales alone")
        self.lead.write({"partner_name": "", "email_from": "info@studio-noor.nl"})
        self.assertIn("working together before", self.get_notice("d4", health))

    def test_an_address_at_a_mail_provider_says_nothing_of_its_neighbours(self):
        health = "client_health.client_health_group_user"
        for number, domain in enumerate(("gmail.com", "ziggo.nl", "hotmail.com")):
            self.partner.email = f"noor@{domain}"
            if not number:
                self.complete_farewell()
            self.lead.write({"partner_id": False, "email_from": f"jan@{domain}"})
            self.assertFalse(self.get_notice(f"p{number}", health))

    def test_examples_in_docstrings_are_true(self):
        result = doctest.testmod(coaching_past)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)
