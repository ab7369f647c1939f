from odoo import fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html
from pytz import utc


class CrmLead(models.Model):
    """The call: from free slots to held or not.

    Moving and cancelling goes through the calendar event, whoever does it and
    wherever: ``calendar_event.py`` tells the prospect.
    """

    _inherit = "crm.lead"

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

    # -- staff -----------------------------------------------------------------------

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

    # -- planning --------------------------------------------------------------------

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
