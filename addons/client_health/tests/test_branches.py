"""Branches, and a second company: whose client it is, and who may work on it."""

from odoo import Command
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase


@tagged("post_install", "-at_install")
class TestBranches(FlagsCase):
    """A colleague of a branch works on the clients of the firm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {"name": "North", "parent_id": cls.company.id}
        )
        cls.other = cls.env["res.company"].create({"name": "Other Firm"})
        cls.colleague = cls.make_colleague("north", "user")
        cls.health, cls.flag = cls.make_flagged()

    @classmethod
    def make_colleague(cls, login, role):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"client_health.client_health_group_{role},"
            "account.group_account_invoice,base.group_partner_manager",
            company_id=cls.branch.id,
            company_ids=[Command.set(cls.branch.ids)],
        )

    def test_a_colleague_of_a_branch_raises_a_flag_from_the_health(self):
        own = self.health.with_user(self.colleague).with_company(self.branch)
        action = own.action_open_raise()
        dialog = (
            own.env["client.health.flag.raise"]
            .with_context(action["context"])
            .create({"trait_id": self.late_payer.id, "reason": "As agreed."})
        )
        dialog.action_raise()
        self.assertEqual(self.flag_of(self.health, self.late_payer).level, "flag")

    def test_a_colleague_of_a_branch_starts_a_farewell_from_the_health(self):
        own = self.health.with_user(self.colleague).with_company(self.branch)
        context = own.action_start_farewell()["context"]
        Farewell = own.env["client.farewell"].with_context(context)
        proposed = Farewell.default_get(["company_id", "partner_id"])
        farewell = Farewell.create(proposed)
        self.assertEqual(farewell.company_id, self.branch)
        self.assertEqual(farewell.partner_id, self.health.partner_id)

    def test_what_starts_at_a_client_is_about_that_company(self):
        """Also where another company is the first that is on."""
        theirs = self.make_client(name="Theirs", company=self.other)
        self.env.user.company_ids |= self.other
        both = theirs.with_context(
            allowed_company_ids=[self.company.id, self.other.id]
        )
        for action in (both.action_open_raise(), both.action_start_farewell()):
            with self.subTest(action["res_model"]):
                dialog = self.env[action["res_model"]].with_context(action["context"])
                found = dialog.default_get(["company_id", "partner_id"])
                self.assertEqual(found["company_id"], self.other.id)
                self.assertEqual(found["partner_id"], theirs.partner_id.id)
