from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        # before core moves the links one by one: a client has one health record per
        # company, and core would stop at, or throw away, the second
        # sudo: who may merge contacts need not know about their health
        health = self.env["client.health"].sudo().with_context(active_test=False)
        health._merge_clients(src_partners, dst_partner)
        # sudo: nor about a farewell
        cases = self.env["client.farewell"].sudo()
        cases._keep_one_open(src_partners | dst_partner)
        # contacts take their invoices and tickets from one firm to another
        firms = (src_partners | dst_partner).commercial_partner_id - src_partners
        # sudo: the stale list belongs to the engine, not to the user
        self.env["client.health.stale"].sudo()._mark(firms.ids)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        # sudo: core takes along the fields that who merges contacts may see, and what
        # was agreed about discount is to come along anyway
        return super()._update_values(src_partners.sudo(), dst_partner.sudo())
