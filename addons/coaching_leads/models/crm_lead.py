from odoo import fields, models


class CrmLead(models.Model):
    """A lead that may come from the public coaching page.

    The way of the call and what follows it is in ``crm_lead_call.py``.
    """

    _inherit = "crm.lead"

    coaching_track_id = fields.Many2one(
        comodel_name="coaching.track",
        string="Track",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
    )
    coaching_goal = fields.Text(
        string="Wants to Reach", help="In the prospect's own words."
    )
    coaching_obstacle = fields.Text(string="Stands in the Way")
    coaching_strengths = fields.Text(string="Goes Well")
    coaching_call_moment = fields.Char(
        string="Prefers a Call On", help="Days and parts of the day."
    )
    coaching_requested_on = fields.Datetime(
        string="Requested On",
        copy=False,
        help="When the prospect last asked for a call.",
    )
    coaching_call_before = fields.Datetime(
        string="Call Before",
        copy=False,
        index="btree_not_null",
        help="One working hour after the request, by the company's calendar.",
    )
    coaching_session_state = fields.Selection(
        selection=[
            ("requested", "Requested"),
            ("planned", "Planned"),
            ("held", "Held"),
            ("no_show", "No Show"),
            ("cancelled", "Cancelled"),
        ],
        string="Call",
        copy=False,
        index="btree_not_null",
        tracking=True,
    )
    coaching_event_id = fields.Many2one(
        comodel_name="calendar.event",
        string="Planned Call",
        ondelete="set null",
        copy=False,
        index="btree_not_null",
    )
    coaching_outcome = fields.Selection(
        selection=[
            ("opportunity", "Opportunity"),
            ("later", "Later"),
            ("other_help", "Other Help"),
            ("no_fit", "No Fit"),
        ],
        string="Outcome",
        copy=False,
        tracking=True,
    )
