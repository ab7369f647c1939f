import logging
from datetime import timedelta

import pytz
from odoo import fields, models

from ..answers import has_link

_logger = logging.getLogger(__name__)


class CrmLead(models.Model):
    """A lead that may come from the public coaching page.

    The way of the call and what follows it is in ``crm_lead_call.py``.
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
