from odoo import api, models

MARKING_FIELDS = {
    "client_health_own_fault",
    "company_id",
    "partner_id",
    "stage_id",
    "team_id",
}


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._mark_client_health()
        return tickets

    def write(self, vals):
        if MARKING_FIELDS.isdisjoint(vals):
            return super().write(vals)
        self._mark_client_health()
        result = super().write(vals)
        self._mark_client_health()
        return result

    def unlink(self):
        self._mark_client_health()
        return super().unlink()

    def _message_post_after_hook(self, message, msg_values):
        self._mark_client_health()
        return super()._message_post_after_hook(message, msg_values)

    def _mark_client_health(self):
        """Ask for fresh facts on the clients these tickets are from."""
        # sudo: whoever touches a ticket, the stale list belongs to the engine
        tickets = self.sudo()
        for company, own in tickets.grouped("company_id").items():
            clients = own.partner_id.commercial_partner_id
            tickets.env["client.health.stale"]._mark(clients.ids, company.id)
