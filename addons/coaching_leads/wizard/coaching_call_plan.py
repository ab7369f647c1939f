from odoo import fields, models
from odoo.fields import Command

SHOWN = 60


class CoachingCallPlan(models.TransientModel):
    """The free times of the coach; clicking one plans or moves the call."""

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

    def _prepare_plan_vals(self, lead):
        """Return the values to show the next free times for ``lead``."""
        starts = lead._coaching_call_starts(for_visitor=False)[:SHOWN]
        return {
            "lead_id": lead.id,
            "user_id": lead._coaching_owner().id,
            "slot_ids": [
                Command.create({"start": start.replace(tzinfo=None)})
                for start in starts
            ],
        }
