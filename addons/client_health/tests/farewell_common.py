from datetime import date

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class FarewellCase(AccountTestInvoicingCommon):
    """A client with a complete draft, written by one manager, and a second one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("nl_NL")
        cls.env["ir.module.module"]._load_module_terms(["client_health"], ["nl_NL"])
        manager = "client_health.client_health_group_manager"
        cls.author = cls.make_user("farewell_author", manager)
        cls.approver = cls.make_user("farewell_approver", manager)
        cls.colleague = cls.make_user(
            "farewell_colleague", "client_health.client_health_group_user"
        )
        cls.client = cls.env["res.partner"].create(
            {
                "name": "Bakkerij De Korenaar",
                "is_company": True,
                "street": "Oudegracht 210",
                "zip": "3511 NR",
                "city": "Utrecht",
                "country_id": cls.env.ref("base.nl").id,
                "email": "info@korenaar.example.com",
            }
        )
        cls.referral = cls.env["res.partner"].create(
            {"name": "De Linde", "is_company": True, "city": "Amersfoort"}
        )
        cls.farewell = cls.make_farewell(cls.client)

    @classmethod
    def make_user(cls, login, group):
        return new_test_user(
            cls.env,
            login,
            groups=f"base.group_user,base.group_partner_manager,{group}",
            email=f"{login}@example.com",
            company_id=cls.env.company.id,
            company_ids=[Command.set(cls.env.company.ids)],
        )

    @classmethod
    def make_farewell(cls, client, **values):
        return (
            cls.env["client.farewell"]
            .with_user(cls.author)
            .create(
                {
                    "partner_id": client.id,
                    "lang": "en_US",
                    "end_date": date(2099, 12, 31),
                    "referral_partner_ids": [Command.set(cls.referral.ids)],
                    "item_ids": [
                        Command.create({"kind": "1_finished", "name": "Accounts 2098"}),
                        Command.create(
                            {
                                "kind": "2_ours",
                                "name": "VAT return",
                                "date": date(2099, 12, 18),
                            }
                        ),
                        Command.create(
                            {"kind": "3_theirs", "name": "Hand in receipts"}
                        ),
                    ],
                    **values,
                }
            )
        )
