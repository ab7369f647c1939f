from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import email_normalize

REMINDER_HOURS = 24


class CrmLead(models.Model):
    """Telling the prospect and the coach what happened to the call."""

    _inherit = "crm.lead"

    coaching_reminded_on = fields.Datetime(
        string="Reminded On", copy=False, readonly=True
    )

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

    # -- activities ------------------------------------------------------------------

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

    # -- reminder --------------------------------------------------------------------

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
