from datetime import timedelta

from odoo import fields, models

# minutes until a mail that failed is tried again: an hour and a half, then a day
RETRY_MINUTES = (5, 20, 60, 240, 1080)
# another attempt would fail in the same way
FINAL_FAILURES = ("mail_email_invalid", "mail_email_missing")


class MailMail(models.Model):
    """Mails about a call are tried again: they hold the only link to it."""

    _inherit = "mail.mail"

    coaching_lead_id = fields.Many2one(
        comodel_name="crm.lead",
        ondelete="set null",
        index="btree_not_null",
        help="A mail about this lead's coaching call is tried again if it fails.",
    )
    coaching_tries = fields.Integer(export_string_translation=False)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        result = super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
        if failure_type:
            self.exists().filtered("coaching_lead_id")._coaching_retry(failure_type)
        return result

    def _coaching_retry(self, failure_type):
        """Put the mails in the queue again, later each time; give up after a day and
        tell the lead's colleagues, who have a telephone."""
        for mail in self:
            tries = mail.coaching_tries
            if failure_type in FINAL_FAILURES or tries >= len(RETRY_MINUTES):
                mail.coaching_lead_id._coaching_note_failed_mail()
                continue
            later = fields.Datetime.now() + timedelta(minutes=RETRY_MINUTES[tries])
            mail.write(
                {
                    "state": "outgoing",
                    "scheduled_date": later,
                    "coaching_tries": tries + 1,
                }
            )
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger(at=later)
