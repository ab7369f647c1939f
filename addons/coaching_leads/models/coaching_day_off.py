from odoo import api, fields, models


class CoachingDayOff(models.Model):
    """Days on which a coach does not call."""

    _name = "coaching.day.off"
    _description = "Days Off of a Coach"
    _order = "date_from desc, id"

    coach_id = fields.Many2one(
        comodel_name="coaching.coach", required=True, ondelete="cascade", index=True
    )
    # without a default: a line that the list adds by itself says nothing and goes
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until", required=True, help="The last day off.")
    name = fields.Char(string="For Ourselves")
    call_count = fields.Integer(
        string="Planned Calls",
        compute="_compute_call_count",
        help="Calls that are planned on these days: move them or hand them over.",
    )

    _dates_ordered = models.Constraint(
        "CHECK(date_from <= date_to)", "The last day off is not before the first."
    )

    @api.depends("date_from", "date_to", "coach_id.user_id")
    def _compute_call_count(self):
        for off in self:
            off.call_count = len(off._get_calls())

    @api.onchange("date_from", "date_to")
    def _onchange_dates(self):
        """End no sooner than it begins, and say at once what is planned by then."""
        self.date_to = max(filter(None, (self.date_from, self.date_to)), default=False)
        if not self.call_count:
            return None
        return {
            "warning": {
                "title": self.env._("Calls are planned on these days"),
                "message": self.env._(
                    "Save, then move them or hand them over: %(count)s.",
                    count=self.call_count,
                ),
                "type": "notification",
            }
        }

    def _get_calls(self):
        """The calls planned on these days, on the coach's clock."""
        days = (self.date_from, self.date_to)
        if not all(days) or days[0] > days[1]:
            return self.env["coaching.call"]
        return self.coach_id._get_calls_within(*days)

    def action_show_calls(self):
        """Show the leads whose call is planned on these days."""
        self.ensure_one()
        return self.coach_id._show_leads(self._get_calls().lead_id)
