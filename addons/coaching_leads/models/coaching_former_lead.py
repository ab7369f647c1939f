from odoo import api, fields, models
from odoo.tools.misc import hmac


class CoachingFormerLead(models.Model):
    """A lead that is gone because it was merged: where the links to it lead now.

    Core deletes what it merges, and the links in the mails name what is deleted.
    """

    _name = "coaching.former.lead"
    _description = "Merged Coaching Lead"
    _log_access = False

    former_id = fields.Integer(
        required=True,
        export_string_translation=False,
        help="Id that the lead had; the database gives it to no other.",
    )
    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        required=True,
        ondelete="cascade",
        index=True,
        export_string_translation=False,
        help="What it was merged into.",
    )
    address = fields.Char(
        export_string_translation=False,
        help="Keyed hash of the mail address that got the links: it is not stored.",
    )
    link_shift = fields.Integer(
        export_string_translation=False,
        help="What a booking link's number counts more on the lead that is left.",
    )

    _former_unique = models.UniqueIndex("(former_id)")

    @api.model
    def _keep(self, former, lead, link_seq):
        """Remember what is about to be merged, and what was merged into it before.

        To be called with all rights.

        :param former: ``crm.lead`` records that will be gone
        :param lead: the ``crm.lead`` that is left
        :param int link_seq: number of its booking link afterwards
        """
        leads = former | lead
        shifts = {one: link_seq - one.coaching_link_seq for one in leads}
        for before in self.search([("lead_id", "in", leads.ids)]):
            before.link_shift += shifts[before.lead_id]
            before.lead_id = lead
        self.create(
            [
                {
                    "former_id": one.id,
                    "lead_id": lead.id,
                    "address": self._hash(one),
                    "link_shift": shifts[one],
                }
                for one in former
            ]
        )

    @api.model
    def _find(self, former_id):
        """Return what is known of a lead that was merged; empty for any other."""
        return self.search([("former_id", "=", former_id)])

    def _get_own_lead(self):
        """Return the lead that is left, where it has the address that the link was
        mailed to: nobody is shown what belongs to another address."""
        return self.lead_id.filtered(
            lambda lead: self.address and self.address == self._hash(lead)
        )

    @api.model
    def _hash(self, lead):
        address = lead.email_normalized
        # sudo: the hash uses the database's secret
        return address and hmac(self.env(su=True), self._name, address)
