import logging
from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.tools import email_normalize, format_date, format_time
from odoo.tools.misc import hash_sign
from pytz import timezone, utc

from ..answers import has_link
from .coaching_call import CALL_SCOPE, EVENT_SCOPE, read_signed

_logger = logging.getLogger(__name__)

BOOKING_SCOPE = "coaching-booking"
STOP_SCOPE = "coaching-stop"
BOOKING_DAYS = 30
REMINDER_HOURS = 24
NUDGE_HOURS = 16  # two working days


class CoachingLeadMail(models.AbstractModel):
    """What prospect and coach read: mails, times, links, activities and reminders.

    A part of ``crm.lead``, where its fields are.
    """

    _name = "coaching.lead.mail"
    _description = "What Is Mailed About Coaching Calls"

    # -- mails to the prospect --------------------------------------------------------

    def _coaching_mail(self, xmlid, attachments=None):
        """Queue a template for the lead's own address, and for nobody else.

        The mail queue sends it after the commit and tries again where that fails: a
        mail server that hangs keeps nobody waiting.

        :param str xmlid: of a ``mail.template`` on leads
        :param attachments: ``ir.attachment`` to send along
        :return: the ``mail.mail``, empty when the lead has no single valid address
        """
        self.ensure_one()
        address = email_normalize(self.email_from or "")
        return self._coaching_queue(self.env.ref(xmlid), address, attachments)

    def _coaching_queue(self, template, address, attachments=None):
        if not address:
            return self.env["mail.mail"]
        # sudo: visitors cause mails with texts that they cannot read or change
        template = template.sudo()
        mail_id = template.send_mail(
            self.id,
            email_values={
                "email_to": address,
                "recipient_ids": [],
                "email_cc": False,
                "attachment_ids": (attachments or self.env["ir.attachment"]).ids,
                "coaching_lead_id": self.id,
            },
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return template.env["mail.mail"].browse(mail_id)

    def _coaching_mail_call(self, xmlid, method="PUBLISH"):
        """Queue a template with the call as an .ics file in the prospect's language."""
        lead = self.with_context(lang=self._coaching_lang())
        # sudo: visitors cannot read calls or create attachments
        call = lead.sudo().coaching_call_id
        attachment = self.env["ir.attachment"].sudo()
        return self._coaching_mail(
            xmlid,
            attachment.create(
                {
                    "name": "call.ics",
                    "raw": call._write_ics(lead, method),
                    "mimetype": "text/calendar",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            ),
        )

    def _coaching_confirm(self):
        """Queue the confirmation of the request."""
        template = self.coaching_track_id.mail_template_id or self.env.ref(
            "coaching_leads.coaching_confirmation_mail_template"
        )
        self._coaching_try_queue(template, self.email_from)

    def _coaching_try_queue(self, template, address):
        """Queue a mail about a request; a broken template costs no lead."""
        try:
            with self.env.cr.savepoint():
                self._coaching_queue(template, address)
        except Exception:  # whatever a customised template may raise
            _logger.exception("Mail about coaching request %s failed", self.id)
            self._coaching_note_failed_mail()

    def _coaching_repeat(self, field_name):
        """Return what the visitor wrote, for a mail; nothing where it holds a link.

        The address may be somebody else's, who gets no advertisement through us.
        """
        text = self[field_name] or ""
        return "" if has_link(text) else text

    def _coaching_note_failed_mail(self):
        """Tell staff that a mail did not go out: they have a telephone."""
        self.message_post(
            body=self.env._(
                "A mail about the call could not be sent: check the address and the "
                "template, or call."
            ),
            subtype_xmlid="mail.mt_note",
        )

    def _coaching_sender(self):
        """Return the formatted address that the prospect may answer to."""
        owner = self._coaching_owner()
        company = self._coaching_company()
        return owner.email_formatted or company.email_formatted or False

    def _coaching_call_cancelled(self, call):
        """Tell who must know that a call is off, and that it is our turn."""
        self.coaching_waiting_since = fields.Datetime.now()
        if self.coaching_call_id == call:
            self._coaching_mail_call(
                "coaching_leads.mail_template_call_cancelled", "CANCEL"
            )
            self._coaching_tell_owner("cancelled")
            self._coaching_drop_activities()

    def _coaching_confirm_how(self):
        """The prospect gave another number, or changed between telephone and video."""
        self.coaching_call_id.revision += 1
        self._coaching_mail_call("coaching_leads.mail_template_call_planned")
        self._coaching_tell_owner("how")

    # -- telling colleagues -----------------------------------------------------------

    def _coaching_tell_request(self):
        """Mail the coach at once that somebody asks for a call; whoever is told
        instead where the coach is not there. Each has a switch."""
        now = fields.Datetime.now()
        # sudo: visitors ask, and may not read colleagues
        coach = self.sudo().user_id.filtered("active")
        if not coach or coach._coaching_is_away(now, now):
            coach = self._coaching_watchers()
        template = self.env.ref("coaching_leads.mail_template_coach_request")
        for user in coach.filtered("coaching_mail_requests"):
            self._coaching_try_queue(
                template.with_context(coaching_reader=user.id), user.email_normalized
            )

    def _coaching_reader(self):
        """Return the colleague whom a mail is for, if it is for one."""
        reader = self.env["res.users"].browse(self.env.context.get("coaching_reader"))
        return reader.sudo()  # sudo: visitors cause these mails

    def _coaching_reader_lang(self):
        return self._coaching_reader().lang or self.env.lang

    def _coaching_wish(self):
        """Return what the prospect wants to reach, in the words they used last."""
        return self.env.context.get("coaching_wish") or self.coaching_goal or ""

    def _coaching_watchers(self):
        """Return who is told when there is no coach: the team's leader, else the
        managers of the company, as far as they are there."""
        now = fields.Datetime.now()
        company = self._coaching_company()
        lead = self.sudo()  # sudo: visitors ask, and may not read colleagues
        managers = self.env.ref("sales_team.group_sale_manager").sudo().all_user_ids
        for users in (lead.team_id.user_id, managers):
            there = users.filtered(
                lambda user: (
                    user.active
                    and not user.share
                    and company in user.company_ids
                    and user != lead.user_id
                    and not user._coaching_is_away(now, now)
                )
            )
            if there:
                return there
        return users.browse()

    def _coaching_tell_owner(self, what):
        """Notify the coach, the way they like to be, of what somebody else did.

        :param str what: ``planned``, ``moved``, ``cancelled`` or ``how``
        """
        self._coaching_tell(self._coaching_owner(), what)

    def _coaching_tell(self, user, what):
        """:param str what: as above, or ``handed_over``"""
        self.ensure_one()
        if not user.active or user == self.env.user:
            return
        lead = self.with_context(lang=user.lang)
        who = self.contact_name or self.name
        subject = {
            "planned": lead.env._("Call planned: %(name)s", name=who),
            "moved": lead.env._("Call moved: %(name)s", name=who),
            "cancelled": lead.env._("Call cancelled: %(name)s", name=who),
            "handed_over": lead.env._("Somebody else calls: %(name)s", name=who),
            "how": lead.env._("Another number or way to meet: %(name)s", name=who),
        }[what]
        tz = user.tz or self._coaching_company_tz()
        # queued: a mail server that hangs keeps no visitor waiting
        self.with_context(mail_notify_force_send=False).message_notify(
            partner_ids=user.partner_id.ids,
            author_id=self.env.ref("base.partner_root").id,
            subject=subject,
            body=lead._coaching_show_time(self.coaching_call_start, tz, user.lang),
        )

    @api.model
    def _coaching_coach_left(self, user):
        """Tell who looks after things, once, whom an archived coach leaves behind."""
        leads = self.search([("user_id", "=", user.id)]).filtered("coaching_todo")
        planned = self.env["coaching.call"].search([("user_id", "=", user.id)])
        leads |= planned._upcoming().lead_id
        for left in leads.grouped(lambda lead: lead._coaching_company()).values():
            for watcher in left[:1]._coaching_watchers():
                left._coaching_tell_left(user, watcher)

    def _coaching_tell_left(self, user, watcher):
        env = self.with_context(lang=watcher.lang).env
        lines = Markup().join(
            Markup("<li>%s</li>") % (lead.contact_name or lead.name) for lead in self
        )
        self[:1].message_notify(
            partner_ids=watcher.partner_id.ids,
            author_id=self.env.ref("base.partner_root").id,
            subject=env._("Without a coach now that %(name)s left", name=user.name),
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (env._("Give these leads to a colleague: the calls move along."), lines),
        )

    # -- activities -------------------------------------------------------------------

    def _coaching_drop_activities(self):
        """Remove what there is to call about: it is planned, or off."""
        # sudo: visitors plan and cancel too
        leads = self.sudo()
        leads.coaching_event_id.activity_ids.unlink()
        leads.activity_unlink(["mail.mail_activity_data_call"])

    def _coaching_finish_activities(self, feedback):
        """Mark the activities about the call as done."""
        self.coaching_event_id.activity_ids.action_feedback(feedback=feedback)
        self.activity_feedback(["mail.mail_activity_data_call"], feedback=feedback)

    # -- reminders --------------------------------------------------------------------

    @api.model
    def _coaching_remind_domain(self):
        now = fields.Datetime.now()
        return [
            ("state", "=", "planned"),
            ("reminded_on", "=", False),
            ("start", ">", now),
            ("start", "<=", now + timedelta(hours=REMINDER_HOURS)),
        ]

    @api.model
    def _cron_coaching_remind(self):
        """Remind prospects of the call: a day ahead by mail, an hour ahead by text
        message where the company wants that.

        Who only just got a confirmation does not need a reminder: booking or moving
        within that day counts as reminded.
        """
        self._coaching_each_call(
            self._coaching_remind_domain(), lambda lead: lead._coaching_remind()
        )
        if "sms.sms" in self.env:
            self._coaching_each_call(
                self._coaching_text_domain(), lambda lead: lead._coaching_text()
            )

    def _coaching_each_call(self, domain, work):
        """Do ``work`` with the lead of each call in ``domain``, and commit."""
        calls = self.env["coaching.call"].search(domain, order="start")
        self.env["ir.cron"]._commit_progress(remaining=len(calls))
        for call in calls:
            call = call.try_lock_for_update().filtered_domain(domain)
            if call and call == call.lead_id.coaching_call_id:
                work(call.lead_id)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _coaching_remind(self):
        self.coaching_call_id.reminded_on = fields.Datetime.now()
        self._coaching_mail_call("coaching_leads.mail_template_call_reminder")

    @api.model
    def _coaching_text_domain(self):
        now = fields.Datetime.now()
        wanted = self.env["res.company"].search([("coaching_text_reminder", "=", True)])
        return [
            ("company_id", "in", wanted.ids),
            ("state", "=", "planned"),
            ("texted_on", "=", False),
            ("start", ">", now),
            ("start", "<=", now + timedelta(hours=1)),
        ]

    def _coaching_text(self):
        """Send a text message about the call of this hour, where there is a number."""
        self.coaching_call_id.texted_on = fields.Datetime.now()
        if self.phone_sanitized:
            env = self.with_context(lang=self._coaching_lang()).env
            company = self._coaching_company().name
            time = self._coaching_call_times()[0]
            said = env._("%(company)s calls you: %(time)s", company=company, time=time)
            if url := self.coaching_call_id.video_url:
                said = env._(
                    "%(company)s by video: %(time)s %(url)s",
                    company=company,
                    time=time,
                    url=url,
                )
            self._message_sms(
                said,
                sms_numbers=[self.phone_sanitized],
            )

    @api.model
    def _cron_coaching_nudge(self):
        """Remind once of booking a time, two working days after the request.

        Who answered us, booked, was called to the end or wants no more gets none.
        """
        leads = self.search(
            [
                ("coaching_session_state", "=", "requested"),
                ("coaching_nudged_on", "=", False),
                ("coaching_requested_on", "<", fields.Datetime.now()),
                ("won_status", "=", "pending"),
            ]
        )
        leads = leads.filtered(lambda lead: lead._coaching_is_due_to_nudge())
        self.env["ir.cron"]._commit_progress(remaining=len(leads))
        for lead in leads.try_lock_for_update():
            lead.coaching_nudged_on = fields.Datetime.now()
            lead._coaching_mail("coaching_leads.mail_template_call_nudge")
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _coaching_is_due_to_nudge(self):
        calendar = self._coaching_company().resource_calendar_id
        asked = self.coaching_requested_on
        due = calendar and calendar.plan_hours(NUDGE_HOURS, asked, compute_leaves=True)
        return (due or asked + timedelta(days=2)) <= fields.Datetime.now() and not (
            self._coaching_has_answered()
        )

    def _coaching_has_answered(self):
        """Whether the prospect wrote to us since asking for the call."""
        return bool(
            self.message_ids.filtered(
                lambda message: (
                    message.message_type == "email"
                    and message.date >= self.coaching_requested_on
                    and email_normalize(message.email_from or "")
                    == self.email_normalized
                )
            )
        )

    # -- time as people read it -------------------------------------------------------

    def _coaching_show_time(self, start, tz, lang):
        """Return date and time of ``start`` on the clock of ``tz``, with its city.

        :param datetime start: naive, in UTC
        """
        env = self.with_context(lang=lang).env
        local = utc.localize(start).astimezone(timezone(tz))
        return env._(
            "%(date)s, %(time)s (%(city)s time)",
            date=format_date(env, local.date(), lang_code=lang, date_format="full"),
            time=format_time(env, start, tz=tz, time_format="short", lang_code=lang),
            city=tz.rsplit("/", 1)[-1].replace("_", " "),
        )

    def _coaching_company_tz(self):
        return self._coaching_company().resource_calendar_id.tz or "UTC"

    def _coaching_call_times(self, lang=None):
        """Return the planned time as the prospect reads it: theirs first, then ours.
        A mail to a colleague has it on their clock and in their language only.

        :param str lang: of the page that shows it; else the prospect's own
        """
        if not self.coaching_call_start:
            return [""]  # Odoo tries templates on any lead when it installs them
        if reader := self._coaching_reader():
            tz = reader.tz or self._coaching_company_tz()
            lang = self._coaching_reader_lang()
            return [self._coaching_show_time(self.coaching_call_start, tz, lang)]
        lang = lang or self._coaching_lang()
        zones = [self.coaching_tz or self._coaching_company_tz()]
        start = utc.localize(self.coaching_call_start)
        ours = self._coaching_company_tz()
        if start.astimezone(timezone(ours)).utcoffset() != (
            start.astimezone(timezone(zones[0])).utcoffset()
        ):
            zones.append(ours)
        return [
            self._coaching_show_time(self.coaching_call_start, tz, lang) for tz in zones
        ]

    def _coaching_call_minutes(self):
        """Return how long the agreed call takes, or one of the track."""
        # sudo: visitors read how long it takes, and no calls
        call = self.sudo().coaching_call_id
        minutes = call.state == "planned" and call.minutes
        return minutes or self.coaching_track_id.call_minutes or 45

    def _coaching_where(self, lang=None):
        """Return one sentence of html on how we speak at the planned call.

        :param str lang: see :meth:`_coaching_call_times`
        """
        env = self.with_context(lang=lang or self._coaching_lang()).env
        # sudo: visitors read where they meet us, and no calls
        call = self.sudo().coaching_call_id
        if call.state == "planned" and call.video_url:
            said = env._("We meet by video: %(link)s. A browser is all you need.")
            text = env._("open the video call")
            link = Markup('<a href="%s">%s</a>') % (call.video_url, text)
            return Markup(said) % {"link": link}
        if self.phone:
            number = Markup("<strong>%s</strong>") % self.phone
            return Markup(env._("We ring you on %(number)s.")) % {"number": number}
        return Markup(env._("We ring you."))

    def _coaching_lang(self):
        """Return the code of the prospect's language."""
        return (
            self.lang_id.code
            or self.partner_id.lang
            or self._coaching_company().partner_id.lang
            or self.env.lang
            or "en_US"
        )

    def _coaching_ics_text(self, call):
        """Return what the prospect reads in their calendar."""
        lines = [self.env._("A call by telephone: we ring you.")]
        if call.video_url:
            lines = [self.env._("We meet by video: %(url)s", url=call.video_url)]
        elif self.phone:
            lines = [self.env._("We call you on %(phone)s.", phone=self.phone)]
        if call.state == "planned":
            url = call._manage_url()
            lines.append(self.env._("Move or cancel the call: %(url)s", url=url))
        return "\n".join(lines)

    # -- links ------------------------------------------------------------------------

    def _coaching_booking_url(self):
        """Return the link on which the prospect picks a time for the call.

        It works until a call is planned, with this link or by staff, and for 30 days
        at most. A cancelled or missed call makes place for a new link; while a call
        is planned, and after it was held, there is none and this returns False.
        """
        self.ensure_one()
        if self.env.context.get("coaching_no_link") or not self._coaching_can_plan():
            return False
        token = hash_sign(
            self.sudo().env,  # sudo: the database's secret signs, it does not leave
            BOOKING_SCOPE,
            [self.id, self.coaching_link_seq],
            expiration=timedelta(days=BOOKING_DAYS),
        )
        return self._coaching_public_url(f"/coaching/call/{token}")

    def _coaching_manage_url(self):
        """Return the link to move or cancel the call; it works until the call."""
        self.ensure_one()
        # sudo: the link is made for a prospect who may read no call
        call = self.sudo().coaching_call_id
        return call._manage_url() if call else False

    def _coaching_stop_url(self):
        """Return the link with which the prospect says to want no call any more."""
        self.ensure_one()
        # sudo: see _coaching_booking_url
        token = hash_sign(self.sudo().env, STOP_SCOPE, [self.id])
        return self._coaching_public_url(f"/coaching/stop/{token}")

    def _coaching_public_url(self, path):
        """Return the whole address of ``path``, in the prospect's language."""
        base = self.get_base_url()
        # the site that the address is of: colleagues and crons are on none
        # sudo: visitors may not read the company
        website = self.sudo().company_id.website_id
        website = website or self.env["website"].sudo().get_current_website()
        lang = website.language_ids.filtered(
            lambda lang: lang.code == self._coaching_lang()
        )
        if lang and lang != website.default_lang_id:
            path = f"/{lang.url_code}{path}"
        return f"{base}{path}"

    @api.model
    def _coaching_lead_to_book(self, token):
        """Return the lead of a booking link, or none if it does not work (any more)."""
        values = self.env["coaching.call"]._read_token(BOOKING_SCOPE, token, 2)
        lead, seq = self.browse(values[:1]), sum(values[1:])
        try:  # one query instead of two
            usable = lead and lead.coaching_link_seq == seq
        except MissingError:
            former = self.env["coaching.former.lead"]._find(lead.id)
            lead = former._get_own_lead()
            usable = lead and lead.coaching_link_seq == seq + former.link_shift
        return lead.filtered(lambda lead: usable and lead._coaching_can_plan())

    @api.model
    def _coaching_lead_to_manage(self, token):
        """Return the lead of a manage link, or none if it does not work (any more)."""
        # sudo: the signed link is what gives access to this one call
        lead = self.env["coaching.call"].sudo()._from_link(token).lead_id
        return lead.with_env(self.env)

    @api.model
    def _coaching_why_dead(self, kind, token):
        """Say what became of a link that does not work (any more).

        :param str kind: ``book``, ``manage`` or ``stop``
        :return: why, and the lead where its holder may know of it: ``broken`` (not
            ours), ``gone``, ``merged`` (into one of another address),
            ``closed``, ``expired``, ``planned``, ``moved``, ``used``, ``cancelled``,
            ``called_off`` (by us), ``replaced``, ``over``, ``held`` or ``no_show``
        """
        scope = {"book": BOOKING_SCOPE, "manage": CALL_SCOPE, "stop": STOP_SCOPE}[kind]
        calls = self.env["coaching.call"]
        values, is_over = read_signed(self.env, scope, token)
        if not values and kind == "manage":  # a link of before calls were records
            event, is_over = read_signed(self.env, EVENT_SCOPE, token)
            values = calls.search([("event_id", "in", event)]).ids if event else None
        if not values:
            return "broken", self.browse()
        call = calls.browse(values[:1] if kind == "manage" else ()).exists()
        lead = call.lead_id if kind == "manage" else self.browse(values[0]).exists()
        if not lead and kind != "manage":
            former = self.env["coaching.former.lead"]._find(values[0])
            lead = former._get_own_lead()
            if former and not lead:
                return "merged", lead
        if not lead:
            return "gone", lead
        if kind == "manage":
            return call._get_why_off(), lead
        if not lead.active or lead.won_status != "pending":
            return "closed", self.browse()
        if is_over:
            return "expired", self.browse()
        call, state = lead.coaching_call_id, lead.coaching_session_state
        if state == "planned":
            return "moved" if call.revision else "planned", self.browse()
        return "held" if state == "held" else "used", self.browse()

    @api.model
    def _coaching_lead_to_stop(self, token):
        """Return the open lead of a link to stop; none otherwise."""
        values = self.env["coaching.call"]._read_token(STOP_SCOPE, token, 1)
        lead = self.browse(values).exists()
        if values and not lead:
            lead = self.env["coaching.former.lead"]._find(values[0])._get_own_lead()
        return lead.filtered(lambda lead: lead.active and lead.won_status == "pending")
