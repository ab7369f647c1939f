from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.period import get_periods_sql

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
    _source = "ticket"
    _source_sequence = 30
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

    def _get_document(self):
        return self.ticket_id

    @api.model
    def _get_title(self):
        return self.env._("Time and Ratings")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT ticket.*,
                   rating.count AS rating_count,
                   rating.low_count AS rating_low_count,
                   rating.total AS rating_total,
                   rating.total / NULLIF(rating.count, 0) AS rating_avg
              FROM (%s) AS ticket
        CROSS JOIN LATERAL (%s) AS rating
            """,
            self._get_traffic_sql(periods, client_ids),
            self._get_rating_sql(),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) AS ticket_count,
                   sum(message_count) AS message_count,
                   sum(message_count) / count(*) AS messages_per_ticket,
                   sum(reopen_count) AS reopen_count,
                   sum(after_hours_count) / NULLIF(sum(message_count), 0)
                       AS after_hours_share,
                   sum(rush_count) AS rush_count,
                   sum(rating_count) AS rating_count,
                   sum(rating_total) / NULLIF(sum(rating_count), 0) AS rating_avg,
                   sum(rating_low_count) / NULLIF(sum(rating_count), 0)
                       AS rating_low_share
              FROM (%s) AS ticket
          GROUP BY partner_id, company_id
            """,
            self._get_rows_sql(periods, client_ids),
        )

    @api.model
    def _get_traffic_sql(self, periods, client_ids):
        """Return the tickets with how much the client wrote on them, and how.

        The windows are cut by ticket and client, so that PostgreSQL can push a
        condition on either down to the tables.
        """
        return SQL(
            """
            SELECT id,
                   id AS ticket_id,
                   partner_id,
                   company_id,
                   team_id,
                   create_date,
                   count(*) FILTER (WHERE inbound) AS message_count,
                   count(*) FILTER (WHERE inbound AND after_hours)
                       AS after_hours_count,
                   count(*) FILTER (
                       WHERE inbound
                         AND after_ours
                         AND silence >= make_interval(days => %(silence_days)s)
                         AND rush_time <= make_interval(days => %(rush_days)s)
                   ) AS rush_count,
                   count(*) FILTER (WHERE is_reopening) AS reopen_count
              FROM (
                   SELECT *,
                          lag(NOT inbound) OVER thread AS after_ours,
                          date - lag(date) OVER thread AS silence,
                          lead(date, %(rush_lead)s) OVER side - date AS rush_time
                     FROM (%(messages)s) AS message
                   WINDOW thread AS (PARTITION BY id, partner_id, is_message
                                     ORDER BY date, message_id),
                          side AS (PARTITION BY id, partner_id, is_message, inbound
                                   ORDER BY date, message_id)
                   ) AS message
          GROUP BY id, partner_id, company_id, team_id, create_date
            """,
            silence_days=RUSH_SILENCE_DAYS,
            rush_days=RUSH_DAYS,
            rush_lead=RUSH_MESSAGE_COUNT - 1,
            messages=self._get_messages_sql(periods, client_ids),
        )

    @api.model
    def _get_messages_sql(self, periods, client_ids):
        """Return the tickets with what was written on each, a row per message.

        ``inbound`` is whether the client wrote it to us; empty for what neither
        wrote to the other: notes, changes of stage, nothing at all.
        """
        return SQL(
            """
            SELECT ticket.id,
                   partner.commercial_partner_id AS partner_id,
                   ticket.company_id,
                   ticket.team_id,
                   ticket.create_date,
                   message.id AS message_id,
                   message.date,
                   side.inbound,
                   side.inbound IS NOT NULL AS is_message,
                   CASE WHEN side.inbound THEN %(after_hours)s END AS after_hours,
                   value.id IS NOT NULL AS is_reopening
              FROM %(periods)s
              JOIN helpdesk_ticket ticket
                ON ticket.company_id = period.company_id
               AND ticket.create_date >= period.created_from
               AND ticket.client_health_own_fault IS NOT TRUE
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = ticket.commercial_partner_id
         LEFT JOIN helpdesk_ticket_team team ON team.id = ticket.team_id
         LEFT JOIN mail_message message
                ON message.model = 'helpdesk.ticket'
               AND message.res_id = ticket.id
         LEFT JOIN res_partner author ON author.id = message.author_id
         LEFT JOIN mail_tracking_value value
                ON value.mail_message_id = message.id
               AND value.field_id = %(stage_field)s
               AND value.old_value_integer = ANY(ARRAY(
                   SELECT id FROM helpdesk_ticket_stage WHERE closed))
               AND value.new_value_integer = ANY(ARRAY(
                   SELECT id FROM helpdesk_ticket_stage WHERE closed IS NOT TRUE))
        CROSS JOIN LATERAL (SELECT %(inbound)s AS inbound) AS side
            """,
            after_hours=self.env["client.health.hours"]._get_after_hours_sql(periods),
            periods=get_periods_sql(periods),
            stage_field=self.env["ir.model.fields"]
            ._get("helpdesk.ticket", "stage_id")
            .id,
            inbound=self._get_inbound_sql(),
            clients_clause=self._get_clients_clause(
                SQL("ticket.commercial_partner_id"), client_ids
            ),
        )

    @api.model
    def _get_inbound_sql(self):
        return SQL(
            """
            CASE WHEN author.commercial_partner_id = partner.commercial_partner_id
                 THEN CASE WHEN message.message_type IN ('email', 'comment')
                           THEN TRUE END
                 WHEN message.message_type IN ('email', 'comment', 'email_outgoing')
                      AND author.partner_share IS FALSE
                      AND message.is_internal IS NOT TRUE
                      AND message.subtype_id <> ALL(ARRAY(
                          SELECT id FROM mail_message_subtype WHERE internal))
                      IS NOT FALSE
                 THEN FALSE END
            """
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
