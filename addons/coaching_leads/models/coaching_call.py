import base64
import binascii
import json
from datetime import datetime, timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import consteq
from odoo.tools.misc import hash_sign

from .coaching_ics import Appointment, write_ics

CALL_SCOPE = "coaching-call"
EVENT_SCOPE = "coaching-manage"  # links of before calls were records
NOTES = (
    "note_strengths",
    "note_challenge",
    "note_chances",
    "note_tips",
    "note_steps",
)
MEET_BY = [("phone", "Telephone"), ("video", "Video")]
# no mail of core's reaches anybody: prospect and coach are told by ours; and the call
# need not follow an event that follows it
QUIET = {
    "coaching_call_leads": True,
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "mail_activity_quick_update": True,
}


class CoachingCall(models.Model):
    """One call with a prospect, from agreed to held or not.

    A lead has several in the course of time and none overwrites another. The event
    in the coach's calendar follows the call, and where staff change the event first,
    the call follows it; either way the prospect's calendar, links and mails agree.
    """

    _name = "coaching.call"
    _description = "Coaching Call"
    _inherit = ["coaching.protected"]
    _order = "start desc, id desc"

    _protected_fields = (
        "lead_id",
        "track_id",
        "user_id",
        "start",
        "minutes",
        "state",
        "event_id",
        "uid",
        "revision",
        "planned_on",
        "held_on",
        "reminded_on",
        "texted_on",
        "meet_by",
        "video_url",
        "cancelled_by",
        "outcome",
        "summary_sent_on",
        "end_mail_id",
    )

    lead_id = fields.Many2one(
        comodel_name="crm.lead", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="lead_id.company_id", store=True, index=True)
    track_id = fields.Many2one(comodel_name="coaching.track", ondelete="restrict")
    user_id = fields.Many2one(
        comodel_name="res.users", string="Coach", ondelete="restrict", index=True
    )
    start = fields.Datetime(required=True, index=True)
    minutes = fields.Integer(string="Length", required=True, help="In minutes.")
    stop = fields.Datetime(compute="_compute_stop", store=True)
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("held", "Held"),
            ("no_show", "No Show"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="planned",
        index=True,
    )
    event_id = fields.Many2one(
        comodel_name="calendar.event",
        string="Calendar Event",
        ondelete="set null",
        copy=False,
        index="btree_not_null",
    )
    uid = fields.Char(
        required=True,
        copy=False,
        default=lambda self: str(uuid4()),
        export_string_translation=False,
        help="Name of the appointment in the prospect's calendar.",
    )
    revision = fields.Integer(
        copy=False,
        export_string_translation=False,
        help="Tells calendars which of several .ics files is the newest.",
    )
    planned_on = fields.Datetime(copy=False, help="Empty for a call held at once.")
    held_on = fields.Datetime(copy=False)
    reminded_on = fields.Datetime(copy=False)
    texted_on = fields.Datetime(string="Text Message On", copy=False)
    meet_by = fields.Selection(selection=MEET_BY, string="By", default="phone")
    video_url = fields.Char(
        string="Video Call",
        copy=False,
        help="Where prospect and coach meet, as the prospect was told.",
    )
    cancelled_by = fields.Selection(
        selection=[("client", "Prospect"), ("staff", "Us")], copy=False
    )
    outcome = fields.Selection(
        selection=[
            ("opportunity", "Opportunity"),
            ("later", "Later"),
            ("other_help", "Other Help"),
            ("no_fit", "No Fit"),
        ],
        copy=False,
    )
    note_strengths = fields.Text(string="What Goes Well")
    note_challenge = fields.Text(string="Core of the Challenge")
    note_chances = fields.Text(string="Chances")
    note_tips = fields.Text(string="Tips")
    note_steps = fields.Text(string="Next Steps")
    summary_sent_on = fields.Datetime(copy=False)
    end_mail_id = fields.Many2one(
        comodel_name="mail.mail",
        ondelete="set null",
        copy=False,
        export_string_translation=False,
        help="What told the prospect how the call ended: undoing takes it back while "
        "it waits to be sent.",
    )

    _minutes_positive = models.Constraint(
        "CHECK(minutes > 0)", "A call takes at least one minute."
    )

    @api.depends("start", "minutes")
    def _compute_stop(self):
        for call in self:
            call.stop = call.start and call.start + timedelta(minutes=call.minutes)

    @api.depends("start", "lead_id.contact_name", "lead_id.name")
    def _compute_display_name(self):
        for call in self:
            call.display_name = call.lead_id.contact_name or call.lead_id.name

    # -- planning, moving, handing over -----------------------------------------------

    @api.model
    def _plan(self, lead, coach, start, minutes):
        """Agree on a call, in the coach's calendar too.

        :param datetime start: naive, in UTC
        :return: the call; it is the lead's current one from now on
        """
        now = fields.Datetime.now()
        call = self._create_for(
            lead,
            coach,
            start,
            minutes,
            planned_on=now,
            state="planned",
            meet_by=lead._coaching_get_meet_by(coach),
        )
        call._sync_event()
        call._reset_reminder()
        return call

    @api.model
    def _create_for(self, lead, coach, start, minutes, **values):
        """Create the lead's current call, with what was noted beforehand."""
        notes = {}
        if lead.coaching_session_state != "held":
            notes = {name: lead[f"coaching_{name}"] for name in NOTES}
        # sudo: visitors plan too, and only methods make calls
        call = self.sudo().create(
            {
                "lead_id": lead.id,
                "track_id": lead.coaching_track_id.id,
                "user_id": coach.id,
                "start": start,
                "minutes": minutes,
                **notes,
                **values,
            }
        )
        lead.sudo().coaching_call_id = call
        return call

    def _sync_event(self):
        """Have the event in the coach's calendar say what the call says: when, and
        nothing of what the prospect told us."""
        self.ensure_one()
        coach = self.user_id
        # without the duration core makes it an hour again
        when = {
            "start": self.start,
            "stop": self.stop,
            "duration": self.minutes / 60,
        }
        event = self.event_id.with_context(**QUIET)
        if not event:
            vals = self._prepare_event_vals() | when
            self.event_id = event.with_context(tz=coach.tz).create(vals)
        elif event.user_id != coach or coach.partner_id not in event.partner_ids:
            partners = [Command.set(coach.partner_id.ids)]
            event.write({"user_id": coach.id, "partner_ids": partners, **when})
        elif (event.start, event.stop) != (self.start, self.stop):
            event.write(when)
        if not self.event_id.active:
            self.event_id.with_context(**QUIET).active = True
        self._sync_video()

    def _sync_video(self):
        """Give the event a room for a call by video, unless the coach put a link of
        their own there; a call by telephone needs none."""
        event = self.event_id.with_context(**QUIET)
        if self.meet_by == "video" and not event.videocall_location:
            event._set_discuss_videocall_location()
        elif self.meet_by != "video" and event.videocall_source == "discuss":
            event.videocall_location = False
        self.video_url = self.meet_by == "video" and event.videocall_location

    def _prepare_event_vals(self):
        coach, lead = self.user_id, self.lead_id
        env = self.with_context(lang=coach.lang).env
        url = f"{lead.get_base_url()}/mail/view?model=crm.lead&res_id={lead.id}"
        return {
            "name": env._("Coaching call"),
            "description": f'<p><a href="{url}">{env._("Open the lead")}</a></p>',
            "user_id": coach.id,
            "partner_ids": [Command.set(coach.partner_id.ids)],
            "privacy": "private",
            "show_as": "busy",
            "opportunity_id": lead.id,
            "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
            "res_id": lead.id,
        }

    def _move(self, start, minutes, coach=None):
        """Give the planned call another time or length and tell who must know.

        A call that is moved into the past was held or missed by then: nobody is told.

        :param coach: who makes the call then, where that is somebody else
        """
        self.ensure_one()
        self.write(
            {
                "start": start,
                "minutes": minutes,
                "revision": self.revision + 1,
                "user_id": (coach or self.user_id).id,
            }
        )
        self._sync_event()
        if start > fields.Datetime.now():
            self._reset_reminder()
            self.lead_id._coaching_mail_call("coaching_leads.mail_template_call_moved")
            self.lead_id._coaching_tell_owner("moved")

    def _switch_to(self, meet_by):
        """Let the planned call be by ``phone`` or by ``video`` from now on.

        :return: whether that is a change
        """
        self.ensure_one()
        changed = meet_by != (self.meet_by or "phone")
        if changed:
            self.write({"meet_by": meet_by, "revision": self.revision + 1})
            self._sync_video()
        return changed

    def _hand_over(self, coach):
        """Let ``coach`` make the planned call: calendar and prospect follow."""
        self.ensure_one()
        before = self.user_id
        self.write({"user_id": coach.id, "revision": self.revision + 1})
        self._sync_event()
        if self.start > fields.Datetime.now():
            self.lead_id._coaching_mail_call("coaching_leads.mail_template_call_coach")
            self.lead_id._coaching_tell_owner("planned")
            self.lead_id._coaching_tell(before, "handed_over")

    # -- how it ends ------------------------------------------------------------------

    def _upcoming(self):
        """Return the calls that a prospect still expects."""
        now = fields.Datetime.now()
        return self.filtered(lambda call: call.state == "planned" and call.start > now)

    def _cancel(self, cancelled_by="staff"):
        """Cancel planned calls and tell who must know, once.

        :param str cancelled_by: ``client`` or ``staff``
        """
        for call in self.filtered(lambda call: call.state == "planned"):
            # first the state: the mail holds a link to plan another call
            call.write(
                {
                    "state": "cancelled",
                    "cancelled_by": cancelled_by,
                    "revision": call.revision + 1,
                }
            )
            call.event_id.activity_ids.unlink()
            call._free_calendar()
            call.event_id = False
            call.lead_id._coaching_call_cancelled(call)

    def _free_calendar(self):
        """Take the call out of the coach's calendar."""
        self.event_id.with_context(**QUIET).filtered("active").active = False

    def _hold(self):
        """Record that the planned calls took place. One that was held before its time
        leaves both calendars."""
        now = fields.Datetime.now()
        for call in self:
            early = call.start > now
            call.write({"state": "held", "held_on": min(call.start, now)})
            if early:
                call.revision += 1
                call._free_calendar()
                call.end_mail_id = call.lead_id._coaching_mail_call(
                    "coaching_leads.mail_template_call_early", "CANCEL"
                )

    def _miss(self):
        """Record that nobody answered at the agreed time, and offer another one. A
        call that is given up before its time leaves both calendars."""
        self.ensure_one()
        lead, template = self.lead_id, "coaching_leads.mail_template_call_missed"
        # first the state: the mail holds a link to plan another call
        self.state = "no_show"
        if self.start > fields.Datetime.now():
            self.revision += 1
            self._free_calendar()
            self.end_mail_id = lead._coaching_mail_call(template, "CANCEL")
        else:
            self.end_mail_id = lead._coaching_mail(template)

    def _undo(self):
        """Take back *held* or *no-show*: what was planned is planned again, what was
        held at once was never there. The prospect hears nothing where the mail about
        it still waits.

        :raises UserError: when there is nothing to take back
        """
        if self.state not in ("held", "no_show"):
            raise UserError(self.env._("There is nothing to undo."))
        lead, early = self.lead_id, self.event_id and not self.event_id.active
        if not self.planned_on:
            self.unlink()
            return
        self.write({"state": "planned", "held_on": False, "outcome": False})
        unheard = self._take_back_mail()
        if early and self.start > fields.Datetime.now():
            self._sync_event()
            if not unheard:
                self.revision += 1
                lead._coaching_mail_call("coaching_leads.mail_template_call_planned")

    def _take_back_mail(self):
        """Delete what tells of the end, unless it was sent.

        :return: whether the prospect did not hear of it
        """
        mail = self.end_mail_id
        if mail.state != "outgoing":
            return False
        files = mail.attachment_ids.filtered(lambda file: file.res_model == "crm.lead")
        mail.unlink()
        files.unlink()
        return True

    # -- what staff do in the calendar ------------------------------------------------

    def _follow_event(self):
        """Take over what was changed in the calendar, if it differs from the call."""
        for call in self.filtered(lambda call: call.state == "planned"):
            event = call.event_id
            minutes = round((event.stop - event.start).total_seconds() / 60)
            if not event.active:
                call._upcoming()._cancel()
            elif event.user_id and event.user_id != call.user_id:
                call.lead_id._coaching_assign(event.user_id)
            elif (event.start, minutes) != (call.start, call.minutes) and minutes:
                call._move(event.start, minutes)
            elif call.meet_by == "video" and (
                event.videocall_location != call.video_url
            ):
                call._follow_video()

    def _follow_video(self):
        """Meet where the coach wants to: in another room, or by telephone after all."""
        place = self.event_id.videocall_location
        self.write(
            {
                "video_url": place,
                "meet_by": "video" if place else "phone",
                "revision": self.revision + 1,
            }
        )
        if self._upcoming():
            self.lead_id._coaching_mail_call(
                "coaching_leads.mail_template_call_planned"
            )

    def _follow_deleted_event(self):
        """Deleting what is still to come cancels it."""
        self._upcoming()._cancel()

    # -- reminders --------------------------------------------------------------------

    def _reset_reminder(self):
        """Plan the reminder, unless the call is so near that it was just confirmed."""
        self.ensure_one()
        ahead = self.start - fields.Datetime.now()
        near = ahead <= timedelta(hours=24)
        self.write(
            {
                "reminded_on": fields.Datetime.now() if near else False,
                "texted_on": False,
            }
        )

    # -- the prospect's calendar and link ---------------------------------------------

    def _write_ics(self, lead, method="PUBLISH"):
        """Return the call as the prospect's calendar reads it.

        :param lead: the ``crm.lead``, in the prospect's language
        :param str method: ``PUBLISH`` or ``CANCEL``
        :return: bytes
        """
        self.ensure_one()
        company = lead._coaching_company()
        address = self.user_id.email_normalized or company.email
        appointment = Appointment(
            uid=self.uid,
            sequence=self.revision,
            start=self.start,
            stop=self.stop,
            written_on=fields.Datetime.now(),
            summary=lead.env._("Call with %(company)s", company=company.name),
            description=lead._coaching_ics_text(self),
            location=self._get_place(),
            organizer=address and (self.user_id.name or company.name, address),
        )
        return write_ics(appointment, method)

    def _get_place(self):
        """Where the prospect finds us: on the telephone or behind a link."""
        return self.video_url or self.lead_id.phone or ""

    def _manage_url(self):
        """Return the link to move or cancel the call; it works until the call."""
        self.ensure_one()
        # sudo: the database's secret signs, it does not leave
        token = hash_sign(self.sudo().env, CALL_SCOPE, [self.id])
        return self.lead_id._coaching_public_url(f"/coaching/manage/{token}")

    def _get_why_off(self):
        """Return why the call cannot be moved or cancelled, see
        ``crm.lead._coaching_why_dead``."""
        if self.state == "planned":
            return "over"
        if self.state != "held" and self.lead_id.coaching_call_id._upcoming():
            return "replaced"
        is_ours = self.state == "cancelled" and self.cancelled_by == "staff"
        return "called_off" if is_ours else self.state

    @api.model
    def _from_link(self, token):
        """Return the planned call of a manage link; none if the link does not work
        (any more)."""
        call = self.browse(self._read_token(CALL_SCOPE, token, 1)).exists()
        if not call and (event := self._read_token(EVENT_SCOPE, token, 1)):
            call = self.search([("event_id", "=", event[0])])
        return call._upcoming()[:1]

    @api.model
    def _read_token(self, scope, token, size):
        """Return the ``size`` whole numbers signed in ``token``, else an empty list."""
        values, is_over = read_signed(self.env, scope, token)
        return values if values and len(values) == size and not is_over else []


def read_signed(env, scope, token):
    """What a link of ours holds, also when its time is over.

    :return: list of values, None for a link that is not ours; and whether it is over
    """
    try:
        raw = base64.urlsafe_b64decode(token.encode() + b"===")
        until, values = int.from_bytes(raw[1:9], "little"), json.loads(raw[41:])
        expiration = datetime.fromtimestamp(until) if until else None
        # sudo: the database's secret is only compared with
        ours = hash_sign(env(su=True), scope, values, expiration)
    except (ValueError, OverflowError, OSError, binascii.Error):
        return None, False
    if not (isinstance(values, list) and token.isascii() and consteq(ours, token)):
        return None, False
    return values, bool(until) and until <= datetime.now().timestamp()
