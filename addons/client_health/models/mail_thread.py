from odoo import api, models

from ..engine.automatic_mail import is_automatic


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Keep of a ticket's mail that nobody wrote it: its headers are not kept."""
        is_ticket = any(route[0] == "helpdesk.ticket" for route in routes or ())
        if is_ticket and is_automatic(message):
            message_dict["client_health_automatic"] = True
        return super()._message_route_process(message, message_dict, routes)

    def _get_message_create_valid_field_names(self):
        return super()._get_message_create_valid_field_names() | {
            "client_health_automatic"
        }
