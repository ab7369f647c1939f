from odoo import api, models

AUTOMATIC = ("auto-replied", "auto-generated", "auto-notified")


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Remember that a mail is an automatic reply: its headers are not stored."""
        if is_automatic(message):
            self = self.with_context(coaching_auto_reply=True)
        return super()._message_route_process(message, message_dict, routes)


def is_automatic(message):
    """Tell whether nobody wrote a mail, such as an out-of-office reply (RFC 3834).

    >>> from email.message import EmailMessage
    >>> mail = EmailMessage()
    >>> is_automatic(mail)
    False
    >>> mail["Auto-Submitted"] = "auto-replied; owner-email=x"
    >>> is_automatic(mail)
    True
    """
    submitted = (message.get("Auto-Submitted") or "").lower().startswith(AUTOMATIC)
    precedence = (message.get("Precedence") or "").strip().lower()
    return bool(
        submitted
        or message.get("X-Autoreply")
        or message.get("X-Autorespond")
        or precedence in ("auto_reply", "bulk", "junk")
    )
