import re

from odoo import models
from odoo.http import request
from werkzeug.exceptions import MethodNotAllowed, abort

# Our pages, with the language in front where it is not the site's own.
OURS = re.compile(r"(/[a-z_@A-Z]{2,12})?/coaching/.")


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _match(cls, path_info):
        """Lead who opens an address that is there for a form to a page instead.

        After a form was sent its address stands in the browser: opened again, it
        shows the page it was on. Nothing is done by that.
        """
        try:
            return super()._match(path_info)
        except MethodNotAllowed:
            page = cls._coaching_get_page()
            if not page:
                raise
            return abort(request.redirect(page, code=303))

    @classmethod
    def _coaching_get_page(cls):
        """The page that belongs to an address of ours that is not one itself."""
        method, path = request.httprequest.method, request.httprequest.path
        if not OURS.match(path):
            return None
        if method in ("GET", "HEAD"):
            return path.rpartition("/")[0]
        return path if method == "POST" else None

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
