import base64

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.modules import module
from odoo.tools import formataddr

from .letter_text import single_recipient

MAIL_FIELDS = ("subject", "email_from", "reply_to", "email_to", "body")


class ClientFarewell(models.Model):
    """The mail itself, handed over at most once.

    A mail cannot be called back, and a server that stops between the mail
    server's answer and the commit would forget that it went out. So the case says
    so first, in a transaction of its own. A case that is found that way later was
    perhaps sent: nothing sends it again before somebody has looked.
    """

    _inherit = "client.farewell"

    mail_id = fields.Many2one(
        comodel_name="mail.mail",
        readonly=True,
        copy=False,
        groups="base.group_system",
    )
    sending_date = fields.Datetime(
        string="Handed Over",
        readonly=True,
        copy=False,
        help="When the letter was handed to the mail server without an answer yet.",
    )
    message_ref = fields.Char(
        string="Message",
        compute="_compute_message_ref",
        compute_sudo=True,  # the mail is the system's; its number is no secret
        help="How the mail server's log names this mail.",
    )

    def _compute_message_ref(self):
        for farewell in self:
            farewell.message_ref = farewell.mail_id.message_id

    def action_confirm_sent(self):
        """Keep letters that were perhaps sent as sent: somebody saw that they were.

        :raises AccessError: for users outside Client Health
        """
        self._take("approved", interrupted=True)
        for farewell in self:
            farewell.sudo().mail_id.state = "sent"  # the mail is the system's
            farewell._mark_sent(date=farewell.sending_date)
        return True

    def action_send_again(self):
        """Send letters that were perhaps sent: somebody saw that they were not.

        :raises AccessError: for users outside Client Health
        """
        self._take("approved", interrupted=True)
        self.sudo().sending_date = False
        return self.action_send()

    def _send_letter(self):
        """Hand one letter to the mail server and say how that went."""
        self._prepare_mail()
        self._commit_step()
        self._deliver_mail()
        self._commit_step()

    def _prepare_mail(self):
        """Make the mail that was approved, and say that it is about to go."""
        case = self.sudo()  # the mail is the system's to write
        case._drop_mail()
        # Cancelled: the mail scheduler leaves it alone, whatever happens to us.
        values = {**self._prepare_mail_vals(), "state": "cancel"}
        mail = self.env["mail.mail"].sudo().create(values)
        case.write(
            {
                "mail_id": mail.id,
                "sending_date": fields.Datetime.now(),
                "send_error": False,
            }
        )

    def _deliver_mail(self):
        """Send the prepared mail now; its case becomes sent, or says why not.

        :raises UserError: if somebody else is deciding about this letter
        """
        case = self.sudo()
        if not case.try_lock_for_update():
            raise UserError(self.env._("Somebody else is working on this farewell."))
        mail = case.mail_id
        mail.mark_outgoing()
        try:
            mail.send()
        except OSError as error:  # a server that hangs up; SMTP's errors are OSErrors
            mail.write({"state": "exception", "failure_reason": str(error)})
        if mail.state == "exception":
            case._mark_failed(mail.failure_reason)
            case._drop_mail()
        else:
            self._mark_sent()

    def _commit_step(self):
        """Make what was done so far last, except in a test's transaction."""
        if self._can_commit():
            self.env["ir.cron"]._commit_progress()

    def _can_commit(self):
        return not module.current_test

    def _drop_mail(self):
        """Forget a mail that was not delivered, so that nothing else sends it."""
        self.mail_id.unlink()

    def _prepare_mail_vals(self):
        """Return the mail as it was approved; the letter joins it when it is sent."""
        return {
            **{name: self.letter_mail[name] for name in MAIL_FIELDS},
            "body_html": self.letter_mail["body"],
            "model": self._name,
            "res_id": self.id,
            "auto_delete": False,
        }

    def _prepare_letter_mail(self):
        """Return the mail to approve, rendered like the letter: on plain values."""
        if self.delivery != "email":
            return False
        values = self._get_letter_values()
        sender = self._get_mail_sender()
        body = self._render_plain(
            "client_health.farewell_mail_body", {"letter": values}
        )
        return {
            "subject": values["title"],
            "email_from": sender,
            "reply_to": sender,
            "email_to": single_recipient(self.email_to),
            "body": str(body),
            "filename": f"{self._get_letter_filename()}.pdf",
        }

    def _get_mail_sender(self):
        company = self.company_id
        return self.user_id.email_formatted or formataddr(
            (company.name, company.email or "")
        )

    def _get_mail_attachment(self):
        """Return the kept letter as core's mail builder wants a file."""
        content = base64.b64decode(self.letter_pdf)
        return (self.letter_mail["filename"], content, "application/pdf")
