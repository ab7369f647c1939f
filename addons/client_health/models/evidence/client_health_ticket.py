from odoo import api, fields, models
from odoo.tools import SQL

RUSH_SILENCE_DAYS = 14
"""How long our last message stays unanswered before a rush."""
RUSH_MESSAGE_COUNT = 3
RUSH_DAYS = 2
"""So many messages within so many days after the silence are a rush."""
LOW_RATING_BELOW = 3
"""Ratings are 1, 3 or 5; Odoo calls those below 3 *not satisfied*."""


class ClientHealthTicket(models.Model):
    """One ticket, with the client's messages and ratings on it.

    Rows: tickets created within the window, archived ones too: the time was spent.
    Not: tickets whose cause was ours. A message is inbound when its author belongs
    to the client; notes and what is sent to others are not messages to the client.
    """

    _name = "client.health.ticket"
    _inherit = "client.health.evidence"
    _description = "Client Health Ticket"
    _auto = False
    _order = "create_date desc, id desc"
    _rec_name = "create_date"
    _depends = {
        "helpdesk.ticket": [
            "client_health_own_fault",
            "commercial_partner_id",
            "company_id",
            "team_id",
        ],
        "helpdesk.ticket.stage": ["closed"],
        "mail.message": [
            "author_id",
            "date",
            "is_internal",
            "message_type",
            "model",
            "res_id",
            "subtype_id",
        ],
        "mail.message.subtype": ["internal"],
        "mail.tracking.value": [
            "field_id",
            "mail_message_id",
            "new_value_integer",
            "old_value_integer",
        ],
        "rating.rating": ["consumed", "rating", "res_id", "res_model"],
        "res.partner": ["commercial_partner_id", "partner_share"],
    }

    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        readonly=True,
        groups="helpdesk_mgmt.group_helpdesk_user",
    )
    team_id = fields.Many2one(comodel_name="helpdesk.ticket.team", readonly=True)
    create_date = fields.Datetime(string="Created on", readonly=True)
    message_count = fields.Integer(string="Inbound Messages", readonly=True)
    after_hours_count = fields.Integer(
        string="After Hours",
        readonly=True,
        help="Inbound messages outside the working hours; breaks within a day are not "
        "outside.",
    )
    rush_count = fields.Integer(
        string="Rushes",
        readonly=True,
        help="Our last message stayed unanswered for 14 days or more, then came three "
        "or more messages within two days.",
    )
    reopen_count = fields.Integer(
        string="Reopened",
        readonly=True,
        help="How often the ticket went back from a closed to an open stage.",
    )
    rating_count = fields.Integer(readonly=True)
    rating_low_count = fields.Integer(
        string="Low Ratings", readonly=True, help="Ratings below 3."
    )
    rating_avg = fields.Float(string="Rating", readonly=True, aggregator="avg")

    @api.model
    def _get_rows_sql(self, periods, partner_clause):
        return SQL(
            """
            SELECT ticket.id,
                   ticket.id AS ticket_id,
                   partner.commercial_partner_id AS partner_id,
                   ticket.company_id,
                   ticket.team_id,
                   ticket.create_date,
                   traffic.message_count,
                   traffic.after_hours_count,
                   traffic.rush_count,
                   reopening.count AS reopen_count,
                   rating.count AS rating_count,
                   rating.low_count AS rating_low_count,
                   rating.total AS rating_total,
                   rating.total / NULLIF(rating.count, 0) AS rating_avg
              FROM %(periods)s
              JOIN helpdesk_ticket ticket
                ON ticket.company_id = period.company_id
               AND ticket.create_date >= period.created_from
               AND ticket.client_health_own_fault IS NOT TRUE
              JOIN res_partner partner ON partner.id = ticket.commercial_partner_id
         %(calendars)s
        CROSS JOIN LATERAL (%(traffic)s) AS traffic
        CROSS JOIN LATERAL (%(reopening)s) AS reopening
        CROSS JOIN LATERAL (%(rating)s) AS rating
             WHERE TRUE %(partner_clause)s
            """,
            periods=periods,
            partner_clause=partner_clause,
            calendars=self._get_calendars_sql(),
            traffic=self._get_traffic_sql(),
            reopening=self._get_reopening_sql(),
            rating=self._get_rating_sql(),
        )

    @api.model
    def _get_calendars_sql(self):
        """Return the join with ``calendar``, the working hours that hold for ticket.

        A team's own calendar goes before the company's, where a helpdesk addon gives
        teams one.
        """
        Team = self.env["helpdesk.ticket.team"]
        if "resource_calendar_id" not in Team._fields:
            return SQL(
                "LEFT JOIN %s ON calendar.id = period.calendar_id", self._get_hours()
            )
        return SQL(
            """
            LEFT JOIN helpdesk_ticket_team team ON team.id = ticket.team_id
            LEFT JOIN %s ON calendar.id
                      = COALESCE(team.resource_calendar_id, period.calendar_id)
            """,
            self._get_hours(),
        )

    @api.model
    def _get_hours(self):
        return self.env["client.health.hours"]._get_calendars_sql()

    @api.model
    def _get_traffic_sql(self):
        """Return how much the client wrote on ``ticket``, and how."""
        return SQL(
            """
            SELECT count(*) FILTER (WHERE inbound) AS message_count,
                   count(*) FILTER (WHERE inbound AND %(after_hours)s)
                       AS after_hours_count,
                   count(*) FILTER (
                       WHERE inbound
                         AND after_ours
                         AND silence >= make_interval(days => %(silence_days)s)
                         AND rush_time <= make_interval(days => %(rush_days)s)
                   ) AS rush_count
              FROM (
                   SELECT date,
                          inbound,
                          lag(NOT inbound) OVER thread AS after_ours,
                          date - lag(date) OVER thread AS silence,
                          lead(date, %(rush_lead)s) OVER side - date AS rush_time
                     FROM (%(messages)s) AS message
                   WINDOW thread AS (ORDER BY date, id),
                          side AS (PARTITION BY inbound ORDER BY date, id)
                   ) AS message
            """,
            after_hours=self.env["client.health.hours"]._get_after_hours_sql(),
            silence_days=RUSH_SILENCE_DAYS,
            rush_days=RUSH_DAYS,
            rush_lead=RUSH_MESSAGE_COUNT - 1,
            messages=self._get_messages_sql(),
        )

    @api.model
    def _get_messages_sql(self):
        """Return what the client and we wrote to each other on ``ticket``."""
        return SQL(
            """
            SELECT message.id,
                   message.date,
                   author.commercial_partner_id = ticket.commercial_partner_id
                       AS inbound
              FROM mail_message message
              JOIN res_partner author ON author.id = message.author_id
         LEFT JOIN mail_message_subtype subtype ON subtype.id = message.subtype_id
             WHERE message.model = 'helpdesk.ticket'
               AND message.res_id = ticket.id
               AND CASE WHEN author.commercial_partner_id
                             = ticket.commercial_partner_id
                        THEN message.message_type IN ('email', 'comment')
                        ELSE message.message_type
                                 IN ('email', 'comment', 'email_outgoing')
                             AND author.partner_share IS NOT TRUE
                             AND message.is_internal IS NOT TRUE
                             AND subtype.internal IS NOT TRUE END
            """
        )

    @api.model
    def _get_reopening_sql(self):
        """Return how often ``ticket`` left a closed stage for an open one."""
        stage = self.env["ir.model.fields"]._get("helpdesk.ticket", "stage_id")
        return SQL(
            """
            SELECT count(*) AS count
              FROM mail_message message
              JOIN mail_tracking_value value
                ON value.mail_message_id = message.id
               AND value.field_id = %s
              JOIN helpdesk_ticket_stage closed
                ON closed.id = value.old_value_integer
               AND closed.closed
              JOIN helpdesk_ticket_stage opened
                ON opened.id = value.new_value_integer
               AND opened.closed IS NOT TRUE
             WHERE message.model = 'helpdesk.ticket'
               AND message.res_id = ticket.id
               AND message.message_type = 'notification'
            """,
            stage.id,
        )

    @api.model
    def _get_rating_sql(self):
        """Return the ratings that were given on ``ticket``."""
        return SQL(
            """
            SELECT count(*) AS count,
                   count(*) FILTER (WHERE rating.rating < %s) AS low_count,
                   COALESCE(sum(rating.rating::numeric), 0) AS total
              FROM rating_rating rating
             WHERE rating.res_model = 'helpdesk.ticket'
               AND rating.res_id = ticket.id
               AND rating.consumed
               AND rating.rating > 0
            """,
            LOW_RATING_BELOW,
        )
