from odoo import api, fields, models

FOLLOWED = {"start", "stop", "duration", "active", "user_id", "videocall_location"}


class CalendarEvent(models.Model):
    """What staff change in the calendar, the call follows, and with it the prospect."""

    _inherit = "calendar.event"

    coaching_call_ids = fields.One2many(
        comodel_name="coaching.call",
        inverse_name="event_id",
        string="Coaching Calls",
        groups="sales_team.group_sale_salesman",
    )

    def write(self, vals):
        follow = FOLLOWED & vals.keys()
        result = super().write(vals)
        if follow and not self.env.context.get("coaching_call_leads"):
            # sudo: colleagues without access to leads move calls in the calendar too
            self.sudo().coaching_call_ids._follow_event()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_coaching_call(self):
        """Deleting a call in the calendar cancels it."""
        # sudo: see write
        self.sudo().coaching_call_ids._follow_deleted_event()
