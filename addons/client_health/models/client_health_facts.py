from odoo import api, fields, models
from odoo.tools import ormcache

from ..access import AMOUNT_GROUPS
from ..engine.fact import PARAMETERS, Fact
from .rule_words import RuleWords

ASKED = [("kind", "in", ("discount", "free", "product"))]
"""Rows of the sale source that count as discount: asked for, not agreed or given."""


class ClientHealthFacts(models.AbstractModel):
    """What is known of a client: each fact declared once, by trait.

    A field with the parameter ``fact`` is a fact, see ``engine/fact.py``. It names the
    source that has its SQL; label, unit, help and the rows to open are here, and
    everything that shows a fact reads them here.
    """

    _name = "client.health.facts"
    _description = "Facts about a Client"

    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)

    # late payer
    invoice_count = fields.Integer(
        fact="sale",
        string="Invoices",
        readonly=True,
        help="Posted invoices and receipts dated within the window, fully credited "
        "ones left out.",
    )
    revenue_amount = fields.Monetary(
        fact="sale",
        string="Revenue",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What is on income accounts of invoices, receipts and credit notes dated "
        "within the window: no tax and no deposits.",
    )
    instalment_due_count = fields.Integer(
        fact="payment",
        string="Instalments Due",
        readonly=True,
        help="Instalments and other debts that fell due or were settled within the "
        "window, and all still open that are due, up to the day the bank is known.",
    )
    late_count = fields.Integer(
        fact="payment",
        evidence=[("is_late", "=", True)],
        string="Instalments Late",
        readonly=True,
        help="Instalments settled, or still open, more than the bank grace after the "
        "due date.",
    )
    late_share = fields.Float(
        fact="payment",
        unit="share",
        per="instalment_due_count",
        readonly=True,
        aggregator="avg",
        help="Instalments late of instalments due.",
    )
    late_amount_share = fields.Float(
        fact="payment",
        unit="share",
        per="instalment_due_count",
        evidence=[("late_amount", ">", 0)],
        string="Late Share by Amount",
        readonly=True,
        aggregator="avg",
        help="What came, or is still open, more than the bank grace after the due "
        "date, of what was paid, is open or was lost.",
    )
    days_late_avg = fields.Float(
        fact="payment",
        unit="days",
        per="instalment_due_count",
        string="Average Days Late",
        readonly=True,
        aggregator="avg",
        help="Days after the due date, weighted by amount; never below 0, part "
        "payments by part, what is open to the day the bank is known until.",
    )
    overdue_amount = fields.Monetary(
        fact="payment",
        evidence=[("overdue_days", ">", 0)],
        string="Overdue",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Open after the due date, tax included, less money on account.",
    )
    overdue_days_max = fields.Integer(
        fact="payment",
        unit="days",
        evidence=[("overdue_days", ">", 0)],
        string="Longest Overdue (Days)",
        readonly=True,
        aggregator="max",
        help="Days since the due date of the oldest open instalment.",
    )
    overdue_month_count = fields.Integer(
        fact="payment",
        unit="months",
        evidence=[("overdue_month_count", ">", 0)],
        string="Month Ends Overdue",
        readonly=True,
        aggregator="max",
        help="Of the last 12 month ends, those with something more than 14 days "
        "overdue.",
    )
    written_off_amount = fields.Monetary(
        fact="payment",
        evidence=[("is_written_off", "=", True)],
        string="Written Off",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Settled with an expense or income account, the tax beside it included; "
        "differences too small to count left out.",
    )
    written_off_share = fields.Float(
        fact="payment",
        unit="share",
        evidence=[("is_written_off", "=", True)],
        string="Written Off (Share)",
        readonly=True,
        aggregator="avg",
        help="Written off of what was paid, is open or was lost.",
    )

    # integrity
    promise_count = fields.Integer(
        fact="promise",
        string="Promises",
        readonly=True,
        help="Promises for a day within the window that were kept, partly kept or "
        "broken.",
    )
    promise_broken_count = fields.Integer(
        fact="promise",
        evidence=[("state", "=", "broken")],
        string="Promises Broken",
        readonly=True,
    )
    promise_kept_share = fields.Float(
        fact="promise",
        unit="share",
        per="promise_count",
        string="Promises Kept (Share)",
        readonly=True,
        aggregator=None,
        help="Promises kept in full of all promises.",
    )
    integrity_incident_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "integrity")],
        string="Agreements Not Kept",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    # time demander
    ticket_count = fields.Integer(
        fact="ticket",
        string="Tickets",
        readonly=True,
        help="Tickets created within the window, those caused by us and those merged "
        "into another left out.",
    )
    message_count = fields.Integer(
        fact="ticket",
        evidence=[("message_count", ">", 0)],
        string="Inbound Messages",
        readonly=True,
        help="What people of the client wrote on these tickets; no automatic mails and "
        "nothing that was removed.",
    )
    messages_per_ticket = fields.Float(
        fact="ticket", per="ticket_count", readonly=True, aggregator="avg"
    )
    reopen_count = fields.Integer(
        fact="ticket",
        evidence=[("reopen_count", ">", 0)],
        string="Reopened",
        readonly=True,
        help="How often colleagues put these tickets back from a closed to an open "
        "stage; not what they closed themselves within the hour before.",
    )
    after_hours_share = fields.Float(
        fact="ticket",
        unit="share",
        per="message_count",
        evidence=[("after_hours_count", ">", 0)],
        readonly=True,
        aggregator=None,
        help="Inbound messages outside the working hours, of all of them; breaks "
        "within a day are not outside.",
    )
    rush_count = fields.Integer(
        fact="ticket",
        evidence=[("rush_count", ">", 0)],
        string="Rushes",
        readonly=True,
        help="Our last message stayed unanswered for 14 days or more while the ticket "
        "was open, then came three or more messages within two days.",
    )
    workload_ratio = fields.Float(
        fact="ticket",
        unit="ratio",
        per="ticket_count",
        derived="_get_workload_ratio_sql",
        readonly=True,
        aggregator="avg",
        help="Tickets and inbound messages per 1,000 of revenue, divided by that of "
        "the client in the middle, of all clients with tickets: 2 is twice as much.",
    )
    demand_incident_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "demand")],
        string="Asked Too Much Time",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    # grumpy
    rating_count = fields.Integer(
        fact="ticket",
        evidence=[("rating_count", ">", 0)],
        string="Ratings Given",
        readonly=True,
        help="Ratings given on tickets created within the window.",
    )
    rating_avg = fields.Float(
        fact="ticket",
        unit="rating",
        per="rating_count",
        evidence=[("rating_count", ">", 0)],
        string="Average Rating",
        readonly=True,
        aggregator=None,
        help="1 to 5; 0 without ratings.",
    )
    rating_low_share = fields.Float(
        fact="ticket",
        unit="share",
        per="rating_count",
        evidence=[("rating_low_count", ">", 0)],
        string="Low Ratings (Share)",
        readonly=True,
        aggregator=None,
        help="Ratings below 3 of all ratings.",
    )
    conduct_incident_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "conduct")],
        string="Conduct Incidents",
        readonly=True,
        help="Incidents of this kind within the window.",
    )
    conduct_reporter_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "conduct")],
        string="Conduct Reporters",
        readonly=True,
        help="How many colleagues reported these incidents.",
    )
    conduct_day_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "conduct")],
        string="Conduct Days",
        readonly=True,
        help="On how many different days these incidents were.",
    )
    conduct_severe_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "conduct"), ("severe", "=", True)],
        string="Severe Conduct Incidents",
        readonly=True,
    )

    # haggler
    sale_invoice_count = fields.Integer(
        fact="sale",
        string="Sales Invoices",
        readonly=True,
        help="Posted invoices and receipts within twice the window; disputed and fully "
        "credited ones, and those whose discount we offered, left out.",
    )
    list_amount = fields.Monetary(
        fact="sale",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Price × quantity of what was sold on these invoices before discount, "
        "without tax.",
    )
    discount_amount = fields.Monetary(
        fact="sale",
        evidence=ASKED,
        string="Discount",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Discounts, lines free of charge and lines of discount products on these "
        "invoices, beyond what was agreed beforehand. Promotions, negative lines and "
        "lines at price 0 do not count.",
    )
    discount_share = fields.Float(
        fact="sale",
        unit="share",
        per="sale_invoice_count",
        evidence=ASKED,
        readonly=True,
        aggregator="avg",
        help="Discount of the list amount.",
    )
    discounted_invoice_count = fields.Integer(
        fact="sale",
        evidence=ASKED,
        string="Invoices with Discount",
        readonly=True,
    )
    credit_note_share = fields.Float(
        fact="sale",
        unit="share",
        per="sale_invoice_count",
        evidence=[("kind", "=", "credit")],
        readonly=True,
        aggregator="avg",
        help="Credit notes within twice the window of the amount invoiced; "
        "fully credited invoices left out.",
    )
    months_since_last_invoice = fields.Integer(
        fact="sale",
        unit="months",
        readonly=True,
        aggregator=None,
        help="Whole months since the last of these invoices; 0 without any.",
    )
    freebie_incident_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "freebie")],
        string="Asked for Free Work",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    fact_groups = fields.Json(
        compute="_compute_fact_groups",
        help="The facts the reader may see, by source, as the form shows them.",
    )

    @api.model
    def _valid_field_parameter(self, field, name):
        return name in PARAMETERS or super()._valid_field_parameter(field, name)

    @api.model
    @ormcache()
    def _get_facts(self) -> dict[str, Fact]:
        """Return the facts by name, in the order of their fields."""
        found = (Fact.of(field) for field in self._fields.values() if field.store)
        return {fact.name: fact for fact in found if fact}

    @api.depends_context("uid", "lang")
    def _compute_fact_groups(self):
        sources = self.env["client.health.source"]._get_sources()
        titles = {name: source._get_title() for name, source in sources.items()}
        readable = {
            name: fact
            for name, fact in self._get_facts().items()
            if fact.source in sources
            and self._has_field_access(self._fields[name], "read")
        }
        for health in self:
            groups = {name: [] for name in titles}
            for name, fact in readable.items():
                groups[fact.source].append(health._prepare_fact_line(name))
            health.fact_groups = [
                {"source": name, "title": titles[name], "facts": lines}
                for name, lines in groups.items()
                if lines
            ]

    def _prepare_fact_line(self, name):
        """Return one fact as the form shows it: name, label, help and text."""
        field = self._fields[name]
        return {
            "name": name,
            "label": field._description_string(self.env),
            "help": field._description_help(self.env) or "",
            "text": self._word_fact(name),
        }

    def _word_fact(self, name):
        """Return a fact as text, with its unit; a dash for a share of nothing.

        :param str name: name of a fact
        """
        field = self._fields[name]
        if (per := self._get_facts()[name].per) and not self[per]:
            return "–"
        return RuleWords(self.env).word_fact(self, field, self[name])
