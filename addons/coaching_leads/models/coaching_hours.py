from odoo import api, fields, models
from odoo.exceptions import ValidationError

DAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class CoachingHours(models.Model):
    """From when to when a coach calls on one day of the week."""

    _name = "coaching.hours"
    _description = "Hours for Coaching Calls"
    _order = "weekday, hour_from, id"

    coach_id = fields.Many2one(
        comodel_name="coaching.coach", required=True, ondelete="cascade", index=True
    )
    # without a default: a line that the list adds by itself says nothing and goes
    weekday = fields.Selection(selection=DAYS, string="Day", required=True)
    hour_from = fields.Float(string="From", required=True, default=9.0)
    hour_to = fields.Float(string="To", required=True, default=17.0)

    @api.constrains("hour_from", "hour_to")
    def _check_hours(self):
        for hours in self:
            if not 0 <= hours.hour_from < hours.hour_to <= 24:
                raise ValidationError(
                    self.env._("Hours begin before they end, on one day.")
                )
