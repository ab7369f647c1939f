from odoo import models


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
        # before the database's cascade: it would leave threads, activities and
        # files of these records behind
        for name in (
            "client.health.incident",
            "client.health.promise",
            "client.health",
        ):
            # sudo: who may delete a contact need not know about its health
            self.env[name].sudo().search([("partner_id", "in", self.ids)]).unlink()
        return super().unlink()
