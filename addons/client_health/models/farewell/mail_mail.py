from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Follow a letter that was queued: a later failure is its case's as well."""
        if failure_type:
            # The queue runs without the rights of who sent the letter.
            cases = self.env["client.farewell"].sudo()
            found = cases.search([("mail_id", "in", self.ids), ("state", "=", "sent")])
            if found:
                found._mark_failed(failure_reason or self[0].failure_reason)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
