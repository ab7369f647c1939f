from odoo import api, models


class ClientHealthDemo(models.AbstractModel):
    """The door to the demo book, which is built by what no other database loads."""

    _name = "client.health.demo"
    _description = "Client Health Demo Book"

    @api.model
    def _load_demo(self):
        """Create the book in the main company, and judge it."""
        from .book import load

        load(self.env)
