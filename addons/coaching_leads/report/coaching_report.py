from odoo import fields, models
from odoo.tools import SQL


class CoachingReport(models.Model):
    """A row per request for a call: how far it came, and how fast it was answered."""

    _name = "coaching.report"
    _description = "Coaching Report"
    _auto = False
    _rec_name = "lead_id"
    _order = "date desc"

    lead_id = fields.Many2one(comodel_name="crm.lead", readonly=True)
    date = fields.Datetime(string="Requested On", readonly=True)
    track_id = fields.Many2one(comodel_name="coaching.track", readonly=True)
    team_id = fields.Many2one(
        comodel_name="crm.team", string="Sales Team", readonly=True
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Owner", readonly=True)
    source_id = fields.Many2one(comodel_name="utm.source", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    outcome = fields.Selection(
        selection=lambda self: (
            self.env["crm.lead"]
            ._fields["coaching_outcome"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    requested = fields.Integer(readonly=True)
    planned = fields.Integer(
        readonly=True, help="A call was planned, whatever became of it."
    )
    held = fields.Integer(readonly=True)
    won = fields.Integer(readonly=True)
    cancelled = fields.Integer(readonly=True)
    no_show = fields.Integer(string="No Shows", readonly=True)
    no_show_rate = fields.Float(
        string="No-Show Rate",
        readonly=True,
        aggregator="avg",
        help="Percentage of the calls at the agreed time that nobody answered.",
    )
    first_contact_hours = fields.Float(
        string="Hours to First Contact",
        readonly=True,
        aggregator="avg",
        help="Working hours between the request and the first contact.",
    )

    @property
    def _table_query(self):
        return SQL("%s %s", self._select(), self._from_where())

    def _select(self):
        return SQL(
            """
            SELECT id,
                   id AS lead_id,
                   COALESCE(coaching_requested_on, create_date) AS date,
                   coaching_track_id AS track_id,
                   team_id, user_id, source_id, company_id,
                   coaching_outcome AS outcome,
                   1 AS requested,
                   (coaching_planned_on IS NOT NULL
                    OR coaching_held_on IS NOT NULL)::int AS planned,
                   (coaching_held_on IS NOT NULL)::int AS held,
                   (won_status = 'won')::int AS won,
                   (coaching_session_state = 'cancelled')::int AS cancelled,
                   (coaching_session_state = 'no_show')::int AS no_show,
                   CASE WHEN coaching_session_state IN ('held', 'no_show')
                        THEN (coaching_session_state = 'no_show')::int * 100.0
                   END AS no_show_rate,
                   CASE WHEN coaching_first_contact_on IS NOT NULL
                        THEN coaching_first_contact_hours
                   END AS first_contact_hours
            """
        )

    def _from_where(self):
        return SQL("FROM crm_lead WHERE coaching_track_id IS NOT NULL")
