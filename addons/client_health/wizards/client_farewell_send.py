from odoo import api, fields, models


class ClientFarewellSend(models.TransientModel):
    """The last look before several letters go out."""

    _name = "client.farewell.send"
    _description = "Send Farewell Letters"

    farewell_ids = fields.Many2many(comodel_name="client.farewell")
    skipped_count = fields.Integer(readonly=True)

    @api.model
    def _open(self, farewells, skipped_count):
        """Return a window action on these letters.

        :param int skipped_count: how many of those chosen are left out
        """
        wizard = self.create(
            {
                "farewell_ids": [fields.Command.set(farewells.ids)],
                "skipped_count": skipped_count,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Letters"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_send(self):
        """Mail these letters in the background.

        :return: a window action that shows the progress
        :raises AccessError: for users outside Client Health
        """
        Batch = self.env["client.farewell.batch"]
        return Batch.action_start("send", self.farewell_ids.ids)
