"""Calls become records: what stood on the lead of its last call moves there."""

from odoo import SUPERUSER_ID, api
from odoo.addons.coaching_leads.models.coaching_call import QUIET
from odoo.tools.sql import column_exists

# Columns of fields that are gone now; they are dropped after this.
MOVE = """
    WITH calls AS (
        INSERT INTO coaching_call (
               lead_id, company_id, track_id, user_id, start, minutes, stop, state,
               event_id, uid, revision, planned_on, held_on, reminded_on, outcome,
               note_strengths, note_challenge, note_chances, note_tips, note_steps,
               summary_sent_on, create_uid, create_date, write_uid, write_date)
        SELECT lead.id, lead.company_id, lead.coaching_track_id,
               COALESCE(event.user_id, lead.user_id),
               found.start, found.minutes,
               found.start + found.minutes * interval '1 minute',
               CASE WHEN lead.coaching_session_state = 'planned' AND event.id IS NULL
                    THEN 'cancelled' ELSE lead.coaching_session_state END,
               lead.coaching_event_id,
               CASE WHEN event.id IS NULL THEN gen_random_uuid()::text
                    ELSE 'coaching-call-' || event.id || '@' || %(database)s END,
               COALESCE(event.coaching_sequence, 0),
               lead.coaching_planned_on, lead.coaching_held_on,
               lead.coaching_reminded_on, lead.coaching_outcome,
               lead.coaching_note_strengths, lead.coaching_note_challenge,
               lead.coaching_note_chances, lead.coaching_note_tips,
               lead.coaching_note_steps, lead.coaching_summary_sent_on,
               lead.create_uid, COALESCE(lead.coaching_planned_on, lead.create_date),
               lead.write_uid, lead.write_date
          FROM crm_lead lead
     LEFT JOIN calendar_event event ON event.id = lead.coaching_event_id
     LEFT JOIN coaching_track track ON track.id = lead.coaching_track_id
     LEFT JOIN LATERAL (
               SELECT past.start
                 FROM calendar_event past
                WHERE past.opportunity_id = lead.id
                ORDER BY past.id DESC LIMIT 1) past ON event.id IS NULL
 CROSS JOIN LATERAL (
               SELECT COALESCE(event.start, past.start, lead.coaching_held_on,
                               lead.coaching_planned_on, lead.write_date) AS start,
                      GREATEST(1, COALESCE(
                          EXTRACT(EPOCH FROM event.stop - event.start)::int / 60,
                          track.call_minutes, 45)) AS minutes) found
         WHERE lead.coaching_session_state IN (
               'planned', 'held', 'no_show', 'cancelled')
           AND lead.coaching_call_id IS NULL
     RETURNING id, lead_id, state, start)
    UPDATE crm_lead lead
       SET coaching_call_id = calls.id,
           coaching_session_state = calls.state,
           coaching_call_start = calls.start
      FROM calls
     WHERE calls.lead_id = lead.id
"""
WAIT = """
    UPDATE crm_lead
       SET coaching_waiting_since = CASE
               WHEN coaching_session_state = 'requested'
               THEN COALESCE(coaching_requested_on, create_date)
               ELSE write_date END
     WHERE coaching_session_state IN ('requested', 'cancelled', 'no_show')
"""


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    # the last commits of the version before had calls as records already
    if column_exists(cr, "calendar_event", "coaching_sequence"):
        database = env["ir.config_parameter"].get_param("database.uuid")
        cr.execute(MOVE, {"database": database})
        cr.execute(WAIT)
        env.invalidate_all()
    hide_answers(env)


def hide_answers(env):
    """The calendar tells colleagues nothing of what prospects told us."""
    events = env["calendar.event"].with_context(active_test=False, dont_notify=True)
    for event in events.search([("opportunity_id.coaching_track_id", "!=", False)]):
        call = event.coaching_call_ids[:1]
        if call or event.privacy == "confidential":
            call = call or call.new({"lead_id": event.opportunity_id.id})
            vals = call._prepare_event_vals()
            event.with_context(**QUIET).write(
                {name: vals[name] for name in ("name", "description", "privacy")}
                | {"location": False}
            )
