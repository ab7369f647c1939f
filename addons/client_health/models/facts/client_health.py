from odoo import fields, models


class ClientHealth(models.Model):
    """Facts about one client in one company, with the score they lead to."""

    _name = "client.health"
    _description = "Client Health"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _rec_name = "partner_id"

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
    score = fields.Integer(default=100, readonly=True)
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
    invoice_count = fields.Integer(readonly=True)
    revenue_amount = fields.Monetary(readonly=True)
    instalment_due_count = fields.Integer(readonly=True)
    late_count = fields.Integer(readonly=True)
    late_share = fields.Float(readonly=True)
    days_late_avg = fields.Float(readonly=True)
    overdue_amount = fields.Monetary(readonly=True)
    overdue_days_max = fields.Integer(readonly=True)
    overdue_month_count = fields.Integer(readonly=True)
    written_off_amount = fields.Monetary(readonly=True)

    # integrity
    promise_count = fields.Integer(readonly=True)
    promise_broken_count = fields.Integer(readonly=True)
    promise_kept_share = fields.Float(readonly=True)
    integrity_incident_count = fields.Integer(readonly=True)

    # time demander
    ticket_count = fields.Integer(readonly=True)
    message_count = fields.Integer(readonly=True)
    messages_per_ticket = fields.Float(readonly=True)
    reopen_count = fields.Integer(readonly=True)
    after_hours_share = fields.Float(readonly=True)
    rush_count = fields.Integer(readonly=True)
    workload_ratio = fields.Float(readonly=True)
    demand_incident_count = fields.Integer(readonly=True)

    # grumpy
    rating_count = fields.Integer(readonly=True)
    rating_avg = fields.Float(readonly=True)
    rating_low_share = fields.Float(readonly=True)
    conduct_incident_count = fields.Integer(readonly=True)
    conduct_reporter_count = fields.Integer(readonly=True)
    conduct_day_count = fields.Integer(readonly=True)
    conduct_severe_count = fields.Integer(readonly=True)

    # haggler
    sale_invoice_count = fields.Integer(readonly=True)
    list_amount = fields.Monetary(readonly=True)
    discount_amount = fields.Monetary(readonly=True)
    discount_share = fields.Float(readonly=True)
    discounted_invoice_count = fields.Integer(readonly=True)
    credit_note_share = fields.Float(readonly=True)
    months_since_last_invoice = fields.Integer(readonly=True)
    freebie_incident_count = fields.Integer(readonly=True)

    _partner_company_unique = models.UniqueIndex(
        "(partner_id, company_id)",
        "A client has one health record per company.",
    )
