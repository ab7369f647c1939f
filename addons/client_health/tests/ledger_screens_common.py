from odoo import Command

from .facts_common import TODAY
from .ledger_common import LedgerCase, ago
from .ledger_oracle import LedgerOracle

NOTHING = {
    "late_count": 0,
    "days_late_avg": 0.0,
    "overdue_amount": 0.0,
    "written_off_amount": 0.0,
}
COUNTED = (*NOTHING, "instalment_due_count", "overdue_days_max", "late_amount_share")


class ScreensCase(LedgerCase):
    """Cases as Odoo's own screens book them, each with a client of its own.

    A method ``case_…`` books and returns what a fair bookkeeper says of the client,
    as far as it is not *nothing late, nothing open, nothing lost, no flag*. What is
    said of somebody else stands in ``others``, by client. All clients are refreshed
    together, and slow Python says the same.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.company_data["default_tax_sale"]
        cls.foreign = cls.setup_other_currency(
            "HRK", rates=[("2020-01-01", 4.0), (str(ago(50)), 5.0)]
        )
        cls.said = {}
        names = [name for name in dir(cls) if name.startswith("case_")]
        for number, name in enumerate(names):
            cls.client = cls.make_client(name)
            if number % 8 == 0:
                cls.analyze()
            told = getattr(cls, name)() or {}
            for client, other in told.pop("others", {}).items():
                cls.said[f"{name} {client.name}"] = client, other
            cls.said[name] = cls.client, told
        clients = cls.env["res.partner"].union(*(own for own, _ in cls.said.values()))
        cls.env["client.health"]._refresh(clients)

    @classmethod
    def analyze(cls):
        """Let PostgreSQL know how much there is: it believes in empty tables."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "ANALYZE account_move, account_move_line, account_payment,"
            " account_partial_reconcile, account_bank_statement_line, res_partner"
        )

    def get_found(self, client):
        health = self.env["client.health"].search(
            [
                ("partner_id", "=", client.commercial_partner_id.id),
                ("company_id", "=", self.company.id),
            ]
        )
        found = {
            name: round(health[name], 4) if health else 0 for name in self.get_names()
        }
        return found | {"level": self.get_level(health)}

    def get_names(self):
        return {*COUNTED, "revenue_amount", "invoice_count", "written_off_share"}

    def assert_cases(self):
        self.assertTrue(self.said)
        oracle = LedgerOracle(self.env, self.company, TODAY)
        for name, (client, told) in self.said.items():
            found = self.get_found(client)
            expected = NOTHING | {"level": "none"} | told
            with self.subTest(name):
                self.assertEqual({key: found[key] for key in expected}, expected)
            with self.subTest(f"{name}: the oracle"):
                facts = oracle.get_facts(client.commercial_partner_id)
                self.assertEqual(
                    {key: found[key] for key in COUNTED},
                    {key: round(float(facts[key]), 4) for key in COUNTED},
                )

    # ---- Odoo's screens

    @classmethod
    def register(cls, moves, day, **vals):
        """Register payment, the dialog on invoices."""
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"payment_date": day, **vals})
            ._create_payments()
        )

    @classmethod
    def reverse(cls, move, day, is_modify=False):
        """The dialog *Credit Note*: draft, or credited and written again."""
        wizard = (
            cls.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"date": day, "journal_id": move.journal_id.id})
        )
        wizard.reverse_moves(is_modify=is_modify)
        return wizard.new_move_ids

    @classmethod
    def transfer(cls, lines, day, account):
        """The dialog that moves journal items to another account."""
        wizard = (
            cls.env["account.automatic.entry.wizard"]
            .with_context(active_model="account.move.line", active_ids=lines.ids)
            .create(
                {
                    "action": "change_account",
                    "date": day,
                    "destination_account_id": account.id,
                    "journal_id": cls.misc.id,
                }
            )
        )
        action = wizard.do_action()
        return cls.env["account.move"].browse(action.get("res_id", []))

    @classmethod
    def make_terms(cls, *parts, **vals):
        return cls.env["account.payment.term"].create(
            {
                "name": "Terms",
                "line_ids": [
                    Command.create({"value_amount": percent, "nb_days": days})
                    for percent, days in parts
                ],
                **vals,
            }
        )

    @classmethod
    def ask(cls, invoiced, terms, amount=1000.0, client=None, **vals):
        """Return an invoice of that day at these terms."""
        return cls.invoice(
            due=False,
            amount=amount,
            client=client,
            invoiced=invoiced,
            invoice_payment_term_id=terms.id,
            **vals,
        )

    @classmethod
    def make_contact(cls, name="Contact", **vals):
        return cls.env["res.partner"].create(
            {"name": name, "parent_id": cls.client.id, **vals}
        )

    @classmethod
    def make_bill(cls, day, amount, client=None, move_type="in_invoice"):
        return cls.invoice(due=day, amount=amount, client=client, move_type=move_type)

    @classmethod
    def pay_out(cls, day, amount, **vals):
        return cls.pay_on_account(day, amount, payment_type="outbound", **vals)

    @classmethod
    def get_suspense(cls, move):
        return move.statement_line_id._seek_for_lines()[1]
