import binascii
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import email_normalize, format_date, format_time
from odoo.tools.misc import hash_sign, verify_hash_signed
from pytz import timezone, utc

REMINDER_HOURS = 24
BOOKING_SCOPE = "coaching-booking"
MANAGE_SCOPE = "coaching-manage"
BOOKING_DAYS = 30


class CrmLead(models.Model):
    """What prospect and coach read of the call: mails, times and signed links."""

    _inherit = "crm.lead"

    coaching_reminded_on = fields.Datetime(
        string="Reminded On", copy=False, readonly=True
    )
    coaching_link_seq = fields.Integer(
        string="Calls Planned",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Part of the booking link: the next call planned ends the link.",
    )

    # -- mails ------------------------------------------------------------------------

    def _coaching_mail(self, xmlid, attachments=None):
        """Send a template to the lead's own address, and to nobody else.

        It goes out after the commit: a failing mail server undoes nothing.

        :param str xmlid: of a ``mail.template`` on leads
        :param attachments: ``ir.attachment`` to send along
        :return: the ``mail.mail``, empty when the lead has no single valid address
        """
        self.ensure_one()
        address = email_normalize(self.email_from or "")
        if not address:
            return self.env["mail.mail"]
        # sudo: visitors cause mails with texts that they cannot read or change
        template = self.env.ref(xmlid).sudo()
        mail_id = template.send_mail(
            self.id,
            email_values={
                "email_to": address,
                "recipient_ids": [],
                "email_cc": False,
                "attachment_ids": (attachments or self.env["ir.attachment"]).ids,
            },
        )
        mail = template.env["mail.mail"].browse(mail_id)
        mail.send_after_commit()
        return mail

    def _coaching_mail_call(self, xmlid, method="PUBLISH"):
        """Send a template with the call as an .ics file, in the prospect's language."""
        lead = self.with_context(lang=self._coaching_lang())
        ics = lead.coaching_event_id._coaching_ics(lead, method)
        # sudo: visitors cannot create attachments
        attachment = self.env["ir.attachment"].sudo()
        return self._coaching_mail(
            xmlid,
            attachment.create(
                {
                    "name": "call.ics",
                    "raw": ics,
                    "mimetype": "text/calendar",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            ),
        )

    def _coaching_sender(self):
        """Return the formatted address that the prospect may answer to."""
        owner = self._coaching_owner()
        company = self._coaching_company()
        return owner.email_formatted or company.email_formatted or False

    def _coaching_tell_owner(self, what):
        """Notify the coach, the way they like to be, of what somebody else did.

        :param str what: ``planned``, ``moved`` or ``cancelled``
        """
        self.ensure_one()
        owner = self._coaching_owner()
        if not owner or owner == self.env.user:
            return
        lead = self.with_context(lang=owner.lang)
        tz = owner.tz or self._coaching_company_tz()
        who = self.contact_name or self.name
        subject = {
            "planned": lead.env._("Call planned: %(name)s", name=who),
            "moved": lead.env._("Call moved: %(name)s", name=who),
            "cancelled": lead.env._("Call cancelled: %(name)s", name=who),
        }[what]
        self.message_notify(
            partner_ids=owner.partner_id.ids,
            author_id=self.env.ref("base.partner_root").id,
            subject=subject,
            body=lead._coaching_show_time(self.coaching_call_start, tz, owner.lang),
        )

    def _coaching_ics_text(self):
        """Return what the prospect reads in their calendar."""
        lines = [self.env._("A call by telephone: we ring you.")]
        if self.phone:
            lines = [self.env._("We call you on %(phone)s.", phone=self.phone)]
        if self.coaching_session_state == "planned":
            url = self._coaching_manage_url()
            lines.append(self.env._("Move or cancel the call: %(url)s", url=url))
        return "\n".join(lines)

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

    @api.model
    def _coaching_remind_domain(self):
        now = fields.Datetime.now()
        return [
            ("coaching_session_state", "=", "planned"),
            ("coaching_reminded_on", "=", False),
            ("coaching_call_start", ">", now),
            ("coaching_call_start", "<=", now + timedelta(hours=REMINDER_HOURS)),
        ]

    @api.model
    def _cron_coaching_remind(self):
        """Remind prospects of the call, a day ahead.

        Who only just got a confirmation does not need a reminder: booking or moving
        within that day counts as reminded.
        """
        leads = self.search(self._coaching_remind_domain(), order="coaching_call_start")
        self.env["ir.cron"]._commit_progress(remaining=len(leads))
        for lead in leads:
            lead = lead.try_lock_for_update().filtered_domain(
                self._coaching_remind_domain()
            )
            if lead:
                lead.coaching_reminded_on = fields.Datetime.now()
                lead._coaching_mail_call("coaching_leads.mail_template_call_reminder")
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _coaching_reset_reminder(self):
        """Plan the reminder, unless the call is so near that it was just confirmed."""
        self.ensure_one()
        ahead = self.coaching_call_start - fields.Datetime.now()
        near = ahead <= timedelta(hours=REMINDER_HOURS)
        self.coaching_reminded_on = fields.Datetime.now() if near else False

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

    def _coaching_call_times(self):
        """Return the planned time as the prospect reads it: theirs first, then ours."""
        if not self.coaching_call_start:
            return [""]  # Odoo tries templates on any lead when it installs them
        lang = self._coaching_lang()
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

    def _coaching_lang(self):
        """Return the code of the prospect's language."""
        return (
            self.lang_id.code
            or self.partner_id.lang
            or self._coaching_company().partner_id.lang
            or self.env.lang
            or "en_US"
        )

    # -- links ------------------------------------------------------------------------

    def _coaching_booking_url(self):
        """Return the link on which the prospect picks a time for the call.

        It works until a call is planned, with this link or by staff, and for 30 days
        at most. A cancelled or missed call makes place for a new link; while a call
        is planned, and after it was held, there is none and this returns False.
        """
        self.ensure_one()
        if not self._coaching_can_plan():
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
        token = hash_sign(
            self.sudo().env,  # sudo: see _coaching_booking_url
            MANAGE_SCOPE,
            [self.coaching_event_id.id],
        )
        return self._coaching_public_url(f"/coaching/manage/{token}")

    def _coaching_public_url(self, path):
        """Return the whole address of ``path``, in the prospect's language."""
        base = self.get_base_url()
        website = self.env["website"].sudo().get_current_website()
        lang = website.language_ids.filtered(
            lambda lang: lang.code == self._coaching_lang()
        )
        if lang and lang != website.default_lang_id:
            path = f"/{lang.url_code}{path}"
        return f"{base}{path}"

    @api.model
    def _coaching_lead_to_book(self, token):
        """Return the lead of a booking link, or none if it does not work (any more)."""
        values = self._coaching_read_token(BOOKING_SCOPE, token, 2)
        lead = self.browse(values[:1]).exists()
        if not lead or lead.coaching_link_seq != values[1]:
            return self.browse()
        return lead.filtered(lambda lead: lead._coaching_can_plan())

    @api.model
    def _coaching_lead_to_manage(self, token):
        """Return the lead of a manage link, or none if it does not work (any more)."""
        values = self._coaching_read_token(MANAGE_SCOPE, token, 1)
        event = self.env["calendar.event"].browse(values[:1]).exists()
        return event.coaching_lead_ids.filtered(
            lambda lead: (
                lead.coaching_session_state == "planned"
                and event.active
                and event.start > fields.Datetime.now()
            )
        )[:1]

    @api.model
    def _coaching_read_token(self, scope, token, size):
        """Return the ``size`` whole numbers signed in ``token``, else an empty list."""
        try:
            # sudo: the database's secret is only compared with
            values = verify_hash_signed(self.sudo().env, scope, token)
        except (ValueError, IndexError, binascii.Error, AttributeError):
            return []
        valid = isinstance(values, list) and len(values) == size
        return values if valid else []
