from odoo import api, fields, models
from odoo.fields import Domain

from ..access import GROUP_USER, require_user
from ..sources.marking import MarksClients


class HelpdeskTicket(MarksClients, models.Model):
    """Tickets: what does not count, what happened on them, and what was confirmed."""

    _inherit = "helpdesk.ticket"
    _marking_fields = frozenset(
        {
            "client_health_merged_into_id",
            "client_health_own_fault",
            "company_id",
            "partner_id",
            "stage_id",
            "team_id",
        }
    )

    client_health_own_fault = fields.Boolean(
        string="Caused by Us",
        copy=False,
        groups=GROUP_USER,
        help="The cause was ours: the ticket, its messages and its ratings do not "
        "count in client health.",
    )

    client_health_merged_into_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        string="Merged Into",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=GROUP_USER,
        help="Its messages moved to this ticket: the two count once.",
    )
    client_health_notice = fields.Text(
        compute="_compute_client_health_notice",
        groups=GROUP_USER,
        help="What colleagues confirmed about this client and still holds; never shown "
        "to clients.",
    )

    _client_health_idx = models.Index("(commercial_partner_id, create_date)")

    @api.depends("commercial_partner_id", "company_id")
    @api.depends_context("company", "lang", "uid")
    def _compute_client_health_notice(self):
        notices = self._get_confirmed_notices()
        for ticket in self:
            # flags are about a client of the firm, also where a branch helps them
            company = (ticket.company_id or self.env.company).root_id
            key = (ticket.commercial_partner_id.id, company.id)
            ticket.client_health_notice = "\n".join(notices.get(key, []))

    def _get_confirmed_notices(self):
        """Return ``{(client id, company id): ["trait: why", …]}``."""
        Flag = self.env["client.health.flag"]
        flags = Flag.search_fetch(
            Domain("partner_id", "in", self.commercial_partner_id.ids)
            & Domain("decision", "=", "confirmed")
            & Flag._get_active_domain(),
            ["partner_id", "company_id", "trait_id"],
        )
        notices = {}
        for flag in flags:
            key = (flag.partner_id.id, flag.company_id.id)
            notices.setdefault(key, []).append(f"{flag.trait_name}: {flag.reason}")
        return notices

    def action_log_incident(self):
        """Open the dialog to log what happened on this ticket.

        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require_user(self.env)
        self.check_access("read")
        return self.env["client.health.incident"]._get_log_action(
            self.commercial_partner_id or self.partner_id,
            company_id=(self.company_id or self.env.company).id,
            ticket_id=self.id,
        )

    def _message_post_after_hook(self, message, msg_values):
        self._mark_client_health()
        return super()._message_post_after_hook(message, msg_values)

    def _message_update_content(self, message, /, **kwargs):
        self._mark_client_health()  # it may have been removed
        return super()._message_update_content(message, **kwargs)

    def _get_marked_contacts(self):
        for company, tickets in self.grouped("company_id").items():
            yield tickets.partner_id.commercial_partner_id, company
