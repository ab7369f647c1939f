import base64
import json
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...access import AMOUNT_GROUPS
from .letter_text import single_recipient


class ClientFarewell(models.Model):
    """Sending: once, to one address, what was kept when it was approved."""

    _inherit = "client.farewell"

    delivery = fields.Selection(
        selection=[("email", "E-mail"), ("post", "Post")],
        compute="_compute_email_to",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    email_to = fields.Char(
        string="Send To",
        compute="_compute_email_to",
        store=True,
        readonly=False,
        precompute=True,
        help="The one e-mail address that the letter goes to.",
    )
    letter_pdf = fields.Binary(
        string="Letter as Approved",
        attachment=True,
        readonly=True,
        copy=False,
        groups=AMOUNT_GROUPS,  # it names what is still to be paid
    )
    letter_mail = fields.Json(
        readonly=True,
        copy=False,
        help="The mail as approved: from and to whom, subject, text and file name.",
    )
    letter_digest = fields.Char(
        string="Fingerprint",
        readonly=True,
        copy=False,
        help="SHA-256 of the letter and its mail as approved: what is sent has the "
        "same one.",
    )
    letter_filename = fields.Char(compute="_compute_letter_filename")
    send_error = fields.Char(readonly=True, copy=False)
    sent_by_post = fields.Boolean(readonly=True, copy=False)

    @api.depends("contact_id")
    def _compute_email_to(self):
        for farewell in self:
            email = farewell.contact_id.email or farewell.partner_id.email
            address = single_recipient(email)
            farewell.email_to = address or email
            farewell.delivery = "email" if address else "post"

    @api.depends("state")
    def _compute_letter_filename(self):
        for farewell in self:
            farewell.letter_filename = f"{farewell._get_letter_filename()}.pdf"

    def action_send(self):
        """Mail approved letters, each to its one address, with the PDF attached.

        A letter that cannot be delivered leaves its case approved with the error
        on it; the same button tries again. Post goes by ``action_mark_posted``.

        :raises AccessError: for users outside Client Health
        :raises UserError: if a letter goes by post, names an end date that has
            passed, was perhaps sent, or is not as it was approved
        """
        self._take("approved")
        self._check_sendable()
        for farewell in self:
            farewell._send_letter()
        return True

    def action_confirm_send(self):
        """Show which of the chosen letters are mailed, before they are.

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
        wizard = self.env["client.farewell.send"].create(
            {
                "farewell_ids": [fields.Command.set(ready.ids)],
                "skipped_count": len(self) - len(ready),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Letters"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_mark_posted(self):
        """Keep approved letters as printed and posted.

        :raises AccessError: for users outside Client Health
        """
        self._take("approved")
        for farewell in self:
            farewell._check_kept()
            farewell._mark_sent(by_post=True)
        return True

    def _check_sendable(self):
        """Check what may have changed since the approval.

        :raises UserError: if a letter's end date has passed meanwhile, if it goes by
            post, or is not as it was approved
        """
        for farewell in self:
            if farewell.end_date < farewell._get_today():
                raise UserError(
                    self.env._(
                        "The end date of %(name)s has passed: take it back to draft "
                        "and choose another one.",
                        name=farewell.display_name,
                    )
                )
            if farewell.delivery != "email":
                raise UserError(
                    self.env._(
                        "%(name)s was approved to go by post.",
                        name=farewell.display_name,
                    )
                )
            farewell._check_kept()

    def _keep_letter(self):
        """Render and keep what is approved: letter and mail are sent like that."""
        # sudo: an approved letter is complete whoever approves it, amounts included
        case = self.sudo()
        case.letter_pdf = False
        case.letter_pdf = base64.b64encode(case._render_letter_pdf())
        case.letter_mail = case._prepare_letter_mail()
        case.letter_digest = case._get_digest()

    def _get_digest(self):
        """Return the fingerprint of what is kept."""
        mail = json.dumps(self.letter_mail, sort_keys=True)
        return sha256(base64.b64decode(self.letter_pdf) + mail.encode()).hexdigest()

    def _check_kept(self):
        """
        :raises UserError: unless the letter is kept exactly as it was approved
        """
        case = self.sudo()  # sudo: whoever sends it need not see its amounts
        if not case.letter_pdf or case._get_digest() != case.letter_digest:
            raise UserError(
                self.env._(
                    "%(name)s is not kept as it was approved: take it back to draft "
                    "and approve it again.",
                    name=self.display_name,
                )
            )

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
        self._schedule_items()

    def _mark_failed(self, reason):
        """Put cases back to approved, with why the mail did not go out."""
        self.write(
            {
                "state": "approved",
                "sent_by_id": False,
                "sent_date": False,
                "sending_date": False,
                "send_error": reason or self.env._("The mail could not be sent."),
            }
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])
