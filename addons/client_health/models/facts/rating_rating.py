from odoo import api, models


class RatingRating(models.Model):
    _inherit = "rating.rating"

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._mark_client_health()
        return ratings

    def write(self, vals):
        result = super().write(vals)
        self._mark_client_health()
        return result

    def unlink(self):
        self._mark_client_health()
        return super().unlink()

    def _mark_client_health(self):
        """Ask for fresh facts on the clients who rated tickets."""
        given = self.filtered(
            lambda rating: rating.consumed and rating.res_model == "helpdesk.ticket"
        )
        if given:
            tickets = self.env["helpdesk.ticket"].browse(given.mapped("res_id"))
            tickets.exists()._mark_client_health()
