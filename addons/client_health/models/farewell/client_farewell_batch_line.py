import base64
import logging

from odoo import fields, models

_logger = logging.getLogger(__name__)


class ClientFarewellBatchLine(models.Model):
    """One letter of a batch."""

    _name = "client.farewell.batch.line"
    _description = "Farewell Letter of a Batch"

    batch_id = fields.Many2one(
        comodel_name="client.farewell.batch",
        required=True,
        index=True,
        ondelete="cascade",
    )
    farewell_id = fields.Many2one(
        comodel_name="client.farewell", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        selection=[
            ("todo", "Waiting"),
            ("busy", "Busy"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="todo",
        required=True,
        index=True,
    )
    error = fields.Char()
    pdf = fields.Binary()

    def _run(self):
        """Handle one letter with the rights of who started the batch."""
        self.ensure_one()
        user = self.batch_id.create_uid
        case = self.farewell_id.with_user(user).with_context(
            lang=user.lang, allowed_company_ids=self.farewell_id.company_id.ids
        )
        self._claim()
        try:
            with self.env.cr.savepoint():
                self._handle(case)
        except Exception as error:  # whatever it is, the other letters go on
            _logger.info("Letter %s of a batch failed", self.id, exc_info=True)
            self._fail(str(error))

    def _claim(self):
        """A mail cannot be called back: remember that this one was tried."""
        self.state = "busy"
        if self.batch_id.kind == "send":
            self.env["ir.cron"]._commit_progress()

    def _handle(self, case):
        if self.batch_id.kind == "print":
            case.check_access("read")
            self.pdf = base64.b64encode(case._render_letter_pdf())
        else:
            case.action_send()
        self.write({"state": "done", "error": case.send_error})
        if self.batch_id.kind == "send" and case.send_error:
            self._fail(case.send_error)

    def _fail(self, error):
        self.write({"state": "failed", "error": error})
