from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .marking import MarksClients


class ClientHealthRecordMixin(MarksClients, models.AbstractModel):
    """Something staff note about a client, counted in the client's health.

    Whose it is and who noted it stays as it was noted. Client and document are ones
    that its author may read: a typed number tells nothing of another.
    """

    _name = "client.health.record.mixin"
    _description = "Record on a Client's Health"
    _inherit = "client.health.protected"
    _protected_fields = ("health_id",)
    _fixed_fields = ("partner_id", "company_id")
    """Fields that nobody changes once the record is there."""
    _document_fields = ("partner_id", "move_id")
    """Fields with whom, and which document, a record may be about."""

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

    @api.constrains("partner_id")
    def _check_is_about_a_client(self):
        # sudo: only whether it is one; the author was asked for a client they may read
        clients = self.sudo().partner_id
        self.env["client.health"].sudo()._check_are_clients(clients)

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
        """Return the same, or nothing where the user may not read it."""
        source = self._get_source().with_env(self.env)
        return source if self.env.su else source._filtered_access("read")

    @api.model
    def default_get(self, fields):
        """Propose no document that the user may not read."""
        values = super().default_get(fields)
        return self._without_unknown_documents(values)

    def onchange(self, values, field_names, fields_spec):
        """Answer nothing about a document that the user may not read."""
        known = self._without_unknown_documents(values)
        forgotten = dict.fromkeys(values.keys() - known.keys(), False)
        return super().onchange(known | forgotten, field_names, fields_spec)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            proposed = {
                name: self.env.context.get(f"default_{name}")
                for name in self._document_fields
            }
            self._check_documents(proposed | vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_fixed(vals)
        self._check_documents(vals)
        return super().write(vals)

    def _check_fixed(self, vals):
        """Refuse to change what stays as it was noted.

        :raise AccessError: for another value of such a field
        """
        changed = [
            name
            for name in self._fixed_fields
            if name in vals and any(record[name].id != vals[name] for record in self)
        ]
        if changed and not self.env.su:
            labels = [self._fields[n]._description_string(self.env) for n in changed]
            raise AccessError(
                self.env._(
                    "%(fields)s: this stays as it was noted. Note what is right anew.",
                    fields=", ".join(labels),
                )
            )

    @api.model
    def _check_documents(self, vals):
        """Refuse a document that is not there, or that the user may not read.

        :raise UserError: the same for both
        """
        if self._without_unknown_documents(vals).keys() != vals.keys():
            raise UserError(
                self.env._("Choose a client or a document that you may read.")
            )

    @api.model
    def _without_unknown_documents(self, vals):
        return {
            name: value
            for name, value in vals.items()
            if name not in self._document_fields
            or not value
            or self._is_known_document(name, value)
        }

    @api.model
    def _is_known_document(self, name, value):
        if self.env.su:
            return True
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        document = self.env[self._fields[name].comodel_name].browse(value)
        return bool(document.exists()._filtered_access("read"))

    def _get_marked_contacts(self):
        for company, records in self.exists().grouped("company_id").items():
            yield records.partner_id.commercial_partner_id, company
