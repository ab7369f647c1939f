from odoo import models

ANSWERS = (
    "coaching_goal",
    "coaching_obstacle",
    "coaching_strengths",
    "coaching_note_strengths",
    "coaching_note_challenge",
    "coaching_note_chances",
    "coaching_note_tips",
    "coaching_note_steps",
)
CALL = (
    "coaching_session_state",
    "coaching_event_id",
    "coaching_planned_on",
    "coaching_held_on",
    "coaching_reminded_on",
    "coaching_tz",
    "coaching_link_seq",
)
OTHERS = (
    "coaching_track_id",
    "coaching_call_moment",
    "coaching_requested_on",
    "coaching_call_before",
    "coaching_outcome",
    "coaching_first_contact_on",
    "coaching_summary_sent_on",
)
# which call of several leads is kept: what is agreed goes before what was
CALL_RANK = ["planned", "held", "no_show", "cancelled", "requested", False]


class CrmLead(models.Model):
    """Merging leads keeps the track, every answer and one call."""

    _inherit = "crm.lead"

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *OTHERS]

    def _merge_get_fields_specific(self):
        joined = dict.fromkeys(ANSWERS, self._coaching_join_answers)
        kept = dict.fromkeys(CALL, self._coaching_kept_value)
        return {**super()._merge_get_fields_specific(), **joined, **kept}

    def _merge_dependences(self, opportunities):
        """Cancel the calls that are not kept: the prospect expects only one."""
        leads = self | opportunities
        planned = leads.filtered(lambda lead: lead.coaching_event_id)
        for lead in planned - leads._coaching_lead_with_call():
            if lead.coaching_event_id._coaching_upcoming():
                lead._coaching_cancel()
        return super()._merge_dependences(opportunities)

    @staticmethod
    def _coaching_join_answers(fname, leads):
        """Return the different answers under each other."""
        return "\n\n".join(dict.fromkeys(filter(None, leads.mapped(fname)))) or False

    @staticmethod
    def _coaching_kept_value(fname, leads):
        value = leads._coaching_lead_with_call()[fname]
        return value.id if isinstance(value, models.BaseModel) else value

    def _coaching_lead_with_call(self):
        """Return the lead whose call is kept; the earliest of several planned ones."""
        return min(
            self,
            key=lambda lead: (
                CALL_RANK.index(lead.coaching_session_state),
                lead.coaching_call_start.timestamp() if lead.coaching_call_start else 0,
            ),
        )
