from odoo import fields, models


class ClientFarewellSend(models.TransientModel):
    """The last look before several letters go out."""

    _name = "client.farewell.send"
    _description = "Send Farewell Letters"

    farewell_ids = fields.Many2many(comodel_name="client.farewell")
    skipped_count = fields.Integer(readonly=True)

    def action_send(self):
        """Mail these letters in the background.

        :return: a window action that shows the progress
        :raises AccessError: for users outside Client Health
        """
        Batch = self.env["client.farewell.batch"]
        return Batch.action_start("send", self.farewell_ids.ids)
