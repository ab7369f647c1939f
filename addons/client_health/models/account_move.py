from odoo import fields, models

from ..access import GROUP_USER, require_user
from ..sources.marking import MarksClients


class AccountMove(MarksClients, models.Model):
    """Invoices: what does not count of them, and what is noted on them."""

    _inherit = "account.move"
    _marking_fields = frozenset(
        {
            "client_health_disputed",
            "client_health_offered",
            "date",
            "invoice_date",
            "invoice_date_due",
            "line_ids",
            "partner_id",
            "payment_state",
            "state",
        }
    )

    client_health_disputed = fields.Boolean(
        string="Disputed",
        copy=False,
        groups=GROUP_USER,
        help="The client disputes this invoice with reason: neither its payment nor "
        "its discounts count in client health.",
    )
    client_health_offered = fields.Boolean(
        string="Discount Offered by Us",
        copy=False,
        groups=GROUP_USER,
        help="We offered the discount ourselves: it does not count in client health.",
    )
    client_health_promise_ids = fields.One2many(
        comodel_name="client.health.promise",
        inverse_name="move_id",
        string="Promises",
        groups=GROUP_USER,
    )

    def _get_marked_contacts(self):
        kept = self.filtered(lambda move: move.state != "draft")
        invoices = kept.filtered(lambda move: move.is_sale_document(True))
        for company, moves in invoices.grouped("company_id").items():
            yield moves.commercial_partner_id, company
        entries = kept.filtered(lambda move: move.move_type == "entry")
        for company, lines in entries.line_ids._get_client_health_owed().items():
            yield lines.partner_id, company
        # a bank line that leaves suspense for another account is no money of theirs
        of_bank = entries.statement_line_id
        for company, lines in of_bank.grouped("company_id").items():
            yield lines.partner_id | lines._find_client_health_owners(), company

    def action_note_promise(self):
        """Open the dialog for a promised payment date of this invoice.

        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require_user(self.env)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Promise on %(invoice)s", invoice=self.name),
            "res_model": "client.health.promise",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_move_id": self.id,
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.company_id.id,
                "default_amount": self.amount_residual_signed,
            },
        }

    def action_log_incident(self):
        """Open the dialog to log what happened around this invoice.

        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require_user(self.env)
        self.check_access("read")
        return self.env["client.health.incident"]._get_log_action(
            self.commercial_partner_id,
            company_id=self.company_id.id,
            move_id=self.id,
        )
