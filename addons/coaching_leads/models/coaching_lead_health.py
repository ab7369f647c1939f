from odoo import api, fields, models

from .coaching_past import PastClients


class CoachingLeadHealth(models.AbstractModel):
    """What client health, where it is installed, knows of who asks for a call."""

    _name = "coaching.lead.health"
    _description = "Coaching Lead: What Client Health Knows"

    coaching_health_notice = fields.Text(
        string="Good to Know",
        compute="_compute_coaching_health_notice",
        help="Shown only to colleagues who may see client health.",
    )

    @api.depends_context("uid", "allowed_company_ids", "lang")
    @api.depends("partner_id", "email_from", "partner_name")
    def _compute_coaching_health_notice(self):
        past, flagged = self._coaching_past_clients(), self._coaching_flagged()
        for lead in self:
            lines = []
            if past:
                lines += filter(None, [past.get_notice(self.env, lead)])
            if lead.partner_id.commercial_partner_id.id in flagged:
                lines.append(
                    self.env._("Colleagues confirmed points of attention: see Health.")
                )
            lead.coaching_health_notice = "\n".join(lines)

    def _coaching_past_clients(self):
        """Whom we parted from, and did not welcome back. Read with the user's own
        rights: who may not see health sees nothing here."""
        if not self._coaching_may_see_health():
            return None
        farewells = self.env["client.farewell"].search(
            [("state", "in", ("sent", "done")), ("welcome_back_date", "=", False)]
        )
        contacts = self.env["res.partner"].with_context(active_test=False)
        return PastClients(
            contacts.search_fetch(
                [("commercial_partner_id", "in", farewells.partner_id.ids)],
                ["name", "email_normalized", "commercial_partner_id"],
            )
        )

    def _coaching_flagged(self):
        """Ids of the partners of these leads with a confirmed flag that still holds;
        see above."""
        partners = self.partner_id.commercial_partner_id
        if not partners or not self._coaching_may_see_health():
            return set()
        flags = self.env["client.health.flag"].search(
            [
                ("partner_id", "in", partners.ids),
                ("decision", "=", "confirmed"),
                ("is_active", "=", True),
            ]
        )
        return set(flags.partner_id.ids)

    def _coaching_may_see_health(self):
        return "client.farewell" in self.env and self.env.user.has_group(
            "client_health.client_health_group_user"
        )
