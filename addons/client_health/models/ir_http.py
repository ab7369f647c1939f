from odoo import models

from ..access import GROUP_MANAGER, GROUP_USER

GUIDE_SEEN = "client_health.guide_seen"
"""Parameter that is set once a manager opened the guide or did not want it."""


class IrHttp(models.AbstractModel):
    """What the web client knows when it starts: for our groups only."""

    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client of our users whether to count flags, and clients."""
        info = super().session_info()
        if self.env.user.has_group(GROUP_USER):
            info["is_client_health_user"] = True
            counting = self.env["client.health"].get_counting()
            info["client_health_counting"] = counting
            info["client_health_guide"] = not counting and self._is_guide_offered()
        return info

    def _is_guide_offered(self):
        """Return whether to offer the guide: to a manager, once, after the count."""
        # sudo: whether somebody saw it
        seen = self.env["ir.config_parameter"].sudo().get_param(GUIDE_SEEN)
        return (
            not seen
            and self.env.user.has_group(GROUP_MANAGER)
            and bool(self.env["client.health"].search_count([], limit=1))
        )
