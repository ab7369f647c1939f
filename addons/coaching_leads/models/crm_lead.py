from datetime import datetime, time, timedelta

import pytz
from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError
from odoo.tools import plaintext2html
from pytz import utc

from .coaching_call import MEET_BY, NOTES
from .coaching_lead_life import TODO


class CrmLead(models.Model):
    """A lead that asks for a coaching call: from the request to what comes of it.

    Each call is a ``coaching.call``; what stands here of it is of the current one.
    ``coaching.lead.mail`` holds what people read, ``coaching.lead.life`` how leads come
    from the page, wait, merge and end, ``coaching.lead.times`` who calls and when,
    ``coaching.lead.room`` what room there is.
    """

    _name = "crm.lead"
    _inherit = [
        "coaching.lead.health",
        "coaching.lead.life",
        "coaching.lead.mail",
        "coaching.lead.room",
        "coaching.lead.times",
        "crm.lead",
        "coaching.protected",
    ]

    _protected_fields = (
        "coaching_call_id",
        "coaching_session_state",
        "coaching_event_id",
        "coaching_outcome",
        "coaching_link_seq",
        "coaching_planned_on",
        "coaching_held_on",
        "coaching_nudged_on",
        "coaching_summary_sent_on",
    )

    # what they told us
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
    coaching_meet_by = fields.Selection(
        selection=MEET_BY,
        string="Calls By",
        copy=False,
        help="What the prospect prefers; empty goes by the coach's own hours, where "
        "the telephone comes first.",
    )
    coaching_tz = fields.Selection(
        selection=_tz_get,
        string="Prospect's Time Zone",
        copy=False,
        help="Chosen on the booking page; mails then show both time zones.",
    )
    coaching_digest = fields.Char(
        copy=False,
        export_string_translation=False,
        help="Of the answers received last: the same ones again change nothing.",
    )

    # how long they wait
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
    coaching_waiting_since = fields.Datetime(
        string="Waits Since",
        copy=False,
        help="When it last became our turn.",
    )
    coaching_attention = fields.Selection(
        selection=[("number", "Corrected the number"), ("again", "Asked again")],
        string="To Look At",
        copy=False,
        index="btree_not_null",
    )
    coaching_nudged_on = fields.Datetime(
        string="Reminded to Book On", copy=False, readonly=True
    )
    coaching_first_contact_on = fields.Datetime(
        string="First Contact",
        copy=False,
        help="When staff first wrote to the prospect, noted something, finished a "
        "call activity, planned the call or held it.",
    )
    coaching_first_contact_hours = fields.Float(
        string="Hours to First Contact",
        compute="_compute_coaching_first_contact_hours",
        store=True,
        aggregator="avg",
        help="Working hours, by the company's calendar.",
    )
    coaching_is_late = fields.Boolean(
        string="Late",
        compute="_compute_coaching_is_late",
        search="_search_coaching_is_late",
        help="Nobody made contact before the time to call.",
    )
    coaching_todo = fields.Selection(
        selection=TODO,
        string="To Do",
        compute="_compute_coaching_todo",
        search="_search_coaching_todo",
    )
    coaching_todo_since = fields.Datetime(
        string="Since", compute="_compute_coaching_todo"
    )

    # the calls
    coaching_call_ids = fields.One2many(
        comodel_name="coaching.call", inverse_name="lead_id", string="Calls"
    )
    coaching_call_id = fields.Many2one(
        comodel_name="coaching.call",
        ondelete="set null",
        copy=False,
        readonly=True,
        index="btree_not_null",
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
        compute="_compute_coaching_session_state",
        inverse="_inverse_coaching_session_state",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        tracking=True,
    )
    coaching_event_id = fields.Many2one(
        related="coaching_call_id.event_id",
        store=True,
        ondelete="set null",
        index="btree_not_null",
    )
    coaching_call_start = fields.Datetime(
        related="coaching_call_id.start",
        string="Call At",
        store=True,
        index="btree_not_null",
    )
    coaching_call_stop = fields.Datetime(related="coaching_call_id.stop")
    coaching_video_url = fields.Char(related="coaching_call_id.video_url")
    coaching_planned_on = fields.Datetime(
        string="Planned On",
        compute="_compute_coaching_call_dates",
        store=True,
        copy=False,
        help="When a call was planned for the first time.",
    )
    coaching_held_on = fields.Datetime(
        string="Held On",
        compute="_compute_coaching_call_dates",
        store=True,
        copy=False,
    )
    coaching_link_seq = fields.Integer(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Part of the booking link: the next call planned ends the link.",
    )

    # what was said and what comes of it
    coaching_outcome = fields.Selection(
        selection=[
            ("opportunity", "Opportunity"),
            ("later", "Later"),
            ("other_help", "Other Help"),
            ("no_fit", "No Fit"),
        ],
        string="Outcome",
        compute="_compute_coaching_outcome",
        inverse="_inverse_coaching_outcome",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
    )
    coaching_note_strengths = fields.Text(
        string="What Goes Well",
        compute="_compute_coaching_notes",
        inverse="_inverse_coaching_notes",
        store=True,
        readonly=False,
        copy=False,
    )
    coaching_note_challenge = fields.Text(
        string="Core of the Challenge",
        compute="_compute_coaching_notes",
        inverse="_inverse_coaching_notes",
        store=True,
        readonly=False,
        copy=False,
    )
    coaching_note_chances = fields.Text(
        string="Chances",
        compute="_compute_coaching_notes",
        inverse="_inverse_coaching_notes",
        store=True,
        readonly=False,
        copy=False,
    )
    coaching_note_tips = fields.Text(
        string="Tips",
        compute="_compute_coaching_notes",
        inverse="_inverse_coaching_notes",
        store=True,
        readonly=False,
        copy=False,
    )
    coaching_note_steps = fields.Text(
        string="Next Steps",
        compute="_compute_coaching_notes",
        inverse="_inverse_coaching_notes",
        store=True,
        readonly=False,
        copy=False,
    )
    coaching_summary_sent_on = fields.Datetime(
        related="coaching_call_id.summary_sent_on", string="Summary Sent On"
    )

    # -- of the current call ----------------------------------------------------------

    @api.depends("coaching_call_id.state")
    def _compute_coaching_session_state(self):
        for lead in self:
            state = lead.coaching_call_id.state
            lead.coaching_session_state = state or lead.coaching_session_state

    def _inverse_coaching_session_state(self):
        for lead in self.filtered("coaching_call_id"):
            if lead.coaching_session_state not in (False, "requested"):
                lead.coaching_call_id.state = lead.coaching_session_state

    @api.depends("coaching_call_id.outcome")
    def _compute_coaching_outcome(self):
        for lead in self:
            call = lead.coaching_call_id
            lead.coaching_outcome = call.outcome if call else lead.coaching_outcome

    def _inverse_coaching_outcome(self):
        for lead in self:
            lead.coaching_call_id.outcome = lead.coaching_outcome

    @api.depends(*(f"coaching_call_id.{name}" for name in NOTES))
    def _compute_coaching_notes(self):
        """Without a call the lead keeps what is noted while it is being made."""
        for lead in self:
            source, prefix = lead.coaching_call_id, ""
            if not source:
                source, prefix = lead, "coaching_"
            for name in NOTES:
                lead[f"coaching_{name}"] = source[f"{prefix}{name}"]

    def _inverse_coaching_notes(self):
        for lead in self.filtered("coaching_call_id"):
            lead.coaching_call_id.write(
                {name: lead[f"coaching_{name}"] for name in NOTES}
            )

    @api.depends("coaching_call_ids.planned_on", "coaching_call_ids.held_on")
    def _compute_coaching_call_dates(self):
        for lead in self:
            planned = lead.coaching_call_ids.filtered("planned_on")
            held = lead.coaching_call_ids.filtered("held_on")
            lead.coaching_planned_on = min(planned.mapped("planned_on"), default=False)
            lead.coaching_held_on = max(held.mapped("held_on"), default=False)

    def _check_protected(self, vals):
        """Colleagues note by hand that somebody asks for a first call."""
        if vals.get("coaching_session_state") == "requested" and not (
            self.coaching_call_id
        ):
            vals = {k: v for k, v in vals.items() if k != "coaching_session_state"}
        return super()._check_protected(vals)

    # -- the request ------------------------------------------------------------------

    def _coaching_request_call(self):
        """Ask for a call within a working hour, and confirm it to the prospect.

        Calls of before stay as they are, with their notes and outcome.
        """
        now = fields.Datetime.now()
        before = self._coaching_get_call_before(now)
        # sudo: visitors ask; how far a lead is only methods write
        lead = self.sudo()
        if lead.coaching_session_state == "held":
            lead.coaching_call_id = False
            lead.write({f"coaching_{name}": False for name in NOTES})
        lead.write(
            {
                "coaching_call_id": False,
                "coaching_session_state": "requested",
                "coaching_outcome": False,
                "coaching_requested_on": now,
                "coaching_call_before": before,
                "coaching_waiting_since": now,
                "coaching_first_contact_on": False,
                "coaching_nudged_on": False,
                "coaching_attention": False,
            }
        )
        self._coaching_schedule(before)
        self._coaching_confirm()
        self._coaching_tell_request()

    def _coaching_get_call_before(self, start):
        """One working hour after ``start`` (UTC), the company's and the country's
        holidays left out; a plain hour where there are no working hours at all."""
        company = self.company_id or self.env.company
        calendar = company.resource_calendar_id
        if not calendar:
            return start + timedelta(hours=1)
        zone = pytz.timezone(calendar.tz or "UTC")
        for _holidays in range(10):  # no country has more of them in a row
            before = calendar.plan_hours(1.0, start, compute_leaves=True)
            day = before and utc.localize(before).astimezone(zone).date()
            if not day or day not in company._coaching_holidays(day, day):
                break
            midnight = datetime.combine(day + timedelta(days=1), time.min)
            start = zone.localize(midnight).astimezone(utc).replace(tzinfo=None)
        return before or start + timedelta(hours=1)

    def _coaching_schedule(self, before):
        """Put the call on the list of who follows up, on the day of ``before``; where
        nobody does, on the list of who is told."""
        calendar = (self.company_id or self.env.company).resource_calendar_id
        user = self.user_id.filtered("active") or self._coaching_watchers()[:1]
        zone = pytz.timezone(user.tz or calendar.tz or "UTC")
        day = utc.localize(before).astimezone(zone).date()
        quick = self.with_context(mail_activity_quick_update=True)
        if waiting := quick._coaching_call_activities():
            return waiting.write(
                {"date_deadline": day, "user_id": user.id or self.env.uid}
            )
        return quick.activity_schedule(
            "mail.mail_activity_data_call",
            day,
            summary=self.env._("Call back: asked for a coaching call"),
            user_id=user.id,
        )

    def _coaching_call_activities(self):
        call = self.env.ref("mail.mail_activity_data_call")
        return self.activity_ids.filtered(lambda a: a.activity_type_id == call)

    # -- the call ---------------------------------------------------------------------

    def action_coaching_plan(self):
        """Plan the call at ``coaching_start`` of the context, or show the free times.

        :raises UserError: when that time is no longer free
        """
        self.ensure_one()
        self.check_access("write")
        start = self.env.context.get("coaching_start")
        if not start:
            return self._coaching_open_planner()
        self._coaching_plan(
            utc.localize(fields.Datetime.to_datetime(start)), for_visitor=False
        )
        self._coaching_mark_contacted()
        return True

    def action_coaching_held(self):
        """Record that the call took place, planned or at once on the telephone."""
        self.check_access("write")
        for lead in self.sudo():  # sudo: only methods write how far a call is
            call = lead.coaching_call_id
            if call.state == "planned":
                call._hold()
            elif call.state != "held":
                now = fields.Datetime.now()
                call._create_for(
                    lead,
                    self.env.user if not self.env.user.share else lead.user_id,
                    now,
                    lead.coaching_track_id.call_minutes or 45,
                    state="held",
                    held_on=now,
                )
            lead._coaching_mark_contacted()
            lead._coaching_finish_activities(self.env._("The call was held."))
        return True

    def action_coaching_no_show(self):
        """Record that the prospect could not be reached at the agreed time; a friendly
        mail offers a new one."""
        self.check_access("write")
        for lead in self._coaching_planned():
            lead.coaching_call_id._miss()
            lead.coaching_waiting_since = fields.Datetime.now()
            lead._coaching_finish_activities(self.env._("The prospect did not answer."))
        return True

    def action_coaching_by_video(self):
        """Hold the planned call by video and tell the prospect."""
        return self._coaching_switch("video")

    def action_coaching_by_phone(self):
        """Hold the planned call by telephone and tell the prospect."""
        return self._coaching_switch("phone")

    def _coaching_switch(self, meet_by):
        self.check_access("write")
        for lead in self._coaching_planned():
            lead.coaching_meet_by = meet_by
            if lead.coaching_call_id._switch_to(meet_by):
                lead._coaching_mail_call("coaching_leads.mail_template_call_planned")
        return True

    def action_coaching_cancel(self):
        """Cancel the planned call and tell the prospect."""
        self.check_access("write")
        self._coaching_planned().coaching_call_id._cancel()
        return True

    def action_coaching_undo(self):
        """Take back *held* or *no-show* that was clicked by mistake.

        :raises UserError: when there is nothing to take back
        """
        self.check_access("write")
        for lead in self.sudo():  # sudo: only methods write how far a call is
            lead.coaching_call_id._undo()
            if not lead.coaching_call_id:
                lead.coaching_session_state = "requested"
        return True

    def _coaching_planned(self):
        # sudo: only methods write how far a call is; access was checked
        planned = self.sudo().filtered(
            lambda lead: lead.coaching_call_id.state == "planned"
        )
        if not planned:
            raise UserError(self.env._("There is no planned call."))
        return planned

    def _coaching_open_planner(self):
        plan = self.env["coaching.call.plan"]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan the Call"),
            "res_model": plan._name,
            "res_id": plan.create(plan._prepare_plan_vals(self)).id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _coaching_plan(self, start, for_visitor=True, anytime=False):
        """Plan the call, or move the planned one.

        :param datetime start: aware; one of :meth:`_coaching_call_starts`
        :param bool anytime: colleagues may choose a moment that is not offered
        :raises UserError: when it is not free, also when that is only just so
        """
        self.ensure_one()
        owner = self._coaching_owner()
        if not owner:
            raise UserError(self.env._("There is nobody to call: assign a coach."))
        if not anytime and start not in self._coaching_call_starts(for_visitor, owner):
            raise UserError(
                self.env._("This time is no longer free. Please choose another one.")
            )
        # after the check: who is refused holds up nobody, and a booking since then
        # fails here, so that Odoo runs this again and the check sees it
        owner._coaching_lock_calendar()
        start = start.astimezone(utc).replace(tzinfo=None)
        lead = self.sudo()  # sudo: visitors plan, and only methods write calls
        if lead.coaching_call_id.state == "planned":
            # where the call's coach left, the times are those of who is there
            lead.coaching_call_id._move(start, lead.coaching_call_id.minutes, owner)
            lead._coaching_take_over(owner)
        else:
            lead._coaching_plan_new(owner, start)

    def _coaching_plan_new(self, owner, start):
        self._coaching_drop_activities()
        minutes = self.coaching_track_id.call_minutes or 45
        self.env["coaching.call"]._plan(self, owner, start, minutes)
        vals = {
            "coaching_link_seq": self.coaching_link_seq + 1,
            "coaching_attention": False,
            "coaching_waiting_since": False,
        }
        self.with_context(coaching_quiet=True).write(vals)
        self._coaching_take_over(owner)
        self._coaching_mail_call("coaching_leads.mail_template_call_planned")
        self._coaching_tell_owner("planned")

    def _coaching_take_over(self, owner):
        """Let who makes the call follow up, where nobody does: quietly, both were told
        of the call."""
        if not self.user_id.active:
            self.with_context(coaching_quiet=True)._coaching_assign(owner)

    def _coaching_assign(self, user):
        """Let ``user`` follow up, in the team that the lead is in."""
        for lead in self:
            lead.write({"user_id": user.id, "team_id": lead.team_id.id})

    def action_coaching_hand_over(self):
        """Give the lead, and with it the planned call, to a colleague who is free
        then; who asks for a call goes to who is free soonest.

        :raises UserError: when no colleague is free
        """
        self.check_access("write")
        for lead in self:
            lead._coaching_assign(lead._coaching_find_colleague())
        return True

    def _coaching_find_colleague(self):
        """Return another user of the track or its team who can make the call."""
        # sudo: who follows up a track, and their calendars, is not for all to read
        lead, company = self.sudo(), self._coaching_company()
        track, call = lead.coaching_track_id, lead.coaching_call_id
        teams = track.team_id | lead.team_id
        users = track.user_ids | track.user_id | teams.user_id | teams.member_ids
        users = users.filtered(
            lambda user: (
                user.active and user != lead.user_id and company in user.company_ids
            )
        )
        if call.state == "planned":
            start, stop = utc.localize(call.start), utc.localize(call.stop)
            found = users._coaching_free_at(company, start, stop)[:1]
        else:
            starts = users._coaching_free_starts(company, track, only_there=True)
            found = track._get_soonest(starts)
        if not found:
            raise UserError(
                self.env._("No colleague is free then: move the call or cancel it.")
            )
        return found.with_env(self.env)

    # -- after the call ---------------------------------------------------------------

    def action_coaching_send_summary(self):
        """Mail the notes of the call to the prospect.

        :raises UserError: when there is nothing to send or nobody to send it to
        """
        self.check_access("write")
        for lead in self.sudo():  # sudo: only methods write what was sent
            if not lead._coaching_summary_parts():
                raise UserError(
                    self.env._("Write down something about the call first.")
                )
            if not lead._coaching_mail("coaching_leads.mail_template_call_summary"):
                raise UserError(
                    self.env._("The lead needs one valid e-mail address first.")
                )
            lead.coaching_call_id.summary_sent_on = fields.Datetime.now()
            lead._coaching_mark_contacted()
        return True

    def action_coaching_outcome(self):
        """Open what comes of the call."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Comes of the Call"),
            "res_model": "coaching.outcome",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    def _coaching_summary_parts(self):
        """Return the notes as pairs of a heading and html, in the prospect's language,
        without what is empty."""
        lead = self.with_context(lang=self._coaching_lang())
        env = lead.env
        parts = (
            (env._("What goes well"), lead.coaching_note_strengths),
            (env._("The core of the challenge"), lead.coaching_note_challenge),
            (env._("Your chances"), lead.coaching_note_chances),
            (env._("Tips"), lead.coaching_note_tips),
            (env._("Next steps"), lead.coaching_note_steps),
        )
        return [(head, plaintext2html(text)) for head, text in parts if text]

    def _coaching_next_stage(self):
        """Move an opportunity out of the first stage: it is more than a request."""
        for lead in self:
            stages = lead._stage_find(domain=[("is_won", "=", False)], limit=2)
            if lead.stage_id == stages[:1] and len(stages) > 1:
                lead.stage_id = stages[1]
