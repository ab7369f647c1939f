from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html


class CrmLead(models.Model):
    """After the call: what was said, the mail about it and what comes of it."""

    _inherit = "crm.lead"

    coaching_note_strengths = fields.Text(string="What Goes Well")
    coaching_note_challenge = fields.Text(string="Core of the Challenge")
    coaching_note_chances = fields.Text(string="Chances")
    coaching_note_tips = fields.Text(string="Tips")
    coaching_note_steps = fields.Text(string="Next Steps")
    coaching_summary_sent_on = fields.Datetime(
        string="Summary Sent On", copy=False, readonly=True
    )

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
