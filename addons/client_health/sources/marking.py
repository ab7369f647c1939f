"""Documents whose changes ask for fresh facts."""

from odoo import api


class MarksClients:
    """Ask for fresh facts on the clients of a document that is made, changed or gone.

    A plain class, to be named before ``models.Model``::

        class HelpdeskTicket(MarksClients, models.Model):
            _inherit = "helpdesk.ticket"
            _marking_fields = frozenset({"stage_id"})

            def _get_marked_contacts(self):
                yield self.partner_id, self.company_id
    """

    __slots__ = ()  # as Odoo's models: what they are made of must have one layout

    _marking_fields = None
    """Names of the fields whose change matters; ``None`` for all of them."""

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._mark_client_health()
        return records

    def write(self, vals):
        if self._marking_fields is not None and self._marking_fields.isdisjoint(vals):
            return super().write(vals)
        self._mark_client_health()  # who it was about before
        result = super().write(vals)
        self._mark_client_health()
        return result

    def unlink(self):
        self._mark_client_health()
        return super().unlink()

    def _mark_client_health(self):
        """Ask for fresh facts on the clients these records are about."""
        # sudo: whoever changes a document, the stale list belongs to the engine
        Stale = self.env["client.health.stale"].sudo()
        for contacts, company in self.sudo()._get_marked_contacts():
            Stale._mark(contacts.ids, company.id)

    def _get_marked_contacts(self):
        """Yield pairs of contacts and the company they are a client in.

        An empty company means all of them.
        """
        raise NotImplementedError
