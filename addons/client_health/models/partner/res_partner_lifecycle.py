from odoo import api, models

# where threads, activities, followers and files say which record they are of
TRACES = (
    ("mail.message", "model"),
    ("mail.activity", "res_model"),
    ("mail.followers", "res_model"),
    ("ir.attachment", "res_model"),
)


class ResPartner(models.Model):
    """What becomes of a client's health when the contact changes or goes."""

    _inherit = "res.partner"

    def write(self, vals):
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        clients = self.filtered(
            lambda partner: partner == partner.commercial_partner_id
        )
        result = super().write(vals)
        for partner in clients:
            if partner.commercial_partner_id != partner:
                # sudo: who may change a contact need not know about its health
                health = self.env["client.health"].sudo()
                health._merge_clients(partner, partner.commercial_partner_id)
        return result

    def unlink(self):
        for model in self._get_models_about_clients():
            # sudo: who may delete a contact need not know what we keep about it
            records = model.sudo().search([("partner_id", "in", self.ids)])
            if records:
                self._erase_traces_of(records)
        return super().unlink()

    @api.model
    def _get_models_about_clients(self):
        """Return our models whose records go with their contact."""
        return [
            model
            for model in self.env.values()
            if model._original_module == "client_health"
            if model._auto and not model._abstract and not model._transient
            if "partner_id" in model
            if model._fields["partner_id"].store
            if model._fields["partner_id"].ondelete == "cascade"
        ]

    @api.model
    def _erase_traces_of(self, records):
        """Remove what the database's cascade would leave behind."""
        if hasattr(records, "_mark_stale"):
            records._mark_stale()  # a person's incident counts for their company
        for name, model_field in TRACES:
            domain = [(model_field, "=", records._name), ("res_id", "in", records.ids)]
            if name == "ir.attachment":  # those of fields too, which it hides
                domain += ["|", ("res_field", "=", False), ("res_field", "!=", False)]
            self.env[name].sudo().search(domain).unlink()  # sudo: as above
