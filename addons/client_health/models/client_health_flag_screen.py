from odoo import api, fields, models
from odoo.exceptions import UserError

AMOUNT_GROUPS = "account.group_account_invoice,account.group_account_readonly"


class ClientHealthFlag(models.Model):
    """What the screens need to show a flag and to decide on it."""

    _inherit = "client.health.flag"

    trait_name = fields.Char(compute="_compute_trait_display")
    trait_icon = fields.Char(compute="_compute_trait_display")
    currency_id = fields.Many2one(related="health_id.currency_id")
    # with the reader's own rights: Odoo looks at a related field's groups when it is
    # read, but searches with all rights
    overdue_amount = fields.Monetary(
        related="health_id.overdue_amount", related_sudo=False, groups=AMOUNT_GROUPS
    )
    discount_amount = fields.Monetary(
        related="health_id.discount_amount", related_sudo=False, groups=AMOUNT_GROUPS
    )

    @api.depends("trait_id")
    @api.depends_context("lang")
    def _compute_trait_display(self):
        displays = self.env["client.health.trait"]._get_displays()
        for flag in self:
            name, icon = displays.get(flag.trait_id.id, (False, False))
            flag.trait_name = name
            flag.trait_icon = icon

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let amounts be added up, by who may read them.

        Core adds up no related field that is read with the reader's own rights.
        """
        field = self._fields.get(field_expr)
        if field and field.related and not field.compute_sudo:
            self._check_field_access(field, "read")
            self = self.sudo()
        return super()._field_to_sql(alias, field_expr, query)

    def action_open_why(self):
        """Open the why-panel of these flags: explanation, evidence, decision."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self._get_why_title(),
            "res_model": "client.health.flag.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_flag_ids": self.ids},
        }

    def action_start_farewell(self):
        """Open the farewell of the client that these flags are about, or begin one.

        :raises UserError: for flags of several clients
        """
        self.check_access("read")
        if len(self.health_id) != 1:
            raise UserError(self.env._("Choose the flags of one client."))
        return self.health_id.action_start_farewell()

    def _get_why_title(self):
        if len(self) != 1:
            return self.env._("Decide on %(count)s flags", count=len(self))
        return self.env._(
            "%(trait)s: %(client)s",
            trait=self.trait_name,
            client=self.partner_id.display_name,
        )
