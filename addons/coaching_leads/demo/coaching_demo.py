from datetime import datetime, time, timedelta

import pytz
from odoo import api, fields, models
from odoo.tools import SQL

from .leads import LEADS

QUIET = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_activity_quick_update": True,
    "mail_notrack": True,
    "tracking_disable": True,
    "no_mail_to_attendees": True,
}


class CoachingDemo(models.AbstractModel):
    """Makes the demo leads: some just in, some planned, some held and decided."""

    _name = "coaching.demo"
    _description = "Coaching Demo Leads"

    @api.model
    def _load_demo(self):
        """Create the leads with their calls, as if Bram had been busy for weeks."""
        coach = self.env.ref("coaching_leads.res_users_bram_demo")
        self.env["coaching.track"].search([("user_id", "=", False)]).user_id = coach
        company = self.env.ref("base.main_company")
        demo = self.with_context(**QUIET, lang=company.partner_id.lang)
        demo = demo.with_company(company)
        leads = demo.env["crm.lead"].create(
            [demo._prepare_lead_vals(asked, coach) for asked in LEADS]
        )
        for asked, lead in zip(LEADS, leads, strict=True):
            demo._backdate(lead, demo._get_requested_on(asked))
            demo._plan(asked, lead)
            demo._follow_up(asked, lead)

    @api.model
    def _get_requested_on(self, asked):
        return fields.Datetime.now() - timedelta(hours=asked.hours_ago)

    @api.model
    def _prepare_lead_vals(self, asked, coach):
        track = self.env.ref(f"coaching_leads.coaching_track_{asked.track}")
        requested_on = self._get_requested_on(asked)
        mail = asked.name.lower().replace(" ", ".")
        return {
            "name": asked.company,
            "type": "opportunity",
            "contact_name": asked.name,
            "partner_name": asked.company,
            "email_from": f"{mail}@example.com",
            "phone": "+31 6 12345678",
            "company_id": self.env.company.id,
            "team_id": track.team_id.id,
            "user_id": coach.id,
            "lang_id": self.env["res.lang"]._get_data(code=coach.lang).id,
            "coaching_track_id": track.id,
            "coaching_goal": asked.goal,
            "coaching_obstacle": asked.obstacle,
            "coaching_strengths": asked.strengths,
            "coaching_call_moment": asked.moment,
            "coaching_requested_on": requested_on,
            "coaching_waiting_since": requested_on,
            "coaching_session_state": "requested",
        }

    @api.model
    def _backdate(self, lead, moment):
        """Set the time of creation. The ORM fills this column itself and accepts no
        value for it, so it is written by SQL."""
        lead.flush_recordset()
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET create_date = %s WHERE id = %s", moment, lead.id)
        )
        lead.invalidate_recordset(["create_date"])
        lead.coaching_call_before = lead._coaching_get_call_before(moment)

    @api.model
    def _plan(self, asked, lead):
        """Put the call in the coach's calendar, unless it was cancelled."""
        if asked.state == "requested":
            lead._coaching_schedule(lead.coaching_call_before)
            return
        start = self._get_call_start(asked, lead)
        planned_on = self._get_planned_on(asked, lead)
        minutes = lead.coaching_track_id.call_minutes
        call = self.env["coaching.call"]._create_for(
            lead, lead.user_id, start, minutes, planned_on=planned_on
        )
        if asked.state == "cancelled":
            call.cancelled_by = "client"
        else:
            call._sync_event()
        call.write(
            {"state": asked.state, "held_on": start if asked.state == "held" else False}
        )
        lead.write(
            {
                "coaching_first_contact_on": planned_on,
                "coaching_waiting_since": max(planned_on, start),
            }
        )

    @api.model
    def _get_planned_on(self, asked, lead):
        """Within the working hour after the request, or somewhat later."""
        later = timedelta(minutes=int(asked.hours_ago * 7) % 150 - 50)
        return min(lead.coaching_call_before + later, fields.Datetime.now())

    @api.model
    def _get_call_start(self, asked, lead):
        """A free moment from that day on, or eleven o'clock on a day gone by."""
        day = fields.Date.context_today(self) + timedelta(days=asked.call_days)
        if asked.call_days > 0:
            starts = lead._coaching_call_starts(for_visitor=False)
            later = [start for start in starts if start.date() >= day]
            return (later or starts)[0].replace(tzinfo=None)
        # a call is never in the weekend
        day -= timedelta(days=max(day.weekday() - 4, 0))
        local = pytz.timezone("Europe/Amsterdam").localize(
            datetime.combine(day, time(11))
        )
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _follow_up(self, asked, lead):
        """Notes and outcome of the calls that were held."""
        if asked.call_days < 0:
            lead._coaching_drop_activities()
        lead.write(
            {f"coaching_note_{name}": text for name, text in asked.notes.items()}
            | {
                "coaching_outcome": asked.outcome,
                "expected_revenue": asked.revenue,
            }
        )
        if asked.notes:
            lead.coaching_call_id.summary_sent_on = lead.coaching_held_on
        if asked.won:
            lead.action_set_won()
        if asked.outcome == "later":
            lead.activity_schedule(
                "mail.mail_activity_data_call",
                fields.Date.context_today(self) + timedelta(days=60),
                summary="Opnieuw bellen, zoals afgesproken",
                user_id=lead.user_id.id,
            )
        if asked.outcome == "no_fit":
            lead.action_set_lost(
                lost_reason_id=self.env.ref("coaching_leads.crm_lost_reason_no_fit").id
            )
