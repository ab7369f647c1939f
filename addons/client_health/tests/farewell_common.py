import io
from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import TransactionCase
from pypdf import PdfReader

from .common import new_test_user, speak_dutch


class FarewellCase(TransactionCase):
    """A client with a complete draft, written by one manager, and a second one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        speak_dutch(cls.env)
        manager = "client_health.client_health_group_manager"
        invoices = "account.group_account_invoice"
        cls.author = cls.make_user("farewell_author", f"{manager},{invoices}")
        cls.approver = cls.make_user("farewell_approver", f"{manager},{invoices}")
        cls.colleague = cls.make_user(
            "farewell_colleague", "client_health.client_health_group_user"
        )
        # Other managers of the database would count as the second person.
        group = cls.env.ref(manager)
        group.user_ids -= group.user_ids - cls.author - cls.approver
        cls.client_partner = cls.env["res.partner"].create(
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
        cls.farewell = cls.make_farewell(cls.client_partner)

    @classmethod
    def make_user(cls, login, group):
        return new_test_user(
            cls.env,
            login,
            name=login.replace("_", " ").title(),
            groups=f"base.group_user,base.group_partner_manager,{group}",
            email=f"{login}@example.com",
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

    def print_letter(self, farewell=None, user=None):
        """Return the letter as a reader of its pages."""
        report = self.env["ir.actions.report"].with_user(user or self.author)
        content, kind = report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf(
            "client_health.action_report_farewell_letter",
            (farewell or self.farewell).ids,
        )
        self.assertEqual(kind, "pdf")
        return PdfReader(io.BytesIO(content))

    def approve(self, farewell=None):
        (farewell or self.farewell).with_user(self.approver).action_approve()

    @contextmanager
    def outbox(self, error=None):
        """Collect what is handed to the mail server, or let it refuse.

        :param error: an exception that comes instead of the server's answer
        """
        server = type(self.env["ir.mail_server"])
        sent = []

        def send_email(_self, message, *args, **kwargs):
            sent.append(message)
            if error:
                raise error
            return message["Message-Id"]

        with (
            patch.object(server, "_disable_send", lambda _self: False),
            patch.object(server, "_connect__", lambda *args, **kwargs: None),
            patch.object(server, "send_email", send_email),
        ):
            yield sent
