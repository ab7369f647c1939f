from collections import Counter, namedtuple

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

Source = namedtuple("Source", "model partner domain")
"""Rows behind a figure: their model, its link to a contact, and which count."""


class ClientFarewell(models.Model):
    """Where each figure of the panel comes from.

    Counting and opening go by the same rows, with the rights of who looks: what
    they may not see counts as nothing, and what is not installed is skipped.
    """

    _inherit = "client.farewell"

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
        if name == "revenue_amount" and health:
            return health.with_context(fact=name).action_open_evidence()
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
        return domain & Domain("company_id", "in", [False, *self.company_id.ids])

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
        """Return this case's figure, what belongs to no company included."""
        self.ensure_one()
        nobody = self.env["res.company"]
        client = self.partner_id
        return figures[client, self.company_id] + figures[client, nobody]
