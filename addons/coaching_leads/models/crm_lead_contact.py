from odoo import api, fields, models
from odoo.fields import Domain


class CrmLead(models.Model):
    """How fast staff answered: from the request to the first contact."""

    _inherit = "crm.lead"

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
