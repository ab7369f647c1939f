from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

PAYMENT = "client.health.payment"
DISCOUNT = "client.health.discount"
TICKET = "client.health.ticket"
PROMISE = "client.health.promise"
INCIDENT = "client.health.incident"
EVIDENCE = {
    "instalment_due_count": (PAYMENT, []),
    "late_count": (PAYMENT, [("is_late", "=", True)]),
    "late_share": (PAYMENT, []),
    "days_late_avg": (PAYMENT, []),
    "overdue_amount": (PAYMENT, [("overdue_days", ">", 0)]),
    "overdue_days_max": (PAYMENT, [("overdue_days", ">", 0)]),
    "overdue_month_count": (PAYMENT, [("overdue_month_count", ">", 0)]),
    "written_off_amount": (PAYMENT, [("is_written_off", "=", True)]),
    "discount_amount": (DISCOUNT, [("kind", "!=", "credit")]),
    "discount_share": (DISCOUNT, [("kind", "!=", "credit")]),
    "discounted_invoice_count": (DISCOUNT, [("kind", "!=", "credit")]),
    "credit_note_share": (DISCOUNT, [("kind", "=", "credit")]),
    "ticket_count": (TICKET, []),
    "message_count": (TICKET, [("message_count", ">", 0)]),
    "messages_per_ticket": (TICKET, []),
    "reopen_count": (TICKET, [("reopen_count", ">", 0)]),
    "after_hours_share": (TICKET, [("after_hours_count", ">", 0)]),
    "rush_count": (TICKET, [("rush_count", ">", 0)]),
    "workload_ratio": (TICKET, []),
    "rating_count": (TICKET, [("rating_count", ">", 0)]),
    "rating_avg": (TICKET, [("rating_count", ">", 0)]),
    "rating_low_share": (TICKET, [("rating_low_count", ">", 0)]),
    "promise_count": (PROMISE, [("state", "in", ("kept", "partly", "broken"))]),
    "promise_broken_count": (PROMISE, [("state", "=", "broken")]),
    "promise_kept_share": (PROMISE, [("state", "in", ("kept", "partly", "broken"))]),
    "integrity_incident_count": (INCIDENT, [("kind", "=", "integrity")]),
    "demand_incident_count": (INCIDENT, [("kind", "=", "demand")]),
    "freebie_incident_count": (INCIDENT, [("kind", "=", "freebie")]),
    "conduct_incident_count": (INCIDENT, [("kind", "=", "conduct")]),
    "conduct_reporter_count": (INCIDENT, [("kind", "=", "conduct")]),
    "conduct_day_count": (INCIDENT, [("kind", "=", "conduct")]),
    "conduct_severe_count": (
        INCIDENT,
        [("kind", "=", "conduct"), ("severe", "=", True)],
    ),
}
"""The model each fact is counted from, and which of its rows."""
INVOICE_FACTS = ("invoice_count", "revenue_amount")
SALE_FACTS = ("sale_invoice_count", "list_amount", "months_since_last_invoice")
"""Facts counted from invoices themselves: their evidence is Odoo's own list."""


class ClientHealth(models.Model):
    """From a number to the rows it was counted from."""

    _inherit = "client.health"

    def action_open_evidence(self):
        """Open the evidence of the fact that the context names as ``fact``.

        :raise UserError: where nothing was counted, or the user may not see it
        """
        self.ensure_one()
        self.check_access("read")
        self._refresh_stale()
        action = self._get_evidence_action(self.env.context.get("fact"))
        if not action:
            raise UserError(self.env._("There is nothing to show for this number."))
        return action

    def _get_evidence_action(self, fact):
        """Return the action that opens the evidence of a fact.

        :return: an action; ``None`` without evidence, or where it may not be seen
        """
        evidence = self._get_evidence(fact)
        if not evidence or not self.env[evidence[0]].has_access("read"):
            return None
        model, domain = evidence
        counted = model in (PAYMENT, DISCOUNT, TICKET)
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.partner_id.display_name}: "
            f"{self._fields[fact]._description_string(self.env)}",
            "res_model": model,
            "view_mode": "list,kanban,pivot,graph" if counted else "list,kanban,form",
            "domain": domain,
            "context": {"create": False},
        }

    def _get_evidence(self, fact):
        """Return what a fact was counted from: exactly these rows, no others.

        :param str fact: name of a fact
        :return: pair of a model's name and a domain; ``None`` for what is no fact
        """
        self.ensure_one()
        if fact in INVOICE_FACTS + SALE_FACTS:
            return "account.move", list(self._get_invoice_domain(fact))
        if not isinstance(fact, str) or fact not in EVIDENCE:
            return None
        model, domain = EVIDENCE[fact]
        return model, list(
            Domain(domain)
            & Domain("company_id", "=", self.company_id.id)
            & self._get_client_domain(model)
        )

    def _get_client_domain(self, model):
        """Return which rows of a model are this client's and within the window."""
        if model not in (PROMISE, INCIDENT):
            return Domain("partner_id", "=", self.partner_id.id)
        period = self._get_period()
        day = "date_promised" if model == PROMISE else "date"
        return (
            Domain("partner_id.commercial_partner_id", "=", self.partner_id.id)
            & Domain(day, ">", fields.Date.to_string(period.window_start))
            & Domain(day, "<=", fields.Date.to_string(period.today))
        )

    def _get_invoice_domain(self, fact):
        """Return which of Odoo's invoices a fact was counted from."""
        period = self._get_period()
        start = period.sale_start if fact in SALE_FACTS else period.window_start
        # the commercial partner of that day may have got a parent since
        client = Domain(
            "commercial_partner_id.commercial_partner_id", "=", self.partner_id.id
        )
        domain = (
            client
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "posted")
            & Domain("invoice_date", ">", fields.Date.to_string(start))
            & Domain("invoice_date", "<=", fields.Date.to_string(period.today))
        )
        if fact == "revenue_amount":
            return domain & Domain("move_type", "in", ("out_invoice", "out_refund"))
        domain &= Domain("move_type", "=", "out_invoice")
        domain &= Domain("payment_state", "!=", "reversed")
        if fact in SALE_FACTS:
            domain &= Domain("client_health_disputed", "=", False)
            domain &= Domain("client_health_offered", "=", False)
        return domain

    def _get_period(self):
        # sudo: the company's settings hold for whoever looks
        company = self.sudo().company_id
        return self.env["client.health.evidence"]._get_period(company)
