from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Add the letter as approved; what else is written on our records stays inside.

        No file of the letter hangs on the mail or its message: whoever may read a case
        may read its messages and their files, which is more than who may see what the
        letter says is still to be paid.
        """
        emails = super()._prepare_outgoing_list(mail_server, doc_to_followers)
        if self.model == "client.farewell":
            # sudo: the queue runs without the rights of who sends the letter
            cases = self.env["client.farewell"].sudo()
            if case := cases.search([("mail_id", "=", self.id)]):
                for email in emails:
                    email["attachments"] = [
                        *email["attachments"],
                        case._get_mail_attachment(),
                    ]
                return emails
        return self._keep_inside(emails)

    def _keep_inside(self, emails):
        """Return those of the emails about a client that go to who may read it.

        The composer writes to many without a message, which a thread would refuse.
        """
        if self.model not in self.env:
            return emails
        thread = self.env[self.model]
        if not isinstance(thread, self.env.registry["client.health.thread"]):
            return emails
        record = thread.browse(self.res_id)
        # sudo: who a contact is, whoever sends
        return [
            email
            for email in emails
            if email["partner_id"]
            and record._may_know(email["partner_id"].sudo().user_ids)
        ]

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Follow a letter that was queued: a later failure is its case's as well."""
        if failure_type:
            # The queue runs without the rights of who sent the letter.
            cases = self.env["client.farewell"].sudo()
            found = cases.search([("mail_id", "in", self.ids), ("state", "=", "sent")])
            if found:
                reason = failure_reason or self[0].failure_reason
                found._mark_failed(reason, failure_type)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
