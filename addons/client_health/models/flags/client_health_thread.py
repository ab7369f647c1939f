from odoo import models

GROUP_USER = "client_health.client_health_group_user"


class ClientHealth(models.Model):
    """A thread among colleagues: nothing of it may ever reach the client."""

    _inherit = "client.health"
    # colleagues plan activities and leave notes on records they cannot write
    _mail_post_access = "read"

    def _mail_get_partner_fields(self, introspect_fields=False):
        """Suggest nobody: the only contact here is the client."""
        return []

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Add colleagues as followers; who may read may ask them.

        :raise AccessError: for who may not read this health
        """
        self.check_access("read")
        # sudo: planning an activity for a colleague makes them follow, and our
        # users cannot write the facts
        return super(ClientHealth, self.sudo()).message_subscribe(
            partner_ids, subtype_ids
        )

    def _message_subscribe(self, partner_ids=None, subtype_ids=None, customer_ids=None):
        """Let only colleagues follow who may read this health."""
        # sudo: who a contact is, whoever asks
        partners = self.env["res.partner"].sudo().browse(partner_ids or [])
        colleagues = partners.filtered(lambda partner: _may_know(partner.user_ids))
        return super()._message_subscribe(colleagues.ids, subtype_ids, customer_ids)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Notify only colleagues who may read this health, whoever is mentioned."""
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        # sudo: who a user is, whoever writes
        users = self.env["res.users"].sudo()
        return [one for one in recipients if _may_know(users.browse(one["uid"] or []))]


def _may_know(users):
    return any(user.has_group(GROUP_USER) for user in users)
