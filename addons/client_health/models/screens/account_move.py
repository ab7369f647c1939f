from odoo import fields, models


class AccountMove(models.Model):
    """Where invoices are handled: note a promise, log an incident."""

    _inherit = "account.move"

    client_health_promise_ids = fields.One2many(
        comodel_name="client.health.promise",
        inverse_name="move_id",
        string="Promises",
        groups="client_health.client_health_group_user",
    )

    def action_note_promise(self):
        """Open the dialog for a promised payment date of this invoice."""
        self.ensure_one()
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
        """Open the dialog to log what happened around this invoice."""
        self.ensure_one()
        self.check_access("read")
        return self.env["client.health.incident"]._get_log_action(
            self.commercial_partner_id,
            company_id=self.company_id.id,
            move_id=self.id,
            kind="integrity",
        )
