from odoo import api, fields, models
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    """Where tickets are handled: log an incident, see what was confirmed."""

    _inherit = "helpdesk.ticket"

    client_health_notice = fields.Char(
        compute="_compute_client_health_notice",
        groups="client_health.client_health_group_user",
        help="What colleagues confirmed about this client and still holds; never shown "
        "to clients.",
    )

    @api.depends("commercial_partner_id", "company_id")
    @api.depends_context("company", "lang")
    def _compute_client_health_notice(self):
        names = self._get_confirmed_names()
        for ticket in self:
            company = ticket.company_id or self.env.company
            key = (ticket.commercial_partner_id.id, company.id)
            ticket.client_health_notice = ", ".join(names.get(key, []))

    def _get_confirmed_names(self):
        """Return ``{(client id, company id): [trait name, …]}``."""
        Flag = self.env["client.health.flag"]
        flags = Flag.search_fetch(
            Domain("partner_id", "in", self.commercial_partner_id.ids)
            & Domain("decision", "=", "confirmed")
            & Flag._get_active_domain(),
            ["partner_id", "company_id", "trait_id"],
        )
        names = {}
        for flag in flags:
            key = (flag.partner_id.id, flag.company_id.id)
            names.setdefault(key, []).append(flag.trait_name)
        return names

    def action_log_incident(self):
        """Open the dialog to log what happened on this ticket."""
        self.ensure_one()
        self.check_access("read")
        return self.env["client.health.incident"]._get_log_action(
            self.commercial_partner_id or self.partner_id,
            company_id=(self.company_id or self.env.company).id,
            ticket_id=self.id,
            kind="conduct",
        )
