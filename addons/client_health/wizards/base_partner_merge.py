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
        return super()._update_foreign_keys(src_partners, dst_partner)
