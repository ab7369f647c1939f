from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Keep names that break the machinery from the routes that we guard.

        A posted ``self`` collides with the controller's own argument, and a file
        posted as a marketing parameter cannot become a cookie.
        """
        if endpoint.routing.get("coaching_guard"):
            request.params.pop("self", None)
            for parameter, _field, _cookie in request.env[
                "utm.mixin"
            ].tracking_fields():
                if not isinstance(request.params.get(parameter, ""), str):
                    request.params.pop(parameter)
        return super()._dispatch(endpoint)
