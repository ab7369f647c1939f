from odoo import api, fields, models
from odoo.exceptions import UserError

OPEN_KINDS = ("2_ours", "3_theirs")
LETTER_STATES = ("approved", "sent", "done")


class ClientFarewellItem(models.Model):
    """One thing that is finished, still to do or handed over when parting."""

    _name = "client.farewell.item"
    _description = "Farewell Item"
    _inherit = "client.health.protected"
    _protected_fields = ("company_id",)
    _order = "farewell_id, kind, sequence, date, id"

    farewell_id = fields.Many2one(
        comodel_name="client.farewell", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="farewell_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        selection=[
            ("1_finished", "Finished"),
            ("2_ours", "Still to do by us"),
            ("3_theirs", "To do by the client"),
            ("4_deadline", "Deadline of the client's own"),
            ("5_handover", "Handed over"),
        ],
        required=True,
        default="2_ours",
    )
    name = fields.Char(string="What", required=True, help="Printed in the letter.")
    date = fields.Date(string="By", help="Printed in the letter.")
    is_done = fields.Boolean(string="Done", copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        items._check_letter_open()
        items.farewell_id._note_author()
        return items

    def write(self, vals):
        if set(vals) - {"is_done", "sequence"}:
            self._check_letter_open()
            self.farewell_id._note_author()
        result = super().write(vals)
        if set(vals) - {"is_done", "sequence"}:
            self._check_letter_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_letter(self):
        self._check_letter_open()

    def _check_letter_open(self):
        """What was approved stays as it was read: items change in a draft only."""
        self.farewell_id._check_not_sent()
        if any(farewell.state in LETTER_STATES for farewell in self.farewell_id):
            raise UserError(
                self.env._(
                    "The letter was approved: take it back to draft to change it."
                )
            )

    def _schedule(self):
        """Give what is still open an activity, at its own date or at the end date."""
        for item in self:
            if item.kind in OPEN_KINDS and not item.is_done:
                item.farewell_id.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=item.date or item.farewell_id.end_date,
                    summary=item.name,
                    user_id=item.farewell_id._get_reminded().id,
                )
