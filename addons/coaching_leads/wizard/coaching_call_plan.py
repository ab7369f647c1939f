from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from pytz import utc

from ..dates import format_day

SHOWN = 60


class CoachingCallPlan(models.TransientModel):
    """The free times of the coach, or any moment that a colleague types."""

    _name = "coaching.call.plan"
    _description = "Plan a Coaching Call"

    lead_id = fields.Many2one(
        comodel_name="crm.lead", required=True, ondelete="cascade", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Coach", readonly=True, ondelete="cascade"
    )
    slot_ids = fields.One2many(
        comodel_name="coaching.call.slot",
        inverse_name="plan_id",
        string="Free Times",
        readonly=True,
    )
    shown_until = fields.Char(readonly=True)
    has_more = fields.Boolean(readonly=True)
    start = fields.Datetime(
        string="Another Moment", help="Also one that is not offered to prospects."
    )
    is_busy = fields.Boolean(compute="_compute_is_busy")

    @api.depends("start")
    def _compute_is_busy(self):
        for plan in self:
            start = plan.start and utc.localize(plan.start.replace(second=0))
            plan.is_busy = start and not plan.lead_id._coaching_is_free(start)

    def _prepare_plan_vals(self, lead, shown=0):
        """Return the values to show the next free times for ``lead``.

        :param int shown: how many of them were shown already
        """
        starts = lead._coaching_call_starts(for_visitor=False)
        page = starts[: shown + SHOWN]
        last = page and page[-1].replace(tzinfo=None)
        last = last and fields.Datetime.context_timestamp(self, last).date()
        return {
            "lead_id": lead.id,
            "user_id": lead._coaching_owner().id,
            "shown_until": last and format_day(self.env, last),
            "has_more": len(starts) > len(page),
            "slot_ids": [
                Command.clear(),
                *(Command.create({"start": s.replace(tzinfo=None)}) for s in page),
            ],
        }

    def action_more(self):
        """Show later times as well."""
        self.ensure_one()
        self.write(self._prepare_plan_vals(self.lead_id, len(self.slot_ids)))
        return self.lead_id._coaching_open_planner() | {"res_id": self.id}

    def action_plan(self):
        """Plan the call at the moment that was typed.

        :raises UserError: without a moment, or for one in the past
        """
        self.ensure_one()
        lead = self.lead_id
        lead.check_access("write")
        if not self.start or self.start <= fields.Datetime.now():
            raise UserError(self.env._("Choose a moment that is still to come."))
        lead._coaching_plan(
            utc.localize(self.start.replace(second=0)), for_visitor=False, anytime=True
        )
        lead._coaching_mark_contacted()
        return {"type": "ir.actions.act_window_close"}
