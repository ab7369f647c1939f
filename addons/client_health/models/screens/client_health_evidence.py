from odoo import models


class ClientHealthEvidence(models.AbstractModel):
    """A click on a row of evidence opens the document that was counted."""

    _inherit = "client.health.evidence"

    def action_open_document(self):
        """Open the invoice or the ticket of this row.

        :raise AccessError: for who may not read it
        """
        self.ensure_one()
        self.check_access("read")
        name = "ticket_id" if "ticket_id" in self._fields else "move_id"
        return self[name].get_formview_action()
