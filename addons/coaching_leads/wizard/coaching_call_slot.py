from odoo import api, fields, models

from ..dates import format_moment


class CoachingCallSlot(models.TransientModel):
    """One free time in the dialog."""

    _name = "coaching.call.slot"
    _description = "Free Time for a Coaching Call"
    _order = "start"
    _rec_name = "label"

    plan_id = fields.Many2one(
        comodel_name="coaching.call.plan", required=True, ondelete="cascade"
    )
    start = fields.Datetime(required=True, readonly=True)
    label = fields.Char(compute="_compute_label")

    @api.depends("start")
    @api.depends_context("lang", "tz")
    def _compute_label(self):
        for slot in self:
            slot.label = format_moment(slot, slot.start, short=True)

    def action_pick(self):
        """Plan the call at this time.

        :raises UserError: when the time was taken meanwhile
        """
        self.ensure_one()
        lead = self.plan_id.lead_id.with_context(coaching_start=self.start)
        lead.action_coaching_plan()
        return {"type": "ir.actions.act_window_close"}
