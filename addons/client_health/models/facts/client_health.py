from odoo import api, fields, models
from odoo.tools import SQL

from ..evidence.client_health_evidence import AMOUNT_GROUPS


class ClientHealth(models.Model):
    """Facts about one client in one company, with the score they lead to."""

    _name = "client.health"
    _description = "Client Health"
    _inherit = [
        "client.health.protected",
        "client.health.thread",
        "mail.activity.mixin",
    ]
    _rec_name = "partner_id"
    _protected_fields = ("partner_id", "company_id", "score", "state", "refreshed_at")

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Client",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    flag_ids = fields.One2many(
        comodel_name="client.health.flag", inverse_name="health_id", readonly=True
    )
    incident_ids = fields.One2many(
        comodel_name="client.health.incident", inverse_name="health_id", readonly=True
    )
    promise_ids = fields.One2many(
        comodel_name="client.health.promise", inverse_name="health_id", readonly=True
    )
    score = fields.Integer(default=100, readonly=True, aggregator="avg")
    state = fields.Selection(
        selection=[
            ("healthy", "Healthy"),
            ("watch", "Watch"),
            ("at_risk", "At risk"),
            ("to_discuss", "To discuss"),
        ],
        default="healthy",
        readonly=True,
        index=True,
    )
    refreshed_at = fields.Datetime(string="Last Changed", readonly=True)

    # late payer
    invoice_count = fields.Integer(
        readonly=True,
        help="Posted invoices dated within the window, fully credited ones left out.",
    )
    revenue_amount = fields.Monetary(
        string="Revenue",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Invoices less credit notes dated within the window, without tax.",
    )
    instalment_due_count = fields.Integer(
        string="Instalments Due",
        readonly=True,
        help="Instalments that fell due within the window, and all still open that are "
        "due.",
    )
    late_count = fields.Integer(
        string="Instalments Late",
        readonly=True,
        help="Instalments settled, or still open, more than the bank grace after the "
        "due date.",
    )
    late_share = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Instalments late of instalments due, 0 to 1.",
    )
    days_late_avg = fields.Float(
        string="Average Days Late",
        readonly=True,
        aggregator="avg",
        help="Days after the due date, weighted by amount; never below 0, part "
        "payments by part, what is open to today.",
    )
    overdue_amount = fields.Monetary(
        string="Overdue",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Open after the due date, tax included.",
    )
    overdue_days_max = fields.Integer(
        string="Longest Overdue (Days)",
        readonly=True,
        aggregator="max",
        help="Days since the due date of the oldest open instalment.",
    )
    overdue_month_count = fields.Integer(
        string="Month Ends Overdue",
        readonly=True,
        aggregator="max",
        help="Of the last 12 month ends, those with something more than 14 days "
        "overdue.",
    )
    written_off_amount = fields.Monetary(
        string="Written Off",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Settled with something that is no payment, bank or cash entry or credit "
        "note.",
    )

    # integrity
    promise_count = fields.Integer(
        string="Promises",
        readonly=True,
        help="Promises for a day within the window that were kept, partly kept or "
        "broken.",
    )
    promise_broken_count = fields.Integer(string="Promises Broken", readonly=True)
    promise_kept_share = fields.Float(
        string="Promises Kept (Share)",
        readonly=True,
        aggregator=None,
        help="Promises kept in full of all promises, 0 to 1.",
    )
    integrity_incident_count = fields.Integer(
        string="Agreements Not Kept",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    # time demander
    ticket_count = fields.Integer(
        string="Tickets",
        readonly=True,
        help="Tickets created within the window, those caused by us left out.",
    )
    message_count = fields.Integer(
        string="Inbound Messages",
        readonly=True,
        help="Messages from the client on these tickets.",
    )
    messages_per_ticket = fields.Float(readonly=True, aggregator="avg")
    reopen_count = fields.Integer(
        string="Reopened",
        readonly=True,
        help="How often these tickets went back from a closed to an open stage.",
    )
    after_hours_share = fields.Float(
        readonly=True,
        aggregator=None,
        help="Inbound messages outside the working hours, 0 to 1; breaks within a day "
        "are not outside.",
    )
    rush_count = fields.Integer(
        string="Rushes",
        readonly=True,
        help="Our last message stayed unanswered for 14 days or more, then came three "
        "or more messages within two days.",
    )
    workload_ratio = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Tickets and inbound messages per 1,000 of revenue, divided by that of "
        "the client in the middle, of all clients with tickets: 2 is twice as much.",
    )
    demand_incident_count = fields.Integer(
        string="Unreasonable Claims",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    # grumpy
    rating_count = fields.Integer(
        readonly=True,
        help="Ratings given on tickets created within the window.",
    )
    rating_avg = fields.Float(
        string="Average Rating",
        readonly=True,
        aggregator=None,
        help="1 to 5; 0 without ratings.",
    )
    rating_low_share = fields.Float(
        readonly=True,
        aggregator=None,
        help="Ratings below 3 of all ratings, 0 to 1.",
    )
    conduct_incident_count = fields.Integer(
        string="Conduct Incidents",
        readonly=True,
        help="Incidents of this kind within the window.",
    )
    conduct_reporter_count = fields.Integer(
        string="Conduct Reporters",
        readonly=True,
        help="How many colleagues reported these incidents.",
    )
    conduct_day_count = fields.Integer(
        string="Conduct Days",
        readonly=True,
        help="On how many different days these incidents were.",
    )
    conduct_severe_count = fields.Integer(
        string="Severe Conduct Incidents", readonly=True
    )

    # haggler
    sale_invoice_count = fields.Integer(
        readonly=True,
        help="Posted invoices within twice the window; disputed and fully credited "
        "ones, and those whose discount we offered, left out.",
    )
    list_amount = fields.Monetary(
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Price × quantity on these invoices before discount, without tax.",
    )
    discount_amount = fields.Monetary(
        string="Discount",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Discounts, lines free of charge and negative lines on these invoices.",
    )
    discount_share = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Discount of the list amount, 0 to 1.",
    )
    discounted_invoice_count = fields.Integer(
        string="Invoices with Discount", readonly=True
    )
    credit_note_share = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Credit notes within twice the window of the amount invoiced, 0 to 1; "
        "fully credited invoices left out.",
    )
    months_since_last_invoice = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Whole months since the last of these invoices; 0 without any.",
    )
    freebie_incident_count = fields.Integer(
        string="Asked for Free Work",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    _partner_company_unique = models.UniqueIndex(
        "(partner_id, company_id)",
        "A client has one health record per company.",
    )

    @api.model
    def _ensure(self, partners, company):
        """Return the clients' records in a company, made where missing.

        A record made here has no facts yet: it gives incidents and manual flags on a
        new client a place.

        :param res.partner partners: contacts; their commercial partners count
        :param res.company company: the company
        :return: ``client.health`` records
        """
        client_ids = partners.commercial_partner_id.ids
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO client_health (partner_id, company_id, score, state,
                       create_uid, create_date, write_uid, write_date)
                SELECT client.id, %(company_id)s, 100, 'healthy',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(client_ids)s::integer[]) AS client (id)
                 WHERE NOT EXISTS (
                       SELECT FROM client_health health
                        WHERE health.partner_id = client.id
                          AND health.company_id = %(company_id)s)
                ON CONFLICT DO NOTHING
                """,
                client_ids=client_ids,
                company_id=company.id,
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        return self.search(
            [("partner_id", "in", client_ids), ("company_id", "=", company.id)]
        )
