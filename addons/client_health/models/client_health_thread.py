from odoo import api, models

from ..access import GROUP_USER


class ClientHealthThread(models.AbstractModel):
    """A thread among colleagues who may read the record it is on.

    Nothing of it may ever reach the client, or a colleague without Client Health: a
    recipient of a message may read it, whatever else they may read, so that nobody
    else can follow, be notified or be addressed, whatever the composer, an import or
    a responsible colleague asks for.
    """

    _name = "client.health.thread"
    _description = "Thread on a Client"
    _inherit = "mail.thread"
    # colleagues plan activities and leave notes on records they cannot write
    _mail_post_access = "read"

    def _mail_get_partner_fields(self, introspect_fields=False):
        """Suggest nobody: the only contact here is the client."""
        return []

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Add colleagues as followers; who may read may ask them.

        :raise AccessError: for who may not read this record
        """
        self.check_access("read")
        # sudo: planning an activity for a colleague makes them follow, and our
        # users cannot write the facts, nor a case that was sent
        return super(ClientHealthThread, self.sudo()).message_subscribe(
            partner_ids, subtype_ids
        )

    def message_get_followers(self, *args, **kwargs):
        """Return who follows this record.

        :raise AccessError: for who may not read this record; core asks nobody
        """
        self.check_access("read")
        return super().message_get_followers(*args, **kwargs)

    def message_notify(self, **kwargs):
        """Notify colleagues of something about this record.

        :raise AccessError: for who may not read this record; core asks nobody
        """
        self.check_access("read")
        return super().message_notify(**kwargs)

    def _message_subscribe(self, partner_ids=None, subtype_ids=None, customer_ids=None):
        return super()._message_subscribe(
            self._keep_who_may_know(partner_ids), subtype_ids, customer_ids
        )

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        found = super()._message_auto_subscribe_followers(
            updated_values, default_subtype_ids
        )
        kept = self._keep_who_may_know([partner_id for partner_id, *_more in found])
        return [one for one in found if one[0] in kept]

    def _message_create(self, values_list):
        return super()._message_create(
            [
                {**vals, "partner_ids": self._keep_who_may_know(vals["partner_ids"])}
                if vals.get("partner_ids")
                else vals
                for vals in values_list
            ]
        )

    def _message_update_content(self, message, /, *, partner_ids=None, **kwargs):
        kept = partner_ids and self._keep_who_may_know(partner_ids)
        return super()._message_update_content(message, partner_ids=kept, **kwargs)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        # sudo: who a user is, whoever writes
        users = self.env["res.users"].sudo()
        return [
            one for one in recipients if self._may_know(users.browse(one["uid"] or []))
        ]

    def _keep_who_may_know(self, partner_ids):
        """Return those of some partners who may read these records."""
        # sudo: who a contact is, whoever asks
        partners = self.env["res.partner"].sudo().browse(partner_ids or [])
        return partners.filtered(lambda partner: self._may_know(partner.user_ids)).ids

    def _may_know(self, users):
        """Return whether one of these users may read these records."""
        companies = self.sudo().company_id  # sudo: whoever asks
        return any(
            user.has_group(GROUP_USER)
            and companies <= self._get_companies_of(user.company_ids)
            for user in users
        )

    @api.model
    def _get_companies_of(self, companies):
        """Return whose records are read in these companies, as the record rules say.

        In a branch those of its firm as well.
        """
        return companies.parent_ids
