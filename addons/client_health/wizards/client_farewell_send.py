from odoo import api, fields, models


class ClientFarewellSend(models.TransientModel):
    """The last look before letters go out: where to, and what changed meanwhile."""

    _name = "client.farewell.send"
    _description = "Send Farewell Letters"

    way = fields.Selection(
        selection=[("send", "Send by e-mail"), ("print", "Print")],
        default="send",
        required=True,
        readonly=True,
    )
    farewell_ids = fields.Many2many(comodel_name="client.farewell")
    waiting_ids = fields.Many2many(
        comodel_name="client.farewell",
        relation="client_farewell_send_waiting_rel",
        string="To Be Approved Again",
        readonly=True,
    )
    skipped_count = fields.Integer(readonly=True)

    @api.model
    def _open(self, way, farewells, waiting, skipped_count=0):
        """Return a window action on these letters.

        :param str way: ``send`` or ``print``
        :param waiting: letters that may not go as they were approved
        :param int skipped_count: how many of those chosen are left out
        """
        dialog = self.create(
            {
                "way": way,
                "farewell_ids": [fields.Command.set(farewells.ids)],
                "waiting_ids": [fields.Command.set(waiting.ids)],
                "skipped_count": skipped_count,
            }
        )
        titles = {
            "send": self.env._("Send Letters"),
            "print": self.env._("Print Letters"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": titles[way],
            "res_model": self._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_send(self):
        """Mail these letters: one at once, several in the background.

        :return: an action that closes the dialog, or shows the progress
        :raises AccessError: for users outside Client Health
        """
        if len(self.farewell_ids) == 1:
            self.farewell_ids.action_send()
            return {"type": "ir.actions.act_window_close"}
        Batch = self.env["client.farewell.batch"]
        return Batch.action_start("send", self.farewell_ids.ids)

    def action_print(self):
        """Print these letters as they were approved.

        :return: an action: the letter, or the progress of several
        :raises AccessError: for users outside Client Health
        """
        self.check_access("read")
        return {**self.farewell_ids._print_letters(), "close_on_report_download": True}
