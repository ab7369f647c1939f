from odoo.tests import TransactionCase, tagged

from .common import new_test_user
from .view_reading import read_view

GROUP = "client_health.client_health_group_user"
STOCK = (
    "base.group_partner_manager,account.group_account_invoice,"
    "helpdesk_mgmt.group_helpdesk_user"
)
CLIENTS = 80


@tagged("post_install", "-at_install")
class TestScreensSpeed(TransactionCase):
    """Core's partner views keep their speed: queries counted side by side."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock = new_test_user(cls.env, login="stock", groups=STOCK)
        cls.ours = new_test_user(cls.env, login="ours", groups=f"{STOCK},{GROUP}")
        cls.partners = cls.env["res.partner"].create(
            [
                {"name": f"Client {number}", "is_company": True}
                for number in range(CLIENTS)
            ]
        )
        health = cls.env["client.health"]._ensure(cls.partners, cls.env.company)
        traits = cls.env["client.health.trait"].search([], limit=3)
        cls.env["client.health.flag"].create(
            [
                {"health_id": client.id, "trait_id": trait.id, "level": level}
                for client in health
                for trait, level in zip(traits, ("flag", "watch", "flag"), strict=True)
            ]
        )

    def _read_as(self, user, view_type):
        """Return the number of queries the web client's read of a view takes."""
        partners = self.partners.with_user(user).with_context(lang="en_US")
        self.env.flush_all()
        for _warm_up in range(2):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            specification = read_view(partners, view_type)
        return self.env.cr.sql_log_count - before, specification

    def _compare(self, view_type, limit):
        stock, plain = self._read_as(self.stock, view_type)
        ours, rich = self._read_as(self.ours, view_type)
        self.assertFalse([name for name in plain if name.startswith("client_health")])
        self.assertLessEqual(
            ours - stock, limit, f"{view_type}: {ours} queries, stock {stock}"
        )
        return rich

    def test_partner_form_takes_two_queries_more(self):
        specification = self._compare("form", 2)
        self.assertIn("client_health_flag_ids", specification)
        self.assertIn("level", specification["client_health_flag_ids"]["fields"])

    def test_partner_list_takes_one_query_more(self):
        self._compare("list", 1)

    def test_partner_kanban_takes_one_query_more(self):
        self._compare("kanban", 1)

    def test_badges_show_on_the_list(self):
        partner = self.partners[0].with_user(self.ours)
        badges = partner.application_statistics
        self.assertEqual(
            [badge["iconClass"] for badge in badges],
            ["fa-flag", "fa-eye", "fa-flag"],
        )
        self.assertFalse(self.partners[0].with_user(self.stock).application_statistics)
