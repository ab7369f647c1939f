from odoo import api, fields, models

from ..access import GROUP_USER

SWITCH = "client_health_notice"


class ResUsers(models.Model):
    """A colleague who may see client health, and how they are told of it."""

    _inherit = "res.users"

    client_health_notice = fields.Selection(
        selection=[
            ("now", "At once"),
            ("weekly", "Once a week"),
            ("off", "Not"),
        ],
        string="Client Health by Mail",
        default="weekly",
        groups=GROUP_USER,
        help="A mail when a flag asks for a decision, when a dismissal of yours is "
        "about to end and when a step of yours is due. Amounts are in it for who may "
        "see invoices.",
    )
    client_health_told_on = fields.Date(
        readonly=True,
        copy=False,
        groups="base.group_no_one",
        help="The last day on which it was looked whether there is something to tell.",
    )

    @api.model
    def _self_accessible_fields(self):
        """Let colleagues of our groups set their own switch, and nobody else.

        Core's own lists are the same for everybody, portal users too.
        """
        readable, writeable = super()._self_accessible_fields()
        if self.env.uid and self.env.user.has_group(GROUP_USER):
            writeable |= {SWITCH}
        return readable, writeable
