from odoo import models


class ClientFarewell(models.Model):
    """What colleagues write about a case stays among colleagues.

    The client is a partner of the record, so mail would propose them as the one
    to answer: here nobody but internal users can follow, be notified or be
    addressed, whatever the composer or an import asks for.
    """

    _inherit = "client.farewell"

    def _mail_get_partner_fields(self, introspect_fields=False):
        return []

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        return super().message_subscribe(
            self._keep_colleagues(partner_ids), subtype_ids=subtype_ids
        )

    def _message_create(self, values_list):
        for values in values_list:
            values["partner_ids"] = self._keep_colleagues(values.get("partner_ids"))
        return super()._message_create(values_list)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        return [data for data in recipients if data.get("type") == "user"]

    def _keep_colleagues(self, partner_ids):
        """Return those of some partners who are internal users."""
        # Who is a colleague may depend on users that this user cannot read.
        partners = self.env["res.partner"].sudo().browse(partner_ids or [])
        return partners.filtered(
            lambda partner: any(user._is_internal() for user in partner.user_ids)
        ).ids
