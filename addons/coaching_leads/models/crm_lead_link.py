import binascii
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import hash_sign, verify_hash_signed

BOOKING_SCOPE = "coaching-booking"
MANAGE_SCOPE = "coaching-manage"
BOOKING_DAYS = 30


class CrmLead(models.Model):
    """Signed links with which a prospect books, moves or cancels the call."""

    _inherit = "crm.lead"

    coaching_link_seq = fields.Integer(
        string="Calls Planned",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Part of the booking link: the next call planned ends the link.",
    )

    def _coaching_booking_url(self):
        """Return the link on which the prospect picks a time for the call.

        It works until a call is planned, with this link or by staff, and for 30 days
        at most. A cancelled or missed call makes place for a new link; while a call
        is planned, and after it was held, there is none and this returns False.
        """
        self.ensure_one()
        if not self._coaching_can_plan():
            return False
        token = hash_sign(
            self.sudo().env,  # sudo: the database's secret signs, it does not leave
            BOOKING_SCOPE,
            [self.id, self.coaching_link_seq],
            expiration=timedelta(days=BOOKING_DAYS),
        )
        return self._coaching_public_url(f"/coaching/call/{token}")

    def _coaching_manage_url(self):
        """Return the link to move or cancel the call; it works until the call."""
        self.ensure_one()
        token = hash_sign(
            self.sudo().env,  # sudo: see _coaching_booking_url
            MANAGE_SCOPE,
            [self.coaching_event_id.id],
        )
        return self._coaching_public_url(f"/coaching/manage/{token}")

    def _coaching_public_url(self, path):
        """Return the whole address of ``path``, in the prospect's language."""
        base = self.get_base_url()
        website = self.env["website"].sudo().get_current_website()
        lang = website.language_ids.filtered(
            lambda lang: lang.code == self._coaching_lang()
        )
        if lang and lang != website.default_lang_id:
            path = f"/{lang.url_code}{path}"
        return f"{base}{path}"

    @api.model
    def _coaching_lead_to_book(self, token):
        """Return the lead of a booking link, or none if it does not work (any more)."""
        values = self._coaching_read_token(BOOKING_SCOPE, token, 2)
        lead = self.browse(values[:1]).exists()
        if not lead or lead.coaching_link_seq != values[1]:
            return self.browse()
        return lead.filtered(lambda lead: lead._coaching_can_plan())

    @api.model
    def _coaching_lead_to_manage(self, token):
        """Return the lead of a manage link, or none if it does not work (any more)."""
        values = self._coaching_read_token(MANAGE_SCOPE, token, 1)
        event = self.env["calendar.event"].browse(values[:1]).exists()
        return event.coaching_lead_ids.filtered(
            lambda lead: (
                lead.coaching_session_state == "planned"
                and event.active
                and event.start > fields.Datetime.now()
            )
        )[:1]

    @api.model
    def _coaching_read_token(self, scope, token, size):
        """Return the ``size`` whole numbers signed in ``token``, else an empty list."""
        try:
            # sudo: the database's secret is only compared with
            values = verify_hash_signed(self.sudo().env, scope, token)
        except (ValueError, IndexError, binascii.Error, AttributeError):
            return []
        valid = isinstance(values, list) and len(values) == size
        return values if valid else []
