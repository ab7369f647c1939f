from odoo import api, models
from odoo.tools import ormcache


class ClientHealthTrait(models.Model):
    """Where a trait is in force, known without a query of its own."""

    _inherit = "client.health.trait"

    @api.model_create_multi
    def create(self, vals_list):
        traits = super().create(vals_list)
        self.env.registry.clear_cache()
        return traits

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @ormcache()
    def _get_scopes(self) -> dict[int, int | bool]:
        """Return the company of each trait that is switched on, by the trait's id.

        ``False`` stands for every company.
        """
        # sudo: the same for everybody who may see flags
        traits = self.sudo().with_context(active_test=True).search([])
        return {trait.id: trait.company_id.id for trait in traits}

    @api.model
    def _is_in_force(self, trait_id, company_id):
        """Return whether a trait is switched on and for this company."""
        scopes = self._get_scopes()
        return trait_id in scopes and scopes[trait_id] in (False, company_id)
