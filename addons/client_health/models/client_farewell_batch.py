import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.pdf import merge_pdf

from ..access import AMOUNT_GROUPS


class ClientFarewellBatch(models.Model):
    """Many letters in one go: printed or mailed one by one, with visible progress.

    Each letter is committed by itself, so one that fails loses none of the others.
    """

    _name = "client.farewell.batch"
    _description = "Farewell Letters in One Go"
    _inherit = "client.health.protected"
    _order = "id desc"
    _protected_fields = ("result_pdf",)

    kind = fields.Selection(
        selection=[("print", "Print"), ("send", "Send by e-mail")],
        required=True,
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="client.farewell.batch.line",
        inverse_name="batch_id",
        string="Letters",
        readonly=True,
    )
    state = fields.Selection(
        selection=[("running", "Running"), ("finished", "Finished")],
        compute="_compute_progress",
    )
    progress = fields.Float(
        compute="_compute_progress", help="Part of the letters handled, in percent."
    )
    failed_count = fields.Integer(string="Failed", compute="_compute_progress")
    result_pdf = fields.Binary(
        string="Letters to Print", readonly=True, groups=AMOUNT_GROUPS
    )
    result_filename = fields.Char(compute="_compute_result_filename")

    @api.depends("line_ids.state")
    def _compute_progress(self):
        for batch in self:
            states = batch.line_ids.mapped("state")
            handled = sum(state in ("done", "failed") for state in states)
            batch.progress = 100 * handled / (len(states) or 1)
            batch.failed_count = states.count("failed")
            batch.state = "running" if handled < len(states) else "finished"

    @api.depends("kind")
    def _compute_display_name(self):
        for batch in self:
            batch.display_name = self.env._(
                "%(count)s letters", count=len(batch.line_ids)
            )

    def _compute_result_filename(self):
        for batch in self:
            batch.result_filename = f"{batch.display_name}.pdf"

    @api.model
    def action_start(self, kind, farewell_ids):
        """Start handling cases in the background and show how far it is.

        :param str kind: ``print`` or ``send``
        :param list farewell_ids: the cases, each handled once
        :return: a window action on the new batch
        :raises AccessError: if the user may not read one of them
        :raises UserError: for another kind, without cases, or to print for who may
            not see what letters say is to be paid
        """
        self.check_access("create")
        if kind not in ("print", "send") or not farewell_ids:
            raise UserError(self.env._("Choose letters to print or to send."))
        farewells = self.env["client.farewell"].browse(dict.fromkeys(farewell_ids))
        farewells.check_access("read")
        if kind == "print":
            farewells._check_sees_amounts()
        batch = self.create(
            {
                "kind": kind,
                "line_ids": [
                    fields.Command.create({"farewell_id": farewell.id})
                    for farewell in farewells
                ],
            }
        )
        batch._trigger()
        return batch._get_action()

    def action_retry(self):
        """Handle once more what failed."""
        self.check_access("read")
        # Lines are the system's own; a batch is only seen by who started it.
        failed = self.sudo().line_ids.filtered(lambda line: line.state == "failed")
        failed.write({"state": "todo", "error": False})
        self._trigger()
        return True

    def _trigger(self):
        # Users may not read crons; they may only start this one.
        cron = self.env.ref("client_health.client_farewell_batch_cron").sudo()
        cron._trigger()

    def _get_action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Letters in One Go"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def _cron_run(self):
        """Handle what waits; stopped anywhere, it goes on where it was."""
        Line = self.env["client.farewell.batch.line"]
        Line.search([("state", "=", "busy")])._settle()
        todo = Line.search([("state", "=", "todo")])
        Cron = self.env["ir.cron"]
        if not Cron._commit_progress(remaining=len(todo)):
            return
        for line in todo:
            line._run()
            line.batch_id._finish()
            if not Cron._commit_progress(1):
                self._trigger()  # go on at once instead of at the next round
                return

    def _finish(self):
        """Put printed letters together once all are there, in the chosen order."""
        for batch in self:
            if batch.kind == "send" or batch.state == "running":
                continue
            pages = batch.line_ids.filtered("pdf")
            if pages:
                contents = [base64.b64decode(line.pdf) for line in pages]
                batch.result_pdf = base64.b64encode(merge_pdf(contents))
                pages.pdf = False

    @api.autovacuum
    def _gc_batches(self):
        """Forget batches after a month; the cases themselves keep what was sent."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), months=1)
        self.search([("create_date", "<", limit)]).unlink()
