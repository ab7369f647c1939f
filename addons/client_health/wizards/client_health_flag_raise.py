from odoo import fields, models


class ClientHealthFlagRaise(models.TransientModel):
    """Raise a flag by hand: staff saw what the facts do not show."""

    _name = "client.health.flag.raise"
    _description = "Raise a Flag by Hand"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Client", required=True, readonly=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    trait_id = fields.Many2one(
        comodel_name="client.health.trait",
        required=True,
        domain="['|', ('company_id', '=', False), "
        "('company_id', 'parent_of', company_id)]",
    )
    level = fields.Selection(
        selection=[("watch", "Watch"), ("flag", "Flag")],
        required=True,
        default="flag",
        help="A watch takes half of the trait's weight off the score.",
    )
    reason = fields.Text(
        required=True,
        help="What you saw or agreed, in facts: the client may ask to read it.",
    )

    def action_raise(self):
        """Raise the flag on the client's health record, made where there is none.

        :return: an action that tells so and offers to undo it
        """
        self.ensure_one()
        flag = self._get_health().action_raise_flag(
            self.trait_id.id, level=self.level, reason=self.reason
        )
        return flag._get_told_action(
            self.env._("Raised: %(flag)s", flag=flag._get_why_title())
        )

    def _get_health(self):
        client = self.partner_id.commercial_partner_id
        client.check_access("read")
        self.env["client.health"]._check_are_clients(client)
        # sudo: who may raise a flag may not create health records
        health = self.env["client.health"].sudo()._ensure(client, self.company_id)
        return health.sudo(False)
