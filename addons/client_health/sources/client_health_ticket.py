from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.period import get_booked_sql, get_span

RUSH_SILENCE_DAYS = 14
"""How long our last message stays unanswered before a rush."""
RUSH_MESSAGE_COUNT = 3
RUSH_DAYS = 2
"""So many messages within so many days after the silence are a rush."""
SLIP_HOURS = 1
"""Who opens again within this time what they closed themselves did so by mistake."""
CLOCK_DAYS = 1
"""A mail's own clock is believed as far as this from when it reached us."""
WRITTEN = ("comment", "email", "email_outgoing")
"""What people write; changes of stage are told by other messages."""
ADDRESS = r"[^\s<>,;\"]+@[^\s<>,;\"]+"
EMPTY = r"<[^>]*>|&nbsp;|\s"
"""What is left of a message that was removed."""
LOW_RATING_BELOW = 3
"""Ratings are 1, 3 or 5; Odoo calls those below 3 *not satisfied*."""


class ClientHealthTicket(models.Model):
    """One ticket, with the client's messages and ratings on it.

    Rows: tickets created within the window, archived ones too: the time was spent.
    Not: tickets whose cause was ours, those merged into another, and those that an
    automatic mail opened and nobody wrote on.

    A message is inbound when a person of the client wrote it: its author belongs to
    the client and is no colleague, or it is a mail without author from an address of
    the client's or from who opened the ticket. Automatic mails and messages that were
    removed are none. Notes and what is sent to others are no messages to the client.
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
            "client_health_merged_into_id",
            "client_health_own_fault",
            "closed_date",
            "commercial_partner_id",
            "company_id",
            "partner_email",
            "stage_id",
            "team_id",
        ],
        "helpdesk.ticket.stage": ["closed"],
        "mail.message": [
            "attachment_ids",
            "author_id",
            "body",
            "client_health_automatic",
            "date",
            "email_from",
            "is_internal",
            "message_id",
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
        "res.partner": ["commercial_partner_id", "email_normalized"],
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
        help="Our last message stayed unanswered for 14 days or more while the ticket "
        "was open, then came three or more messages within two days.",
    )
    reopen_count = fields.Integer(
        string="Reopened",
        readonly=True,
        help="How often colleagues put the ticket back from a closed to an open stage; "
        "not what they closed themselves within the hour before.",
    )
    rating_count = fields.Integer(string="Ratings Given", readonly=True)
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
    def _get_load_sql(self, client_ids=None):
        clients = SQL()
        if client_ids is not None:
            clients = SQL("WHERE commercial_partner_id = ANY(%s)", client_ids)
        return SQL(
            "SELECT commercial_partner_id AS partner_id, count(*) AS number"
            "  FROM helpdesk_ticket %s GROUP BY commercial_partner_id",
            clients,
        )

    @api.model
    def _get_traffic_sql(self, periods, client_ids):
        """Return the tickets with how much the client wrote on them, and how.

        The window is cut by ticket and client, so that PostgreSQL can push a
        condition on either down to the tables. A silence is rare: what came after it
        is counted on its ticket only.
        """
        return SQL(
            """
            SELECT id,
                   id AS ticket_id,
                   partner_id,
                   company_id,
                   team_id,
                   create_date,
                   message_count,
                   after_hours_count,
                   CASE WHEN silences IS NULL THEN 0 ELSE (
                        SELECT count(*)
                          FROM unnest(silences) AS start
                         WHERE (SELECT count(*) FROM unnest(inbound_dates) AS came
                                 WHERE came BETWEEN start AND start
                                       + make_interval(days => %(rush_days)s))
                               >= %(rush_count)s) END AS rush_count,
                   reopen_count
              FROM (
                   SELECT id,
                          partner_id,
                          min(company_id) AS company_id,
                          min(team_id) AS team_id,
                          min(create_date) AS create_date,
                          count(*) FILTER (WHERE inbound) AS message_count,
                          count(*) FILTER (WHERE inbound AND after_hours)
                              AS after_hours_count,
                          array_agg(date) FILTER (WHERE inbound) AS inbound_dates,
                          array_agg(date) FILTER (
                              WHERE inbound
                                AND after_ours IS TRUE
                                AND silence >= make_interval(days => %(silence_days)s)
                                AND NOT %(was_closed)s
                          ) AS silences,
                          count(*) FILTER (WHERE is_reopening AND %(is_evidence)s)
                              AS reopen_count
                     FROM (
                          SELECT *,
                                 lag(NOT inbound) OVER thread AS after_ours,
                                 date - lag(date) OVER thread AS silence
                            FROM (%(messages)s) AS message
                          WINDOW thread AS (PARTITION BY id, partner_id, is_message
                                            ORDER BY date, message_id)
                          ) AS message
                 GROUP BY id, partner_id
                   HAVING count(*) FILTER (WHERE inbound) > 0
                       OR (min(message_id) FILTER (WHERE is_automatic)
                           = min(message_id)) IS NOT TRUE
                   ) AS ticket
            """,
            silence_days=RUSH_SILENCE_DAYS,
            rush_days=RUSH_DAYS,
            rush_count=RUSH_MESSAGE_COUNT,
            was_closed=self._get_was_closed_sql(),
            is_evidence=self._get_is_evidence_sql(),
            messages=self._get_messages_sql(periods, client_ids),
        )

    @api.model
    def _get_messages_sql(self, periods, client_ids):
        """Return the tickets with what was written on each, a row per message.

        ``inbound`` is whether the client wrote it to us; empty for what neither
        wrote to the other: notes, changes of stage, nothing at all. It is worked out
        once (``OFFSET 0``): windows and sums name it a dozen times.
        """
        return SQL(
            """
            SELECT ticket.id,
                   partner.commercial_partner_id AS partner_id,
                   period.company_id,
                   ticket.team_id,
                   ticket.create_date,
                   ticket.closed_date,
                   ticket.stage_id,
                   message.id AS message_id,
                   message.author_id,
                   message.is_automatic,
                   message.date,
                   side.inbound,
                   side.inbound IS NOT NULL AS is_message,
                   CASE WHEN side.inbound THEN %(after_hours)s END AS after_hours,
                   message.message_type <> ALL(%(written)s) AND EXISTS (
                       SELECT FROM mail_tracking_value value
                        WHERE value.mail_message_id = message.id
                          AND value.field_id = %(stage_field)s
                          AND value.old_value_integer = ANY(ARRAY(
                              SELECT id FROM helpdesk_ticket_stage WHERE closed))
                          AND value.new_value_integer = ANY(ARRAY(
                              SELECT id FROM helpdesk_ticket_stage
                               WHERE closed IS NOT TRUE))
                       ) AS is_reopening
              FROM %(periods)s
              JOIN helpdesk_ticket ticket
                ON ticket.company_id = period.booked_id
               AND ticket.create_date >= period.created_from
               AND ticket.create_date >= %(first)s::timestamp
               AND ticket.client_health_own_fault IS NOT TRUE
               AND ticket.client_health_merged_into_id IS NULL
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = ticket.commercial_partner_id
         LEFT JOIN helpdesk_ticket_team team ON team.id = ticket.team_id
         LEFT JOIN (%(moments)s) AS message ON message.res_id = ticket.id
         LEFT JOIN res_partner author ON author.id = message.author_id
        CROSS JOIN LATERAL (SELECT %(inbound)s AS inbound OFFSET 0) AS side
            """,
            after_hours=self.env["client.health.hours"]._get_after_hours_sql(periods),
            periods=get_booked_sql(periods),
            first=get_span(periods, "created_from")[0],
            moments=self._get_moments_sql(),
            written=list(WRITTEN),
            stage_field=self._get_stage_field_id(),
            inbound=self._get_inbound_sql(),
            clients_clause=self._get_clients_clause(
                SQL("ticket.commercial_partner_id"), client_ids
            ),
        )

    @api.model
    def _get_moments_sql(self):
        """Return the messages on tickets, each at the moment that counts.

        That is when it reached us where a mail's own clock is off. What an import
        made at once keeps its own date: such a mail got its name from Odoo.
        """
        return SQL(
            """
            SELECT id,
                   res_id,
                   author_id,
                   body,
                   email_from,
                   is_internal,
                   message_type,
                   subtype_id,
                   client_health_automatic IS TRUE AS is_automatic,
                   CASE WHEN message_type = 'email'
                         AND (message_id NOT LIKE '%%-openerp-%%'
                              OR create_date <> write_date)
                         AND abs(extract(epoch FROM date - create_date)) > %s
                        THEN create_date ELSE date END AS date
              FROM mail_message
             WHERE model = 'helpdesk.ticket'
            """,
            CLOCK_DAYS * 24 * 3600,
        )

    @api.model
    def _get_stage_field_id(self):
        return self.env["ir.model.fields"]._get("helpdesk.ticket", "stage_id").id

    @api.model
    def _get_inbound_sql(self):
        return SQL(
            """
            CASE WHEN message.message_type <> ALL(%(written)s)
                   OR message.is_automatic THEN NULL
                 WHEN %(is_colleague)s THEN
                      CASE WHEN message.is_internal IS NOT TRUE
                            AND message.subtype_id <> ALL(ARRAY(
                                SELECT id FROM mail_message_subtype WHERE internal))
                                IS NOT FALSE
                           THEN FALSE END
                 WHEN message.message_type = 'email_outgoing' THEN NULL
                 WHEN author.commercial_partner_id = partner.commercial_partner_id
                      OR message.author_id IS NULL AND %(is_from_client)s
                 THEN CASE WHEN NOT %(is_removed)s THEN TRUE END END
            """,
            written=list(WRITTEN),
            is_colleague=self._get_is_colleague_sql(SQL("message.author_id")),
            is_from_client=self._get_is_from_client_sql(),
            is_removed=self._get_is_removed_sql(),
        )

    @api.model
    def _get_is_from_client_sql(self):
        """Return whether a mail without author came from the client of ``ticket``.

        A sender whom Odoo did not know is linked to the client afterwards, by the
        contact of the ticket; the mail itself never gets an author.
        """
        return SQL(
            """
            (message.message_type = 'email'
             AND %(address)s IN (
                 SELECT %(own_address)s
                  UNION ALL
                 SELECT email_normalized FROM res_partner
                  WHERE commercial_partner_id = partner.commercial_partner_id
                  UNION ALL
                 (SELECT %(first_address)s
                    FROM mail_message first
                   WHERE first.model = 'helpdesk.ticket'
                     AND first.res_id = ticket.id
                ORDER BY first.id
                   LIMIT 1)))
            """,
            address=self._get_address_sql(SQL("message.email_from")),
            own_address=self._get_address_sql(SQL("ticket.partner_email")),
            first_address=self._get_address_sql(SQL("first.email_from")),
        )

    @api.model
    def _get_address_sql(self, column):
        """Return the address of ``Name <address>``, in small letters."""
        return SQL("lower(substring(%s FROM %s))", column, ADDRESS)

    @api.model
    def _get_is_removed_sql(self):
        """Return whether its author removed what ``message`` said.

        The row stays, with nothing in it but the mark that it was edited.
        """
        return SQL(
            """
            (octet_length(message.body) < 200
             AND message.body LIKE '%%o-mail-Message-edited%%'
             AND regexp_replace(message.body, %(empty)s, '', 'g') = ''
             AND NOT EXISTS (SELECT FROM message_attachment_rel
                              WHERE message_id = message.id))
            """,
            empty=EMPTY,
        )

    # what happened to the ticket

    @api.model
    def _get_was_closed_sql(self):
        """Return whether the ticket of ``message`` was closed when it was written.

        By its changes of stage, else by when it was closed last; a ticket that was
        made closed has neither.
        """
        return SQL(
            """
            COALESCE((
                SELECT GREATEST(
                           max(change.date) FILTER (WHERE change.closed),
                           CASE WHEN message.closed_date <= message.date
                                THEN message.closed_date END
                       ) > COALESCE(max(change.date) FILTER (
                           WHERE change.closed IS NOT TRUE), '-infinity')
                  FROM (%(changes)s) AS change
                 WHERE change.res_id = message.id
                   AND change.date <= message.date),
                message.closed_date IS NULL AND EXISTS (
                    SELECT FROM helpdesk_ticket_stage stage
                     WHERE stage.id = message.stage_id AND stage.closed))
            """,
            changes=self._get_changes_sql(),
        )

    @api.model
    def _get_is_evidence_sql(self):
        """Return whether a reopening tells something about the client.

        Not where somebody opens again what they closed themselves a moment before,
        nor where the client moved the stage in the portal.
        """
        return SQL(
            """
            (%(is_colleague)s AND NOT COALESCE((
                SELECT change.closed
                       AND change.author_id = message.author_id
                       AND message.date - change.date
                           <= make_interval(hours => %(hours)s)
                  FROM (%(changes)s) AS change
                 WHERE change.res_id = message.id
                   AND (change.date, change.id) < (message.date, message.message_id)
              ORDER BY change.date DESC, change.id DESC
                 LIMIT 1), FALSE))
            """,
            is_colleague=self._get_is_colleague_sql(SQL("message.author_id")),
            hours=SLIP_HOURS,
            changes=self._get_changes_sql(),
        )

    @api.model
    def _get_changes_sql(self):
        """Return the changes of stage of tickets, and whether each closed it."""
        return SQL(
            """
            SELECT told.id, told.res_id, told.author_id, told.date, stage.closed
              FROM mail_message told
              JOIN mail_tracking_value value
                ON value.mail_message_id = told.id AND value.field_id = %s
              JOIN helpdesk_ticket_stage stage ON stage.id = value.new_value_integer
             WHERE told.model = 'helpdesk.ticket'
            """,
            self._get_stage_field_id(),
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
