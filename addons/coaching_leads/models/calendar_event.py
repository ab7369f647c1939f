import vobject
from odoo import api, fields, models
from pytz import utc


class CalendarEvent(models.Model):
    """A call that is moved or cancelled is so for the prospect too, wherever staff or
    prospect did it: in the calendar, on the lead or on the public page."""

    _inherit = "calendar.event"

    coaching_lead_ids = fields.One2many(
        comodel_name="crm.lead",
        inverse_name="coaching_event_id",
        string="Coaching Leads",
        groups="sales_team.group_sale_salesman",
    )
    coaching_sequence = fields.Integer(
        string="Revision",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Tells calendars which of several .ics files is the newest.",
    )

    def write(self, vals):
        if not {"start", "stop", "active"} & vals.keys():
            return super().write(vals)
        # sudo: colleagues without access to leads move calls in the calendar too
        calls = self.sudo()._coaching_upcoming()
        before = {call: call.start for call in calls}
        result = super().write(vals)
        for call, start in before.items():
            if not call.active:
                call._coaching_follow_cancel()
            elif call.start != start:
                call._coaching_follow_move()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_coaching_call(self):
        """Deleting a call in the calendar cancels it."""
        # sudo: see write
        for call in self.sudo()._coaching_upcoming():
            call._coaching_follow_cancel()

    def _coaching_upcoming(self):
        """Return the calls that a prospect still expects."""
        now = fields.Datetime.now()
        return self.filtered(
            lambda event: (
                event.active
                and event.start > now
                and "planned"
                in event.coaching_lead_ids.mapped("coaching_session_state")
            )
        )

    def _coaching_follow_move(self):
        if self.start <= fields.Datetime.now():
            return
        self.coaching_sequence += 1
        for lead in self.coaching_lead_ids:
            lead._coaching_reset_reminder()
            lead._coaching_mail_call("coaching_leads.mail_template_call_moved")
            lead._coaching_tell_owner("moved")

    def _coaching_follow_cancel(self):
        self.coaching_sequence += 1
        for lead in self.coaching_lead_ids:
            # first the state: the mail holds a link to plan another call
            lead.coaching_session_state = "cancelled"
            lead._coaching_mail_call(
                "coaching_leads.mail_template_call_cancelled", "CANCEL"
            )
            lead._coaching_tell_owner("cancelled")
            lead._coaching_drop_activities()
            lead.coaching_event_id = False

    def _coaching_ics(self, lead, method="PUBLISH"):
        """Return the call as the prospect's calendar reads it (RFC 5545, in UTC).

        The UID stays the same and the sequence grows, so that moving and cancelling
        changes what is already in that calendar.

        :param lead: the ``crm.lead``, in the prospect's language
        :param str method: ``PUBLISH`` or ``CANCEL`` (RFC 5546)
        :return: bytes
        """
        self.ensure_one()
        company = lead._coaching_company()
        calendar = vobject.iCalendar()
        calendar.add("method").value = method
        call = calendar.add("vevent")
        for name, value in {
            "uid": self._coaching_uid(),
            "dtstamp": utc.localize(fields.Datetime.now()),
            "dtstart": utc.localize(self.start),
            "dtend": utc.localize(self.stop),
            "sequence": str(self.coaching_sequence),
            "status": "CANCELLED" if method == "CANCEL" else "CONFIRMED",
            "summary": lead.env._("Call with %(company)s", company=company.name),
            "description": lead._coaching_ics_text(),
            "location": lead.phone or "",
        }.items():
            call.add(name).value = value
        self._coaching_add_organizer(call, company)
        return calendar.serialize().encode()

    def _coaching_uid(self):
        # sudo: the database's id is no secret but only for the system to read
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return f"coaching-call-{self.id}@{uuid}"

    def _coaching_add_organizer(self, call, company):
        address = self.user_id.email_normalized or company.email
        if address:
            organizer = call.add("organizer")
            organizer.value = f"MAILTO:{address}"
            organizer.cn_param = (self.user_id.name or company.name).replace('"', "'")
