from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class CoachingOutcome(models.TransientModel):
    """What comes of the call: an opportunity or a friendly close."""

    _name = "coaching.outcome"
    _description = "Outcome of a Coaching Call"

    lead_id = fields.Many2one(
        comodel_name="crm.lead", required=True, ondelete="cascade", readonly=True
    )
    outcome = fields.Selection(
        selection=lambda self: (
            self.env["crm.lead"]
            ._fields["coaching_outcome"]
            ._description_selection(self.env)
        ),
        required=True,
        default="opportunity",
    )
    company_currency = fields.Many2one(related="lead_id.company_currency")
    expected_revenue = fields.Monetary(currency_field="company_currency")
    later_date = fields.Date(
        string="Call Again On",
        default=lambda self: fields.Date.context_today(self) + timedelta(days=90),
    )
    lost_reason_id = fields.Many2one(
        comodel_name="crm.lost.reason",
        string="Reason",
        compute="_compute_lost_reason_id",
        store=True,
        readonly=False,
    )
    mail_close = fields.Boolean(
        string="Send a Friendly Closing Mail",
        default=True,
    )

    @api.depends("outcome")
    def _compute_lost_reason_id(self):
        for wizard in self:
            wizard.lost_reason_id = self.env.ref(
                f"coaching_leads.crm_lost_reason_{wizard.outcome}",
                raise_if_not_found=False,
            )

    def action_apply(self):
        """Record the outcome on the lead and do what follows from it."""
        self.ensure_one()
        lead = self.lead_id
        lead.check_access("write")
        if lead.coaching_outcome:
            # what was to be done about the outcome of before
            lead.activity_unlink(["mail.mail_activity_data_call"])
        # sudo: what comes of the call only this step writes
        lead.sudo().coaching_outcome = self.outcome
        if self.outcome == "opportunity":
            self._apply_opportunity(lead)
        elif self.outcome == "later":
            self._apply_later(lead)
        else:
            self._apply_close(lead)
        return {"type": "ir.actions.act_window_close"}

    def _apply_opportunity(self, lead):
        if lead.type == "lead":
            lead.convert_opportunity(lead.partner_id)
        lead.expected_revenue = self.expected_revenue
        lead._coaching_next_stage()

    def _apply_later(self, lead):
        if not self.later_date:
            raise UserError(self.env._("Choose the day to call again."))
        lead.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=self.later_date,
            summary=self.env._("Call again, as agreed in the coaching call"),
            user_id=(lead.user_id or self.env.user).id,
        )

    def _apply_close(self, lead):
        if self.mail_close:
            lead._coaching_mail("coaching_leads.mail_template_call_close")
        lead.action_set_lost(lost_reason_id=self.lost_reason_id.id)
