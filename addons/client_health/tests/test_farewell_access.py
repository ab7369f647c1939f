import inspect
from contextlib import suppress

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from .farewell_common import FarewellCase

OURS = (
    "odoo.addons.client_health.models.client_farewell",
    "odoo.addons.client_health.wizards.client_farewell",
)
MODELS = (
    "client.farewell", "client.farewell.item", "client.farewell.block",
    "client.farewell.word", "client.farewell.batch", "client.farewell.batch.line",
    "client.farewell.send", "res.partner",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestFarewellAccess(FarewellCase):
    """Who may call what over RPC; every public method of ours is found and tried."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls.make_user("farewell_stranger", "base.group_user")
        cls.portal = cls.env["res.users"].create(
            {
                "name": "Portal",
                "login": "farewell_portal",
                "partner_id": cls.client_partner.id,
                "group_ids": [Command.set(cls.env.ref("base.group_portal").ids)],
            }
        )
        Batch = cls.env["client.farewell.batch"].with_user(cls.author)
        batch = Batch.browse(
            Batch.action_start("print", cls.farewell.ids)["res_id"]
        ).sudo()
        wizard = cls.env["client.farewell.send"].with_user(cls.author).create({})
        cls.records = {
            "client.farewell": cls.farewell,
            "client.farewell.item": cls.farewell.item_ids[0],
            "client.farewell.block": cls.env["client.farewell.block"].search(
                [], limit=1
            ),
            "client.farewell.word": cls.env["client.farewell.word"].search([], limit=1),
            "client.farewell.batch": batch,
            "client.farewell.batch.line": batch.line_ids,
            "client.farewell.send": wizard,
            "res.partner": cls.client_partner,
        }
        cls.arguments = {
            ("client.farewell", "create"): [[{"partner_id": cls.referral.id}]],
            ("client.farewell", "write"): [{"closing": "x"}],
            ("client.farewell", "message_subscribe"): [cls.author.partner_id.ids],
            ("client.farewell.item", "create"): [
                [{"farewell_id": cls.farewell.id, "name": "x"}]
            ],
            ("client.farewell.item", "write"): [{"name": "x"}],
            ("client.farewell.batch", "create"): [[{"kind": "print"}]],
            ("client.farewell.batch", "action_start"): ["print", cls.farewell.ids],
        }

    def test_outsiders_are_refused_everything(self):
        for user in (self.stranger, self.portal, self.env.ref("base.public_user")):
            for model, name in self.public_methods():
                with self.subTest(user=user.login, model=model, method=name):
                    with self.assertRaises(AccessError):
                        self.call(user, model, name)

    def test_outsiders_search_and_print_nothing(self):
        for user in (self.stranger, self.portal, self.env.ref("base.public_user")):
            for model in MODELS[:-1]:
                with self.subTest(user=user.login, model=model):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.print_letter(user=user)

    def test_a_colleague_is_refused_approval_only(self):
        refused = self.refused_to(self.colleague)
        self.assertEqual(
            refused,
            [
                ("client.farewell", "action_approve"),
                # a batch is only its owner's
                ("client.farewell.batch", "action_retry"),
            ],
        )

    def test_a_manager_is_refused_nothing(self):
        self.assertEqual(self.refused_to(self.author), [])

    def test_refusals_say_access_and_the_second_person_rule_does_not(self):
        with self.assertRaises(AccessError):
            self.call(self.colleague, "client.farewell", "action_approve")
        with self.assertRaises(UserError) as error:
            self.call(self.author, "client.farewell", "action_approve")
        self.assertNotIsInstance(error.exception, AccessError)

    def test_what_is_private_cannot_be_called(self):
        for name in ("_mark_sent", "_move", "_send_letter", "_deliver_mail"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.call(self.author, "client.farewell", name)

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.colleague.write(
            {"company_ids": [Command.set(company.ids)], "company_id": company.id}
        )
        for model in ("client.farewell", "client.farewell.item"):
            with self.subTest(model=model):
                found = self.env[model].with_user(self.colleague).search([])
                self.assertFalse(found)
        for name in ("action_cancel", "action_confirm_send", "action_open_figure"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.call(self.colleague, "client.farewell", name)

    def refused_to(self, user):
        """Return which public methods refuse a user; other errors are no refusal."""
        refused = []
        for model, name in self.public_methods():
            # another error means: allowed, but not possible now
            with self.env.cr.savepoint() as savepoint, suppress(UserError):
                try:
                    self.call(user, model, name)
                except AccessError:
                    refused.append((model, name))
                savepoint.rollback()
            self.env.invalidate_all()
        return refused

    def public_methods(self):
        """Return every public method that our farewell code brings."""
        found = [
            (model, name)
            for model in MODELS
            for name, method in inspect.getmembers(
                type(self.env[model]), inspect.isfunction
            )
            if not name.startswith("_")
            and not getattr(method, "_api_private", False)
            and any(
                name in vars(base) and base.__module__.startswith(OURS)
                for base in type(self.env[model]).mro()
            )
        ]
        self.assertGreater(len(found), 15)
        return found

    def call(self, user, model, name):
        """Call a method as the web client does."""
        record = self.records[model].with_user(user)
        method = getattr(type(record), name)
        args = list(self.arguments.get((model, name), ()))
        if not getattr(method, "_api_model", False):
            args = [record.ids, *args]
        return call_kw(record.browse(), name, args, {})
