from odoo import models

from ..access import GROUP_USER


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client whether to show how many flags ask for a decision."""
        info = super().session_info()
        if self.env.user.has_group(GROUP_USER):
            info["is_client_health_user"] = True
        return info
