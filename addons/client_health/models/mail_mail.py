from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Add the letter as approved; no file of it hangs on the mail or its message.

        Whoever may read a case may read its messages and their files, which is more
        than who may see what the letter says is still to be paid.
        """
        emails = super()._prepare_outgoing_list(mail_server, doc_to_followers)
        if self.model == "client.farewell":
            # sudo: the queue runs without the rights of who sends the letter
            cases = self.env["client.farewell"].sudo()
            for case in cases.search([("mail_id", "=", self.id)]):
                for email in emails:
                    email["attachments"] = [
                        *email["attachments"],
                        case._get_mail_attachment(),
                    ]
        return emails

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
