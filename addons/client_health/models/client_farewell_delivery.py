from smtplib import SMTPServerDisconnected

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.modules import module

from ..letter.failure import get_kind

MAIL_FIELDS = ("subject", "email_from", "reply_to", "email_to", "body")


class ClientFarewellDelivery(models.AbstractModel):
    """The delivery: a letter that was approved goes out once, by mail or by post.

    What was handed to the mail server without an answer may have arrived: then nothing
    is sent again before somebody has said whether it did.
    """

    _name = "client.farewell.delivery"
    _description = "Delivery of a Farewell Letter"

    sent_by_id = fields.Many2one(comodel_name="res.users", readonly=True, copy=False)
    sent_date = fields.Datetime(readonly=True, copy=False)
    sent_by_post = fields.Boolean(readonly=True, copy=False)
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
    send_error = fields.Char(
        string="What the Server Said",
        readonly=True,
        copy=False,
        help="Why the mail was not taken, in the server's own words.",
    )
    send_failure = fields.Selection(
        selection=[
            ("address", "The address"),
            ("sender", "The sender"),
            ("server", "Our mail server"),
            ("other", "Something else"),
        ],
        readonly=True,
        copy=False,
        export_string_translation=False,  # it is told as ``send_advice``
    )
    send_advice = fields.Char(
        string="Why Not Sent",
        compute="_compute_send_advice",
        help="Why the letter was not sent, and what to do.",
    )

    def _compute_message_ref(self):
        for farewell in self:
            farewell.message_ref = farewell.mail_id.message_id

    @api.depends("send_error", "send_failure", "email_to")
    @api.depends_context("lang")
    def _compute_send_advice(self):
        for farewell in self:
            farewell.send_advice = farewell.send_error and farewell._word_failure()

    def _word_failure(self):
        """Return in a sentence why a mail was not taken, and what to do."""
        if self.send_failure == "address":
            return self.env._(
                "The mail server does not know or accept %(address)s. Ask the client "
                "for the right address and change it here; it is approved again then.",
                address=self.email_to,
            )
        if self.send_failure == "sender":
            return self.env._(
                "The mail server does not send in the name of %(name)s. Have who runs "
                "Odoo check that colleague's e-mail address, then try again.",
                name=self.user_id.name,
            )
        if self.send_failure == "server":
            return self.env._(
                "Our own mail server could not be reached or did not let us in. Try "
                "again in a while; if it stays like this, have who runs Odoo check the "
                "outgoing mail server."
            )
        return self.env._(
            "The mail server did not take the letter. Try again in a while; if it "
            "stays like this, have who runs Odoo look at it, or send the letter by "
            "post."
        )

    def action_send(self):
        """Mail approved letters, each to its one address, with the PDF attached.

        A letter that cannot be delivered leaves its case approved with the error
        on it; the same button tries again. Post goes by ``action_mark_posted``.

        :raises AccessError: for users outside Client Health
        :raises UserError: if a letter goes by post, was perhaps sent, is not as it was
            approved, or what it was approved on changed such that it must not go, see
            ``_check_current``
        """
        self._take("approved")
        self._check_sendable()
        for farewell in self:
            farewell._send_letter()
        return True

    def action_confirm_send(self):
        """Show which of the chosen letters are mailed, before they are.

        Beside each stands what changed since it was approved.

        :return: a window action
        :raises AccessError: for users outside Client Health
        """
        self._check_staff()
        self.check_access("read")
        ready = self.filtered(
            lambda farewell: (
                farewell.state == "approved"
                and farewell.delivery == "email"
                and not farewell.sending_date
            )
        )
        waiting = ready._filter_stopped("email")
        Dialog = self.env["client.farewell.send"]
        return Dialog._open("send", ready - waiting, waiting, len(self - ready))

    def action_confirm_print(self):
        """Print letters; where one changed since its approval, show that first.

        :return: an action: the dialog, the letter, or the progress of several
        :raises AccessError: for users outside Client Health
        :raises UserError: for who may not see what letters say is to be paid
        """
        self._check_staff()
        self.check_access("read")
        if not any(self.mapped("changes")):
            return self._print_letters()
        self._check_sees_amounts()
        waiting = self._filter_stopped("post")
        Dialog = self.env["client.farewell.send"]
        return Dialog._open("print", self - waiting, waiting)

    def _print_letters(self):
        """Return the action that prints one letter, or several in the background."""
        if len(self) != 1:
            return self.env["client.farewell.batch"].action_start("print", self.ids)
        report = self.env.ref("client_health.action_report_farewell_letter")
        return report.report_action(self, config=False)

    def action_mark_posted(self):
        """Keep approved letters as printed and posted.

        Also one that must not be printed any more: it may have been in the post before
        that changed.

        :raises AccessError: for users outside Client Health
        """
        self._take("approved")
        for farewell in self:
            farewell._check_kept()
            farewell._mark_sent(by_post=True)
        return True

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

        What must not go any more stays approved, and is shown.

        :return: nothing, or a window action on what waits
        :raises AccessError: for users outside Client Health
        """
        self._take("approved", interrupted=True)
        self.sudo().sending_date = False
        if self._filter_stopped("email"):
            return self.action_confirm_send()
        return self.action_send()

    def _check_sendable(self):
        """Check what may have changed since the approval.

        :raises UserError: if a letter goes by post, is not as it was approved, or must
            not go any more
        """
        self._check_current("email")
        for farewell in self:
            if farewell.delivery != "email":
                raise UserError(
                    self.env._(
                        "%(name)s was approved to go by post.",
                        name=farewell.display_name,
                    )
                )
            farewell._check_kept()

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

        Where the server hangs up without an answer, somebody has to say whether the
        letter arrived.

        :raises UserError: if somebody else is deciding about this letter
        """
        case = self.sudo()
        if not case.try_lock_for_update():
            raise UserError(self.env._("Somebody else is working on this farewell."))
        mail = case.mail_id
        mail.mark_outgoing()
        try:
            mail.send()
        except SMTPServerDisconnected:  # no answer, or none in time: it may have it
            mail.state = "cancel"
            return
        except OSError as error:
            mail.write({"state": "exception", "failure_reason": str(error)})
        if mail.state == "exception":
            case._mark_failed(mail.failure_reason, mail.failure_type)
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

    def _mark_sent(self, by_post=False, date=None):
        self._move(
            "sent",
            sent_by_id=self.env.uid,
            sent_date=date or fields.Datetime.now(),
            sent_by_post=by_post,
            delivery="post" if by_post else "email",
            sending_date=False,
            send_error=False,
            **self.sudo()._prepare_window_vals(),
        )
        self.sudo().item_ids._schedule()  # sudo: planned whoever sends

    def _mark_failed(self, reason, failure_type=False):
        """Put cases back to approved, with why the mail did not go out.

        :param str reason: in the server's own words
        :param str failure_type: Odoo's kind of it; none where no server was reached
        """
        self.write(
            {
                "state": "approved",
                "sent_by_id": False,
                "sent_date": False,
                "sending_date": False,
                "send_error": reason or self.env._("The mail could not be sent."),
                "send_failure": get_kind(failure_type, reason),
            }
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])
