from odoo import api, fields, models

from .marking import MarksClients


class ClientHealthRecordMixin(MarksClients, models.AbstractModel):
    """Something staff note about a client, counted in the client's health."""

    _name = "client.health.record.mixin"
    _description = "Record on a Client's Health"
    _inherit = "client.health.protected"
    _protected_fields = ("health_id",)

    health_id = fields.Many2one(
        comodel_name="client.health",
        string="Client Health",
        compute="_compute_health_id",
        store=True,
        precompute=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Client",
        compute="_compute_from_source",
        compute_sudo=False,  # by what the user works in
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_from_source",
        compute_sudo=False,  # by what the user works in
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        ondelete="cascade",
    )

    @api.depends("partner_id.commercial_partner_id", "company_id")
    def _compute_health_id(self):
        # sudo: who may log an incident may not create health records
        Health = self.env["client.health"].sudo()
        for company, records in self.grouped("company_id").items():
            clients = records.partner_id.commercial_partner_id
            found = Health._ensure(clients, company).grouped("partner_id")
            for record in records:
                client = record.partner_id.commercial_partner_id
                record.health_id = found.get(client, Health)

    def _compute_from_source(self):
        """Take client and company from the document the record is about."""
        for record in self:
            source = record._get_known_source()
            record.partner_id = source.partner_id or record.partner_id
            record.company_id = (
                source.company_id or record.company_id or self.env.company
            )

    def _get_source(self):
        """Return the document the record is about, or an empty partner-less one."""
        raise NotImplementedError

    def _get_known_source(self):
        """Return the same, or nothing of a company the user does not work in.

        A document's number, typed in, tells nothing of its client.
        """
        source = self._get_source()
        foreign = source.company_id - self.env.companies
        return source.browse() if foreign and not self.env.su else source

    def _get_marked_contacts(self):
        for company, records in self.exists().grouped("company_id").items():
            yield records.partner_id.commercial_partner_id, company
