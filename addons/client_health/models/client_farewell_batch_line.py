import base64
import logging

from odoo import fields, models

from ..access import AMOUNT_GROUPS

_logger = logging.getLogger(__name__)


class ClientFarewellBatchLine(models.Model):
    """One letter of a batch."""

    _name = "client.farewell.batch.line"
    _description = "Farewell Letter of a Batch"
    _inherit = "client.health.protected"
    _protected_fields = ("state", "error", "pdf")

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
        readonly=True,
        index=True,
    )
    error = fields.Char(readonly=True)
    pdf = fields.Binary(readonly=True, groups=AMOUNT_GROUPS)

    def _run(self):
        """Handle one letter with the rights of who started the batch."""
        self.ensure_one()
        case = self._get_case()
        if self.batch_id.kind == "print":
            self._attempt(lambda: self._print(case))
        elif self._attempt(lambda: self._prepare(case)):
            self.env["ir.cron"]._commit_progress()  # it is about to be handed over
            self._attempt(lambda: self._deliver(case))

    def _get_case(self):
        user = self.batch_id.create_uid
        return self.farewell_id.with_user(user).with_context(
            lang=user.lang, allowed_company_ids=self.farewell_id.company_id.ids
        )

    def _attempt(self, step):
        """Take a step; whatever goes wrong with it, the other letters go on.

        :return: whether it was taken
        """
        try:
            with self.env.cr.savepoint():
                step()
        except Exception as error:
            _logger.info("Letter %s of a batch failed", self.id, exc_info=True)
            self._fail(str(error))
            return False
        return True

    def _print(self, case):
        case.check_access("read")
        case._check_current("post")
        self.pdf = base64.b64encode(case._render_letter_pdf())
        self.state = "done"

    def _prepare(self, case):
        case._take("approved")
        case._check_sendable()
        case._prepare_mail()
        self.state = "busy"

    def _deliver(self, case):
        case._deliver_mail()
        self._settle()

    def _settle(self):
        """Take over how sending ended, also where it was interrupted."""
        for line in self:
            case = line.farewell_id.with_context(lang=line.batch_id.create_uid.lang)
            if case.state != "approved":
                line.write({"state": "done", "error": False})
            elif case.sending_date:
                line._fail(case.env._("Interrupted: say in the case if it was sent."))
            else:
                told = filter(None, (case.send_advice, case.send_error))
                line._fail("\n".join(told) or case.env._("It was not sent."))

    def _fail(self, error):
        self.write({"state": "failed", "error": error})
