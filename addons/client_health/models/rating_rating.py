from odoo import models

from ..sources.marking import MarksClients


class RatingRating(MarksClients, models.Model):
    _inherit = "rating.rating"

    def _get_marked_contacts(self):
        given = self.filtered(
            lambda rating: rating.consumed and rating.res_model == "helpdesk.ticket"
        )
        if given:
            tickets = self.env["helpdesk.ticket"].browse(given.mapped("res_id"))
            yield from tickets.exists()._get_marked_contacts()
