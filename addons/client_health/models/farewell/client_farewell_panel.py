from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain

from ..evidence.client_health_evidence import AMOUNT_GROUPS


class ClientFarewell(models.Model):
    """What parting costs, for who decides; never part of the letter.

    Each figure is read with the rights of who looks: what they may not see is
    left at zero, and what is not installed is skipped.
    """

    _inherit = "client.farewell"

    revenue_amount = fields.Monetary(
        string="Revenue",
        compute="_compute_health_figures",
        help="Within the company's window, without tax.",
    )
    revenue_share = fields.Float(
        compute="_compute_health_figures",
        help="Part of the company's revenue in the same window, from 0 to 1.",
    )
    overdue_amount = fields.Monetary(
        string="Overdue", compute="_compute_invoice_figures"
    )
    open_amount = fields.Monetary(
        compute="_compute_invoice_figures", help="Still to be paid, overdue or not."
    )
    draft_invoice_count = fields.Integer(
        string="Draft Invoices", compute="_compute_invoice_figures"
    )
    order_count = fields.Integer(
        string="Running Orders", compute="_compute_work_figures"
    )
    unbilled_amount = fields.Monetary(
        string="Not Invoiced Yet", compute="_compute_work_figures"
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
    revenue_window = fields.Monetary(
        string="Revenue Before",
        readonly=True,
        copy=False,
        groups=AMOUNT_GROUPS,
        help="Revenue in the window before the letter was sent.",
    )
    ticket_window = fields.Integer(string="Tickets Before", readonly=True, copy=False)
    message_window = fields.Integer(string="Messages Before", readonly=True, copy=False)
    hours_window = fields.Float(
        string="Hours Before",
        readonly=True,
        copy=False,
        help="Hours on timesheets in the year before, where those are used.",
    )

    def _compute_health_figures(self):
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
        receivable = (
            Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
        )
        late = receivable & Domain("date_maturity", "<", fields.Date.today())
        drafts = Domain("state", "=", "draft") & Domain(
            "move_type", "in", ("out_invoice", "out_refund")
        )
        residual = "amount_residual:sum"
        opened = self._sum_by_client("account.move.line", receivable, residual)
        overdue = self._sum_by_client("account.move.line", late, residual)
        counts = self._sum_by_client("account.move", drafts)
        for farewell in self:
            farewell.open_amount = farewell._pick(opened)
            farewell.overdue_amount = farewell._pick(overdue)
            farewell.draft_invoice_count = farewell._pick(counts)

    def _compute_work_figures(self):
        tickets = self._sum_by_client("helpdesk.ticket", Domain("closed", "=", False))
        leads = self._sum_by_client("crm.lead", Domain("won_status", "=", "pending"))
        orders = self._sum_by_client("sale.order", self._get_running_domain())
        unbilled = self._sum_by_client(
            "sale.order.line",
            Domain("state", "=", "sale") & Domain("untaxed_amount_to_invoice", ">", 0),
            "untaxed_amount_to_invoice:sum",
            "order_partner_id",
        )
        meetings = self._count_meetings()
        contacts = self._count_contacts()
        for farewell in self:
            farewell.ticket_count = farewell._pick(tickets)
            farewell.lead_count = farewell._pick(leads)
            farewell.order_count = farewell._pick(orders)
            farewell.unbilled_amount = farewell._pick(unbilled)
            farewell.meeting_count = meetings.get(farewell.partner_id, 0)
            farewell.contact_count = contacts.get(farewell.partner_id, 0)

    @api.depends("order_count", "unbilled_amount", "ticket_count", "meeting_count")
    def _compute_is_running(self):
        for farewell in self:
            farewell.is_running = bool(
                farewell.order_count
                or farewell.unbilled_amount
                or farewell.ticket_count
                or farewell.meeting_count
            )

    def _get_running_domain(self):
        """Sales orders that were confirmed and are not fully invoiced."""
        return Domain("state", "=", "sale") & Domain("invoice_status", "!=", "invoiced")

    def _sum_by_client(self, model, domain, aggregate="__count", field="partner_id"):
        """Return ``{(client, company): figure}``, empty where this user has no access.

        :param str model: left out where it is not installed
        :param str field: its many2one to a contact, counted for the contact's client
        """
        found = Counter()
        if model not in self.env or not self.env[model].has_access("read"):
            return found
        whose = Domain(field, "child_of", self.partner_id.ids) & Domain(
            "company_id", "in", [False, *self.company_id.ids]
        )
        for partner, company, figure in self.env[model]._read_group(
            whose & domain, [field, "company_id"], [aggregate]
        ):
            found[partner.commercial_partner_id, company] += figure
        return found

    def _pick(self, figures):
        """Return this case's figure, what belongs to no company included."""
        self.ensure_one()
        nobody = self.env["res.company"]
        client = self.partner_id
        return figures[client, self.company_id] + figures[client, nobody]

    def _count_meetings(self):
        if "calendar.event" not in self.env:
            return {}
        found = Counter()
        for event in self.env["calendar.event"].search(
            [
                ("partner_ids", "child_of", self.partner_id.ids),
                ("start", ">=", fields.Datetime.now()),
            ]
        ):
            found.update(event.partner_ids.commercial_partner_id)
        return found

    def _count_contacts(self):
        groups = self.env["res.partner"]._read_group(
            [
                ("commercial_partner_id", "in", self.partner_id.ids),
                ("parent_id", "!=", False),
            ],
            ["commercial_partner_id"],
            ["__count"],
        )
        return dict(groups)

    def _prepare_window_vals(self):
        """Return what this client meant in the window before the letter went out."""
        self.ensure_one()
        health = self.env["client.health"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )
        return {
            "revenue_window": health.revenue_amount,
            "ticket_window": health.ticket_count,
            "message_window": health.message_count,
            "hours_window": self._get_hours(),
        }

    def _get_hours(self):
        """Return the hours of the year before, where timesheets are used."""
        Line = self.env["account.analytic.line"]
        if "project_id" not in Line._fields:
            return 0
        since = fields.Date.subtract(fields.Date.today(), years=1)
        [(hours,)] = Line._read_group(
            [
                ("project_id", "!=", False),
                ("partner_id", "child_of", self.partner_id.ids),
                ("company_id", "=", self.company_id.id),
                ("date", ">=", since),
            ],
            aggregates=["unit_amount:sum"],
        )
        return hours
