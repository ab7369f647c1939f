from odoo import api, fields, models


class CrmLead(models.Model):
    """What client health knows of the contact, where it is installed.

    Neither addon needs the other: its models are looked up, not imported.
    """

    _inherit = "crm.lead"

    coaching_health_notice = fields.Text(
        string="Good to Know",
        compute="_compute_coaching_health_notice",
        help="Shown only to colleagues who may see client health.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("partner_id")
    def _compute_coaching_health_notice(self):
        past, flagged = self._coaching_health_partners()
        for lead in self:
            partner = lead.partner_id.commercial_partner_id
            lines = []
            if partner.id in past:
                lines.append(self.env._("We completed working together before."))
            if partner.id in flagged:
                lines.append(
                    self.env._("Colleagues confirmed points of attention: see Health.")
                )
            lead.coaching_health_notice = "\n".join(lines)

    def _coaching_health_partners(self):
        """Ids of partners with a past farewell, and with a confirmed flag.

        Read with the user's own rights: who may not see health sees nothing here.
        """
        may_see = "client.farewell" in self.env and self.env.user.has_group(
            "client_health.client_health_group_user"
        )
        partners = self.partner_id.commercial_partner_id
        if not may_see or not partners:
            return set(), set()
        ours = [("partner_id", "in", partners.ids)]
        farewells = self.env["client.farewell"].search(
            [*ours, ("state", "in", ("sent", "done"))]
        )
        flags = self.env["client.health.flag"].search(
            [*ours, ("decision", "=", "confirmed")]
        )
        return set(farewells.partner_id.ids), set(flags.partner_id.ids)
