from datetime import date

from freezegun import freeze_time
from odoo import Command

from .common import BooksCase

TODAY = date(2026, 11, 23)


class FactsCase(BooksCase):
    """A client, invoices and payments on chosen days, seen on one fixed day."""

    @classmethod
    def setUpClass(cls):
        clock = freeze_time(TODAY)
        clock.start()
        cls.addClassCleanup(clock.stop)
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref(
            "client_health.client_health_group_manager"
        ) | cls.env.ref("helpdesk_mgmt.group_helpdesk_manager")
        cls.company = cls.env.company
        cls.company.resource_calendar_id.tz = "Europe/Amsterdam"
        # invoices without a term are due as they say, and the bank is up to date
        cls.company.client_health_usual_term_days = 0
        cls.company.client_health_bank_complete_until = TODAY
        cls.client = cls.make_client()
        cls.product = cls.env["product.product"].create(
            {
                "name": "Coaching",
                "type": "service",
                "list_price": 100.0,
                "taxes_id": [Command.clear()],
            }
        )

    @classmethod
    def make_client(cls, name="Client", **vals):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **vals})

    @classmethod
    def invoice(cls, due, amount=100.0, client=None, invoiced=None, **vals):
        """Return a posted invoice of one line, without tax, due on that day."""
        line = {"price_unit": amount, "product_id": cls.product.id, "tax_ids": []}
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (client or cls.client).id,
                "invoice_date": invoiced or min(due, TODAY),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create(line)],
                **vals,
            }
        )
        move.action_post()
        return move

    @classmethod
    def pay(cls, invoice, day, amount=None):
        """Pay an invoice, in full unless an amount is given."""
        vals = {"payment_date": day}
        if amount is not None:
            vals["amount"] = amount
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(vals)
            ._create_payments()
        )

    @classmethod
    def credit(cls, invoice, day, amount=None):
        """Credit an invoice, in full unless an amount is given."""
        refund = invoice._reverse_moves(
            [{"invoice_date": day, "date": day}], cancel=False
        )
        if amount is not None:
            refund.invoice_line_ids.price_unit = amount
        refund.action_post()
        cls.reconcile(invoice, refund)
        return refund

    @classmethod
    def reconcile(cls, *moves):
        lines = cls.env["account.move.line"].union(*(move.line_ids for move in moves))
        lines.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and not line.reconciled
            )
        ).reconcile()

    @classmethod
    def write_off(cls, invoice, day, amount):
        """Settle a part of an invoice by a miscellaneous entry."""
        receivable = invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).account_id
        entry = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": cls.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": invoice.partner_id.id,
                            "credit": amount,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": cls.company_data[
                                "default_account_expense"
                            ].id,
                            "debit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        cls.reconcile(invoice, entry)
        return entry

    def run_cron(self, name):
        """Run a scheduled action as the server would."""
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            self.env.ref(f"client_health.{name}").method_direct_trigger()
        self.env.invalidate_all()

    @classmethod
    def refresh(cls, client=None):
        """Return the client's health after a refresh of that client."""
        client = client or cls.client
        cls.env["client.health"]._refresh(client)
        return cls.env["client.health"].search(
            [
                ("partner_id", "=", client.commercial_partner_id.id),
                ("company_id", "=", cls.company.id),
            ]
        )
