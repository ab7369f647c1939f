from collections import Counter, namedtuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..access import AMOUNT_GROUPS

Source = namedtuple("Source", "model partner domain")
"""Rows behind a figure: their model, its link to a contact, and which count."""


class ClientFarewellPanel(models.AbstractModel):
    """What parting costs, for who decides; never part of the letter.

    Counting and opening go by the same rows, with the rights of who looks: what
    they may not see counts as nothing, and what is not installed is skipped.
    """

    _name = "client.farewell.panel"
    _description = "What Parting Costs"
    _protected_fields = (
        "revenue_window", "ticket_window", "message_window", "hours_window",
    )  # fmt: skip

    # whose figures: the case says more of them
    partner_id = fields.Many2one(comodel_name="res.partner")
    company_id = fields.Many2one(comodel_name="res.company")
    currency_id = fields.Many2one(related="company_id.currency_id")

    revenue_amount = fields.Monetary(
        string="Revenue",
        compute="_compute_revenue",
        groups=AMOUNT_GROUPS,
        help="Within the company's window, without tax.",
    )
    revenue_share = fields.Float(
        compute="_compute_revenue",
        groups=AMOUNT_GROUPS,
        help="Part of the company's revenue in the same window.",
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
    hours_month = fields.Float(
        string="Hours a Month",
        compute="_compute_room",
        help="Hours spent within the company's window, by month.",
    )
    net_amount = fields.Monetary(
        string="Left Over",
        compute="_compute_room",
        groups=AMOUNT_GROUPS,
        help="Of that revenue, when time, late payment and losses are gone.",
    )
    room = fields.Text(
        string="What Would Be Free",
        compute="_compute_room",
        help="The hours of this client, beside the coaching calls that wait for room.",
    )
    contact_count = fields.Integer(
        string="Other Contacts", compute="_compute_work_figures"
    )
    is_running = fields.Boolean(
        compute="_compute_is_running",
        help="Something was agreed and is not finished yet.",
    )

    # what came of it: the room that the client took in the window before
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
        help="Hours spent in the same window; an estimate for a client without time "
        "sheets.",
    )

    def _compute_revenue(self):
        revenue, totals = self._get_revenue()
        for farewell in self:
            company = farewell.company_id.root_id
            amount = revenue.get((farewell.partner_id, company), 0)
            farewell.revenue_amount = amount
            farewell.revenue_share = amount / (totals.get(company) or 1)

    def _get_revenue(self):
        """Return revenue by client and firm, and by firm; empty if hidden."""
        Health = self.env["client.health"]
        if not Health._has_field_access(Health._fields["revenue_amount"], "read"):
            return {}, {}
        companies = Domain("company_id", "in", self.company_id.root_id.ids)
        own = Health.search(companies & Domain("partner_id", "in", self.partner_id.ids))
        totals = Health._read_group(companies, ["company_id"], ["revenue_amount:sum"])
        return {(h.partner_id, h.company_id): h.revenue_amount for h in own}, dict(
            totals
        )

    def _compute_room(self):
        for farewell in self:
            health = farewell._get_health()
            balance = health._sum_balance()
            farewell.hours_month = balance["hours_month"]
            farewell.net_amount = balance.get("net_amount", 0)
            farewell.room = health._word_room()

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

    def action_open_figure(self):
        """Open the rows behind the figure that the context names as ``figure``.

        :return: a window action
        :raises AccessError: where the user may not read the case or those rows
        :raises UserError: for what is no figure of the panel
        """
        self.ensure_one()
        self.check_access("read")
        name = self.env.context.get("figure")
        health = self._get_health()
        facts = {"revenue_amount": name, "hours_month": "hours_spent"}
        if name in facts and health:
            return health.with_context(fact=facts[name]).action_open_evidence()
        source = self._get_sources().get(name)
        if not source or source.model not in self.env:
            raise UserError(self.env._("There is nothing to show for this number."))
        self.env[source.model].check_access("read")
        label = self._fields[name]._description_string(self.env)
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.partner_id.display_name}: {label}",
            "res_model": source.model,
            "views": [(self._get_list_view(source.model), "list"), (False, "form")],
            "domain": list(self._get_rows_domain(source)),
            "context": {"create": False},
        }

    def _get_list_view(self, model):
        """Return the list that shows what is left to pay; else the model's own."""
        if model == "account.move.line":
            return self.env.ref("account.view_move_line_payment_tree").id
        return False

    def _get_sources(self):
        """Return the rows behind each figure, by the name of its field."""
        running = Domain("state", "=", "sale")
        unpaid = (
            Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
        )
        late = self.env["res.company"]._get_client_health_today_domain(
            "date_maturity", "<"
        )
        drafts = Domain("state", "=", "draft") & Domain(
            "move_type", "in", ("out_invoice", "out_refund")
        )
        return {
            "open_amount": Source("account.move.line", "partner_id", unpaid),
            "overdue_amount": Source("account.move.line", "partner_id", unpaid & late),
            "draft_invoice_count": Source("account.move", "partner_id", drafts),
            "unbilled_amount": Source(
                "sale.order.line",
                "order_partner_id",
                running & Domain("untaxed_amount_to_invoice", ">", 0),
            ),
            "order_count": Source(
                "sale.order",
                "partner_id",
                running & self._get_unfinished_orders(),
            ),
            "ticket_count": Source(
                "helpdesk.ticket", "partner_id", Domain("closed", "=", False)
            ),
            "lead_count": Source(
                "crm.lead", "partner_id", Domain("won_status", "=", "pending")
            ),
            "meeting_count": Source(
                "calendar.event",
                "partner_ids",
                Domain("start", ">=", fields.Datetime.now()),
            ),
            "contact_count": Source(
                "res.partner",
                "commercial_partner_id",
                Domain("parent_id", "!=", False),
            ),
        }

    def _get_unfinished_orders(self):
        """Return which confirmed orders still ask for an invoice or a delivery.

        What was paid in advance runs until it is delivered. Only shipments say so
        reliably: delivered quantities of services are often never filled in.
        """
        unfinished = Domain("invoice_status", "!=", "invoiced")
        Order = self.env.get("sale.order")
        if Order is not None and "delivery_status" in Order._fields:
            to_deliver = ("pending", "started", "partial")
            unfinished |= Domain("delivery_status", "in", to_deliver)
        return unfinished

    def _get_rows_domain(self, source):
        """Return which rows are these cases' clients', in their companies."""
        client = Domain(
            f"{source.partner}.commercial_partner_id", "in", self.partner_id.ids
        )
        domain = source.domain & client
        if source.model in ("calendar.event", "res.partner"):
            return domain  # shared by companies
        # a firm parts as a whole, its branches too
        own = Domain("company_id", "child_of", self.company_id.ids)
        return domain & (Domain("company_id", "=", False) | own)

    def _get_rows(self, name):
        """Return the rows behind a figure, as far as this user may see them."""
        source = self._get_sources()[name]
        if not self._can_count(source):
            return self.browse()
        return self.env[source.model].search(self._get_rows_domain(source), limit=10)

    def _can_count(self, source):
        return source.model in self.env and self.env[source.model].has_access("read")

    def _sum_by_client(self, name, aggregate="__count"):
        """Return ``{(client, company): figure}``, empty where there is no access.

        :param str name: the figure
        :param str aggregate: what is counted; amounts in the company's currency
        """
        found, source = Counter(), self._get_sources()[name]
        if not self._can_count(source):
            return found
        for partner, company, figure in self.env[source.model]._read_group(
            self._get_rows_domain(source), [source.partner, "company_id"], [aggregate]
        ):
            found[partner.commercial_partner_id, company] += figure
        return found

    def _sum_unbilled(self):
        """Return what is to be invoiced by client and company, at today's rates."""
        found, source = Counter(), self._get_sources()["unbilled_amount"]
        if not self._can_count(source):
            return found
        today = fields.Date.context_today(self)
        for partner, company, currency, amount in self.env[source.model]._read_group(
            self._get_rows_domain(source),
            [source.partner, "company_id", "currency_id"],
            ["untaxed_amount_to_invoice:sum"],
        ):
            found[partner.commercial_partner_id, company] += currency._convert(
                amount, company.currency_id, company, today
            )
        return found

    def _count_shared(self, name):
        """Return a figure by client, of rows that belong to no company."""
        found, source = Counter(), self._get_sources()[name]
        if not self._can_count(source):
            return found
        for row in self.env[source.model].search(self._get_rows_domain(source)):
            found.update(row[source.partner].commercial_partner_id)
        return found

    def _pick(self, figures):
        """Return this case's figure, of branches and of no company included."""
        self.ensure_one()
        return sum(
            figure
            for (client, company), figure in figures.items()
            if client == self.partner_id
            and (not company or self.company_id in company.parent_ids)
        )

    def _prepare_window_vals(self):
        """Return what this client meant in the window before the letter went out."""
        health = self._get_health()
        return {
            "revenue_window": health.revenue_amount,
            "ticket_window": health.ticket_count,
            "message_window": health.message_count,
            "hours_window": health.hours_spent,
        }

    def _get_health(self):
        """Return the client's health: a branch is judged with its company."""
        self.ensure_one()
        return self.env["client.health"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.root_id.id),
            ],
            limit=1,
        )
