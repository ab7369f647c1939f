from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from pytz import timezone, utc

from .coaching_diary import STEP_MINUTES
from .coaching_slots import day_intervals


class CoachingCoach(models.Model):
    """When a coach calls: hours, days off and how much of it. The coach's own screen.

    A coach without hours here calls in the hours of the company.
    """

    _name = "coaching.coach"
    _description = "Opening Hours of a Coach"
    _order = "user_id"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Coach",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )
    tz = fields.Selection(related="user_id.tz", string="Clock")
    hour_ids = fields.One2many(
        comodel_name="coaching.hours", inverse_name="coach_id", string="Opening Hours"
    )
    day_off_ids = fields.One2many(
        comodel_name="coaching.day.off", inverse_name="coach_id", string="Days Off"
    )
    notice_hours = fields.Integer(
        string="Notice",
        help="Hours between now and the first time that a prospect may pick, where "
        "the track does not ask for more.",
    )
    horizon_days = fields.Integer(
        string="Horizon",
        help="How many days ahead a prospect may pick a time, where the track does "
        "not end sooner. 0 leaves it to the track.",
    )
    buffer_minutes = fields.Integer(
        string="Buffer",
        help="Minutes that stay free before and after a call, where the track does "
        "not ask for more.",
    )
    step_minutes = fields.Integer(
        string="A Start Every",
        default=STEP_MINUTES,
        required=True,
        help="Minutes between the times that are offered: 30 gives 9:00, 9:30, 10:00.",
    )
    most_per_day = fields.Integer(
        string="Most Calls a Day", help="0 leaves it to the calendar."
    )
    by_video = fields.Boolean(
        string="Rather by Video",
        help="Calls are by video unless the prospect chooses the telephone. Without "
        "this it is the other way round.",
    )

    _user_unique = models.Constraint(
        "UNIQUE(user_id)", "This coach has opening hours already."
    )
    _step_sensible = models.Constraint(
        "CHECK(step_minutes BETWEEN 5 AND 480)",
        "A start every five minutes at most, and every eight hours at least.",
    )
    _most_per_day_positive = models.Constraint(
        "CHECK(most_per_day >= 0)", "The number of calls cannot be negative."
    )
    _numbers_in_range = models.Constraint(
        """
        CHECK(notice_hours BETWEEN 0 AND 8760 AND horizon_days BETWEEN 0 AND 730
              AND buffer_minutes BETWEEN 0 AND 1440)
        """,
        "Notice is a year at most, the horizon two years and the buffer a day; none "
        "is negative.",
    )

    @api.model
    def action_open_mine(self):
        """Open the user's own hours, with the company's working week to begin with."""
        mine = self.search([("user_id", "=", self.env.uid)])
        mine = mine or self.create({"user_id": self.env.uid})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Opening Hours"),
            "res_model": self._name,
            "res_id": mine.id,
            "views": [(False, "form")],
        }

    def action_fill_week(self):
        """Begin with nine to five from Monday to Friday.

        :raises UserError: when there are hours already
        """
        self.ensure_one()
        if self.hour_ids:
            raise UserError(self.env._("There are hours already."))
        self.hour_ids.create(
            [{"coach_id": self.id, "weekday": str(day)} for day in range(5)]
        )
        return True

    def _get_calls_within(self, first, last):
        """The calls still to come on the days from ``first`` to ``last``."""
        zone = timezone(self.user_id.tz or "UTC")
        ((start, stop, _x),) = day_intervals(
            [first + timedelta(days=n) for n in range((last - first).days + 1)], zone
        )
        return self.env["coaching.call"].search(
            [
                ("user_id", "=", self.user_id.id),
                ("state", "=", "planned"),
                ("start", ">", fields.Datetime.now()),
                ("start", "<", stop.astimezone(utc).replace(tzinfo=None)),
                ("stop", ">", start.astimezone(utc).replace(tzinfo=None)),
            ]
        )

    def _show_leads(self, leads):
        title = self.env._("Calls on Days Off")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": leads._name,
            "domain": [["id", "in", leads.ids]],
            "views": [
                (self.env.ref("coaching_leads.crm_lead_view_list_off").id, "list"),
                (False, "form"),
            ],
        }
