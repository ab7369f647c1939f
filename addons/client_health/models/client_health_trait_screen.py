from odoo import api, models
from odoo.tools import ormcache

JUDGED_BY = {
    "active",
    "clear_after_days",
    "company_id",
    "flag_domain",
    "ready_domain",
    "watch_domain",
    "weight",
}


class ClientHealthTrait(models.Model):
    """What badges show of a trait, without a query of their own."""

    _inherit = "client.health.trait"

    @ormcache("self.env.lang")
    def _get_displays_cached(self):
        # sudo: names and icons only, the same for everybody who may see flags
        traits = self.sudo().with_context(active_test=False).search([("id", "!=", 0)])
        return {trait.id: (trait.name, trait.icon) for trait in traits}

    @api.model
    def _get_displays(self):
        """Return ``{trait id: (name, icon)}`` in the user's language."""
        return self._get_displays_cached()

    @api.model_create_multi
    def create(self, vals_list):
        traits = super().create(vals_list)
        self.env["client.health"]._request_refresh()
        return traits

    def write(self, vals):
        result = super().write(vals)
        if not JUDGED_BY.isdisjoint(vals):
            self.env["client.health"]._request_refresh()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["client.health"]._request_refresh()
        return result

    def action_open_flags(self):
        """Open the flags of this trait, at the level given in the context."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_flag_action_all"
        )
        level = self.env.context.get("level")
        levels = [level] if level else ["watch", "flag"]
        return action | {
            "display_name": self.name,
            "domain": [("trait_id", "=", self.id), ("level", "in", levels)],
        }
