from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        if {"is_company", "parent_id"}.isdisjoint(vals):
            return super().write(vals)
        before = self.commercial_partner_id
        result = super().write(vals)
        clients = before | self.commercial_partner_id
        # sudo: the stale list belongs to the engine, not to the user
        self.env["client.health.stale"].sudo()._mark(clients.ids)
        return result
