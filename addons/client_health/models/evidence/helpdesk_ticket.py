from odoo import fields, models


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    client_health_own_fault = fields.Boolean(
        string="Caused by Us",
        copy=False,
        groups="client_health.client_health_group_user",
        help="The cause was ours: the ticket, its messages and its ratings do not "
        "count in client health.",
    )

    _client_health_idx = models.Index("(commercial_partner_id, create_date)")
