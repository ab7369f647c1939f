from odoo import fields, models
from odoo.tools import SQL


class CoachingReport(models.Model):
    """A row per request, how fast it was answered; and per call, what became of it."""

    _name = "coaching.report"
    _description = "Coaching Report"
    _auto = False
    _rec_name = "lead_id"
    _order = "date desc"

    lead_id = fields.Many2one(comodel_name="crm.lead", readonly=True)
    call_id = fields.Many2one(comodel_name="coaching.call", readonly=True)
    date = fields.Datetime(string="Requested On", readonly=True)
    start = fields.Datetime(string="Call At", readonly=True)
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
        return SQL("%s UNION ALL %s", self._select_leads(), self._select_calls())

    def _select_leads(self):
        return SQL(
            """
            SELECT id * 2::bigint AS id,
                   id AS lead_id,
                   NULL::int AS call_id,
                   COALESCE(coaching_requested_on, create_date) AS date,
                   NULL::timestamp AS start,
                   coaching_track_id AS track_id,
                   team_id, user_id, source_id, company_id,
                   coaching_outcome AS outcome,
                   1 AS requested,
                   0 AS planned,
                   0 AS held,
                   (won_status = 'won')::int AS won,
                   0 AS cancelled,
                   0 AS no_show,
                   NULL::numeric AS no_show_rate,
                   CASE WHEN coaching_first_contact_on IS NOT NULL
                        THEN coaching_first_contact_hours
                   END AS first_contact_hours
              FROM crm_lead
             WHERE coaching_track_id IS NOT NULL
            """
        )

    def _select_calls(self):
        return SQL(
            """
            SELECT call.id * 2::bigint + 1 AS id,
                   lead.id AS lead_id,
                   call.id AS call_id,
                   COALESCE(lead.coaching_requested_on, lead.create_date) AS date,
                   call.start,
                   COALESCE(call.track_id, lead.coaching_track_id) AS track_id,
                   lead.team_id, lead.user_id, lead.source_id, lead.company_id,
                   call.outcome,
                   0 AS requested,
                   1 AS planned,
                   (call.state = 'held')::int AS held,
                   0 AS won,
                   (call.state = 'cancelled')::int AS cancelled,
                   (call.state = 'no_show')::int AS no_show,
                   CASE WHEN call.state IN ('held', 'no_show')
                        THEN (call.state = 'no_show')::int * 100.0
                   END AS no_show_rate,
                   NULL::float AS first_contact_hours
              FROM coaching_call call
              JOIN crm_lead lead ON lead.id = call.lead_id
             WHERE COALESCE(call.track_id, lead.coaching_track_id) IS NOT NULL
            """
        )
