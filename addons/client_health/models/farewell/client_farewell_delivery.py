import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formataddr

from .letter_text import single_recipient


class ClientFarewell(models.Model):
    """Sending: once, to one address, with the PDF that is kept."""

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
        string="Letter as Sent", attachment=True, readonly=True, copy=False
    )
    letter_filename = fields.Char(compute="_compute_letter_filename")
    mail_id = fields.Many2one(
        comodel_name="mail.mail",
        readonly=True,
        copy=False,
        groups="base.group_system",
    )
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

        :raises UserError: if a letter has no valid address
        """
        self._take("approved")
        for farewell in self:
            farewell._send_letter()
        return True

    def action_confirm_send(self):
        """Show which of the chosen letters are mailed, before they are.

        :return: a window action
        """
        ready = self.filtered(lambda f: f.state == "approved" and f.delivery == "email")
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
        """Keep approved letters as printed and posted."""
        self._take("approved")
        for farewell in self:
            farewell._keep_letter()
            farewell._mark_sent(by_post=True)
        return True

    def _send_letter(self):
        address = single_recipient(self.email_to)
        if not address:
            raise UserError(
                self.env._(
                    "Fill in exactly one valid e-mail address to send %(name)s to.",
                    name=self.display_name,
                )
            )
        case = self.sudo()  # mail and the kept letter are the system's to write
        case._drop_mail()
        case._keep_letter()
        mail = self.env["mail.mail"].sudo().create(self._prepare_mail_vals(address))
        case.write({"mail_id": mail.id, "send_error": False})
        try:
            mail.send()
        except OSError as error:  # a server that hangs up; SMTP's errors are OSErrors
            mail.write({"state": "exception", "failure_reason": str(error)})
        if mail.state == "exception":
            case._mark_failed(mail.failure_reason)
            case._drop_mail()
        else:
            self._mark_sent()

    def _drop_mail(self):
        """Forget a mail that was not delivered, so that nothing else sends it."""
        self.mail_id.attachment_ids.unlink()
        self.mail_id.unlink()

    def _prepare_mail_vals(self, address):
        """Return the mail: its texts are rendered like the letter, on plain values."""
        values = self._get_letter_values()
        user = self.user_id
        sender = user.email_formatted or formataddr(
            (self.company_id.name, self.company_id.email or "")
        )
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{self._get_letter_filename()}.pdf",
                    "datas": self.sudo().letter_pdf,
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        body = self._render_plain(
            "client_health.farewell_mail_body", {"letter": values}
        )
        return {
            "subject": values["title"],
            "email_from": sender,
            "reply_to": sender,
            "email_to": address,
            "body": body,
            "body_html": body,
            "attachment_ids": [fields.Command.link(attachment.id)],
            "model": self._name,
            "res_id": self.id,
            "auto_delete": False,
        }

    def _keep_letter(self):
        """Store the letter as it goes out; from now on this is what is printed."""
        # Sent letters are complete whoever sends them: amounts included.
        case = self.sudo()
        case.letter_pdf = False
        case.letter_pdf = base64.b64encode(case._render_letter_pdf())

    def _mark_sent(self, by_post=False):
        self._move(
            "sent",
            sent_by_id=self.env.uid,
            sent_date=fields.Datetime.now(),
            sent_by_post=by_post,
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
                "letter_pdf": False,
                "send_error": reason or self.env._("The mail could not be sent."),
            }
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])
