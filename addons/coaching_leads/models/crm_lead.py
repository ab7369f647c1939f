import logging
from datetime import timedelta

import pytz
from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_datetime, plaintext2html
from pytz import utc

from ..answers import has_link

_logger = logging.getLogger(__name__)


class CrmLead(models.Model):
    """A lead that may come from the public coaching page: from the request to the
    call and what comes of it.

    Moving and cancelling goes through the calendar event, whoever does it and
    wherever: ``calendar_event.py`` tells the prospect.
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
    coaching_digest = fields.Char(
        copy=False,
        export_string_translation=False,
        help="Of the answers received last: the same ones again change nothing.",
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
    coaching_slot_1 = fields.Datetime(compute="_compute_coaching_slots")
    coaching_slot_2 = fields.Datetime(compute="_compute_coaching_slots")
    coaching_slot_3 = fields.Datetime(compute="_compute_coaching_slots")
    coaching_slot_label_1 = fields.Char(
        string="First Free Time", compute="_compute_coaching_slots"
    )
    coaching_slot_label_2 = fields.Char(
        string="Second Free Time", compute="_compute_coaching_slots"
    )
    coaching_slot_label_3 = fields.Char(
        string="Third Free Time", compute="_compute_coaching_slots"
    )
    coaching_call_start = fields.Datetime(
        related="coaching_event_id.start",
        string="Call At",
        store=True,
        index="btree_not_null",
    )
    coaching_call_stop = fields.Datetime(
        related="coaching_event_id.stop", string="Call Until"
    )
    coaching_planned_on = fields.Datetime(
        string="Planned On",
        copy=False,
        readonly=True,
        help="When a call was planned for the first time.",
    )
    coaching_held_on = fields.Datetime(string="Held On", copy=False, readonly=True)
    coaching_tz = fields.Selection(
        selection=_tz_get,
        string="Prospect's Time Zone",
        copy=False,
        help="Chosen on the booking page; mails then show both time zones.",
    )
    coaching_note_strengths = fields.Text(string="What Goes Well")
    coaching_note_challenge = fields.Text(string="Core of the Challenge")
    coaching_note_chances = fields.Text(string="Chances")
    coaching_note_tips = fields.Text(string="Tips")
    coaching_note_steps = fields.Text(string="Next Steps")
    coaching_summary_sent_on = fields.Datetime(
        string="Summary Sent On", copy=False, readonly=True
    )
    coaching_first_contact_on = fields.Datetime(
        string="First Contact",
        copy=False,
        help="When staff first wrote to the prospect, finished a call activity, "
        "planned the call or held it.",
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
    coaching_health_notice = fields.Text(
        string="Good to Know",
        compute="_compute_coaching_health_notice",
        help="Shown only to colleagues who may see client health.",
    )

    # -- the request ------------------------------------------------------------------

    def _inverse_phone(self):
        """A visitor's request never changes the contact it is linked to.

        Its mail address is how the contact was found: that cannot differ.
        """
        if not self.env.context.get("coaching_keep_contact"):
            return super()._inverse_phone()
        return None

    def _coaching_request_call(self):
        """Ask for a call within a working hour, and confirm it to the prospect."""
        now = fields.Datetime.now()
        before = self._coaching_get_call_before(now)
        self.write(
            {
                "coaching_session_state": "requested",
                "coaching_requested_on": now,
                "coaching_call_before": before,
            }
        )
        self._coaching_schedule(before)
        self._coaching_confirm()

    def _coaching_get_call_before(self, start):
        """One working hour after ``start`` (UTC), company holidays left out.

        A plain hour where the company has no working hours at all.
        """
        calendar = (self.company_id or self.env.company).resource_calendar_id
        planned = calendar and calendar.plan_hours(1.0, start, compute_leaves=True)
        return planned or start + timedelta(hours=1)

    def _coaching_schedule(self, before):
        """Put the call on the list of who follows up, on the day of ``before``.

        No mail goes to the colleague: the counter in their menu bar goes up.
        """
        calendar = (self.company_id or self.env.company).resource_calendar_id
        zone = pytz.timezone(self.user_id.tz or calendar.tz or "UTC")
        day = pytz.utc.localize(before).astimezone(zone).date()
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_call",
            day,
            summary=self.env._("Call back: asked for a coaching call"),
            user_id=self.user_id.id,
        )

    def _coaching_confirm(self):
        """Queue the confirmation: the mail queue sends it after the commit.

        Neither a broken template nor a mail server that is down costs a lead.
        """
        template = self.coaching_track_id.mail_template_id or self.env.ref(
            "coaching_leads.coaching_confirmation_mail_template"
        )
        try:
            with self.env.cr.savepoint():
                template.send_mail(
                    self.id,
                    email_values={
                        "email_to": self.email_from,
                        "email_cc": False,
                        "recipient_ids": [],
                    },
                )
        except Exception:  # whatever a customised template may raise
            _logger.exception("Confirmation of coaching request %s failed", self.id)
            self._coaching_note_failed_mail()
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _coaching_repeat(self, field_name):
        """Return what the visitor wrote, for a mail; nothing where it holds a link.

        The address may be somebody else's, who gets no advertisement through us.
        """
        text = self[field_name] or ""
        return "" if has_link(text) else text

    def _coaching_note_failed_mail(self):
        """Tell staff that the prospect heard nothing from us yet."""
        self.message_post(
            body=self.env._("The confirmation could not be made: check its template."),
            subtype_xmlid="mail.mt_note",
        )

    # -- free times -------------------------------------------------------------------

    @api.depends("coaching_session_state", "coaching_track_id", "user_id", "active")
    @api.depends_context("uid", "lang", "tz")
    def _compute_coaching_slots(self):
        for lead in self:
            starts = lead._coaching_next_starts() + [False] * 3
            for number, start in enumerate(starts[:3], start=1):
                label = start and format_datetime(
                    self.env, start, dt_format="EEEE d MMMM HH:mm"
                )
                lead[f"coaching_slot_{number}"] = start
                lead[f"coaching_slot_label_{number}"] = label

    def _coaching_next_starts(self):
        """Return the first free time of each of the next three days, naive in UTC."""
        if not self._coaching_can_plan():
            return []
        starts = self._coaching_call_starts(for_visitor=False)
        days = {start.date(): start for start in reversed(starts)}
        return [start.replace(tzinfo=None) for start in sorted(days.values())[:3]]

    def _coaching_can_plan(self):
        """Tell whether a first or another call can be planned."""
        self.ensure_one()
        return bool(
            self.active
            and self.coaching_track_id
            and self.coaching_session_state not in ("planned", "held")
        )

    def _coaching_owner(self):
        """Return the user who calls: the lead's, else the track's first."""
        # sudo: who follows up a track is for sales only, visitors pick slots too
        track = self.coaching_track_id.sudo()
        return (
            self.coaching_event_id.user_id.filtered("active")
            or self.user_id
            or track.user_id
            or track.user_ids[:1]
            or track.team_id.user_id
        )

    def _coaching_company(self):
        return self.company_id or self._coaching_owner().company_id or self.env.company

    def _coaching_length(self):
        return timedelta(minutes=self.coaching_track_id.call_minutes or 45)

    def _coaching_call_starts(self, for_visitor=True):
        """Return when the call can start, as aware datetimes in UTC.

        :param bool for_visitor: keep the track's notice; staff may plan at once
        """
        self.ensure_one()
        owner = self._coaching_owner()
        if not owner:
            return []
        # sudo: notice, horizon and buffer are hidden from visitors
        track = self.coaching_track_id.sudo()
        now = owner._coaching_now()
        notice = timedelta(hours=track.notice_hours if for_visitor else 0)
        return owner._coaching_call_starts(
            company=self._coaching_company(),
            first=now + notice,
            last=now + timedelta(days=track.horizon_days),
            length=self._coaching_length(),
            buffer=timedelta(minutes=track.buffer_minutes),
            but=self.coaching_event_id,
        )

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
        for lead in self:
            lead.write(
                {
                    "coaching_session_state": "held",
                    "coaching_held_on": min(
                        lead.coaching_call_start or fields.Datetime.now(),
                        fields.Datetime.now(),
                    ),
                }
            )
            lead._coaching_mark_contacted()
            lead._coaching_finish_activities(self.env._("The call was held."))
        return True

    def action_coaching_no_show(self):
        """Record that the prospect could not be reached at the agreed time."""
        self.check_access("write")
        self._coaching_planned().coaching_session_state = "no_show"
        for lead in self:
            lead._coaching_finish_activities(self.env._("The prospect did not answer."))
        return True

    def action_coaching_cancel(self):
        """Cancel the planned call and tell the prospect."""
        self.check_access("write")
        self._coaching_planned()._coaching_cancel()
        return True

    def _coaching_planned(self):
        planned = self.filtered(lambda lead: lead.coaching_session_state == "planned")
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

    def _coaching_plan(self, start, for_visitor=True):
        """Plan the call, or move the planned one, to a free moment.

        :param datetime start: aware; one of :meth:`_coaching_call_starts`
        :raises UserError: when it is not free, also when that is only just so
        """
        self.ensure_one()
        self._coaching_owner()._coaching_lock_calendar()
        if start not in self._coaching_call_starts(for_visitor=for_visitor):
            raise UserError(
                self.env._("This time is no longer free. Please choose another one.")
            )
        start = start.astimezone(utc).replace(tzinfo=None)
        if self.coaching_session_state == "planned" and self.coaching_event_id:
            self.coaching_event_id.with_context(skip_attendee_notification=True).write(
                {"start": start, "stop": start + self._coaching_length()}
            )
        else:
            self._coaching_plan_new(start)

    def _coaching_plan_new(self, start):
        owner = self._coaching_owner()
        self._coaching_drop_activities()
        event = self.env["calendar.event"].with_context(
            # the coach is told below and no mail of core's reaches anybody
            no_mail_to_attendees=True,
            mail_activity_quick_update=True,
            tz=owner.tz,
        )
        self.write(
            {
                "coaching_event_id": event.create(self._prepare_event_vals(start)).id,
                "coaching_session_state": "planned",
                "coaching_planned_on": self.coaching_planned_on
                or fields.Datetime.now(),
                "coaching_link_seq": self.coaching_link_seq + 1,
                "user_id": owner.id,
            }
        )
        self._coaching_reset_reminder()
        self._coaching_mail_call("coaching_leads.mail_template_call_planned")
        self._coaching_tell_owner("planned")

    def _prepare_event_vals(self, start):
        owner = self._coaching_owner()
        lead = self.with_context(lang=owner.lang)
        return {
            "name": lead.env._(
                "Coaching call: %(name)s", name=self.contact_name or self.name
            ),
            "start": start,
            "stop": start + self._coaching_length(),
            "user_id": owner.id,
            "partner_ids": [Command.set(owner.partner_id.ids)],
            "location": self.phone,
            "description": plaintext2html(lead._coaching_event_text()),
            "privacy": "confidential",
            "show_as": "busy",
            "opportunity_id": self.id,
            "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
            "res_id": self.id,
        }

    def _coaching_event_text(self):
        answers = (
            (self.env._("Track"), self.coaching_track_id.name),
            (self.env._("Wants to reach"), self.coaching_goal),
            (self.env._("Stands in the way"), self.coaching_obstacle),
            (self.env._("Goes well"), self.coaching_strengths),
        )
        return "\n".join(f"{label}: {text}" for label, text in answers if text)

    def _coaching_cancel(self):
        """Cancel the planned calls: the archived event tells the prospect."""
        self.coaching_event_id.write({"active": False})

    # -- after the call ---------------------------------------------------------------

    def action_coaching_send_summary(self):
        """Mail the notes of the call to the prospect.

        :raises UserError: when there is nothing to send or nobody to send it to
        """
        self.check_access("write")
        for lead in self:
            if not lead._coaching_summary_parts():
                raise UserError(
                    self.env._("Write down something about the call first.")
                )
            if not lead._coaching_mail("coaching_leads.mail_template_call_summary"):
                raise UserError(
                    self.env._("The lead needs one valid e-mail address first.")
                )
            lead.coaching_summary_sent_on = fields.Datetime.now()
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

    def action_set_lost(self, **additional_values):
        """Nobody waits for a call about a lead that is lost: cancel it first."""
        # sudo: who may not see the calendar's coach can still lose the lead
        self.sudo().filtered(
            lambda lead: lead.coaching_event_id._coaching_upcoming()
        )._coaching_cancel()
        return super().action_set_lost(**additional_values)

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

    # -- first contact ----------------------------------------------------------------

    @api.depends("coaching_first_contact_on", "coaching_requested_on")
    def _compute_coaching_first_contact_hours(self):
        for lead in self:
            asked = lead.coaching_requested_on or lead.create_date
            contact = lead.coaching_first_contact_on
            hours = 0
            if contact and asked and contact > asked:
                calendar = lead._coaching_company().resource_calendar_id
                hours = calendar.get_work_hours_count(asked, contact)
            lead.coaching_first_contact_hours = hours

    @api.depends(
        "coaching_session_state", "coaching_call_before", "coaching_first_contact_on"
    )
    def _compute_coaching_is_late(self):
        late = self.filtered_domain(self._coaching_late_domain())
        late.coaching_is_late = True
        (self - late).coaching_is_late = False

    def _search_coaching_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._coaching_late_domain()

    @api.model
    def _coaching_late_domain(self):
        return (
            Domain("coaching_session_state", "=", "requested")
            & Domain("coaching_first_contact_on", "=", False)
            & Domain("coaching_call_before", "<", fields.Datetime.now())
        )

    def _message_post_after_hook(self, message, msg_vals):
        """Staff's first message or finished call is the first contact."""
        if self._coaching_is_contact(message):
            self._coaching_mark_contacted()
        return super()._message_post_after_hook(message, msg_vals)

    def _coaching_is_contact(self, message):
        by_staff = message.author_id.user_ids.filtered(lambda user: not user.share)
        called = message.mail_activity_type_id.category == "phonecall"
        wrote = message.message_type == "comment" and (
            message.subtype_id == self.env.ref("mail.mt_comment")
        )
        return bool(by_staff and (called or wrote))

    def _coaching_mark_contacted(self):
        """Record the first contact, once."""
        new = self.filtered(
            lambda lead: lead.coaching_track_id and not lead.coaching_first_contact_on
        )
        if new:
            new.coaching_first_contact_on = fields.Datetime.now()

    # -- what client health knows -----------------------------------------------------

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("partner_id")
    def _compute_coaching_health_notice(self):
        past, flagged = self._coaching_health_partners()
        for lead in self:
            partner = lead.partner_id.commercial_partner_id
            lines = []
            if partner.id in past:
                lines.append(self.env._("We completed working together before."))
            if partner.id in flagged:
                lines.append(
                    self.env._("Colleagues confirmed points of attention: see Health.")
                )
            lead.coaching_health_notice = "\n".join(lines)

    def _coaching_health_partners(self):
        """Ids of partners with a past farewell, and with a confirmed flag.

        Read with the user's own rights: who may not see health sees nothing here.
        """
        may_see = "client.farewell" in self.env and self.env.user.has_group(
            "client_health.client_health_group_user"
        )
        partners = self.partner_id.commercial_partner_id
        if not may_see or not partners:
            return set(), set()
        ours = [("partner_id", "in", partners.ids)]
        farewells = self.env["client.farewell"].search(
            [*ours, ("state", "in", ("sent", "done"))]
        )
        flags = self.env["client.health.flag"].search(
            [*ours, ("decision", "=", "confirmed")]
        )
        return set(farewells.partner_id.ids), set(flags.partner_id.ids)
