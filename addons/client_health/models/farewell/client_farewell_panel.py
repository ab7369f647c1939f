from odoo import api, fields, models
from odoo.fields import Domain

from ...access import AMOUNT_GROUPS


class ClientFarewell(models.Model):
    """What parting costs, for who decides; never part of the letter."""

    _inherit = "client.farewell"

    revenue_amount = fields.Monetary(
        string="Revenue",
        compute="_compute_revenue",
        groups=AMOUNT_GROUPS,
        help="Within the company's window, without tax.",
    )
    revenue_share = fields.Float(
        compute="_compute_revenue",
        groups=AMOUNT_GROUPS,
        help="Part of the company's revenue in the same window, from 0 to 1.",
    )
    open_amount = fields.Monetary(
        compute="_compute_invoice_figures",
        groups=AMOUNT_GROUPS,
        help="Still to be paid, overdue or not.",
    )
    overdue_amount = fields.Monetary(
        string="Overdue", compute="_compute_invoice_figures", groups=AMOUNT_GROUPS
    )
    draft_invoice_count = fields.Integer(
        string="Draft Invoices",
        compute="_compute_invoice_figures",
        groups=AMOUNT_GROUPS,
    )
    unbilled_amount = fields.Monetary(
        string="Not Invoiced Yet",
        compute="_compute_order_figures",
        groups=AMOUNT_GROUPS,
        help="Of confirmed orders, without tax, in the company's currency.",
    )
    order_count = fields.Integer(
        string="Running Orders", compute="_compute_order_figures"
    )
    ticket_count = fields.Integer(
        string="Open Tickets", compute="_compute_work_figures"
    )
    lead_count = fields.Integer(
        string="Open Opportunities", compute="_compute_work_figures"
    )
    meeting_count = fields.Integer(
        string="Planned Meetings", compute="_compute_work_figures"
    )
    contact_count = fields.Integer(
        string="Other Contacts", compute="_compute_work_figures"
    )
    is_running = fields.Boolean(
        compute="_compute_is_running",
        help="Something was agreed and is not finished yet.",
    )

    def _compute_revenue(self):
        revenue, totals = self._get_revenue()
        for farewell in self:
            company = farewell.company_id
            amount = revenue.get((farewell.partner_id, company), 0)
            farewell.revenue_amount = amount
            farewell.revenue_share = amount / (totals.get(company) or 1)

    def _get_revenue(self):
        """Return revenue by client and company, and by company; empty if hidden."""
        Health = self.env["client.health"]
        if not Health._has_field_access(Health._fields["revenue_amount"], "read"):
            return {}, {}
        companies = Domain("company_id", "in", self.company_id.ids)
        own = Health.search(companies & Domain("partner_id", "in", self.partner_id.ids))
        totals = Health._read_group(companies, ["company_id"], ["revenue_amount:sum"])
        return {(h.partner_id, h.company_id): h.revenue_amount for h in own}, dict(
            totals
        )

    def _compute_invoice_figures(self):
        opened = self._sum_by_client("open_amount", "amount_residual:sum")
        overdue = self._sum_by_client("overdue_amount", "amount_residual:sum")
        drafts = self._sum_by_client("draft_invoice_count")
        for farewell in self:
            farewell.open_amount = farewell._pick(opened)
            farewell.overdue_amount = farewell._pick(overdue)
            farewell.draft_invoice_count = farewell._pick(drafts)

    def _compute_order_figures(self):
        orders = self._sum_by_client("order_count")
        unbilled = self._sum_unbilled()
        for farewell in self:
            farewell.order_count = farewell._pick(orders)
            farewell.unbilled_amount = farewell._pick(unbilled)

    def _compute_work_figures(self):
        tickets = self._sum_by_client("ticket_count")
        leads = self._sum_by_client("lead_count")
        meetings = self._count_shared("meeting_count")
        contacts = self._count_shared("contact_count")
        for farewell in self:
            farewell.ticket_count = farewell._pick(tickets)
            farewell.lead_count = farewell._pick(leads)
            farewell.meeting_count = meetings[farewell.partner_id]
            farewell.contact_count = contacts[farewell.partner_id]

    @api.depends("order_count", "ticket_count", "meeting_count")
    def _compute_is_running(self):
        for farewell in self:
            farewell.is_running = bool(
                farewell.order_count or farewell.ticket_count or farewell.meeting_count
            )
