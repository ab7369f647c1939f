import json

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, ormcache

from ..access import AMOUNT_GROUPS
from ..engine.fact import PARAMETERS, Fact
from ..engine.statement import execute

GRAPH_MONTHS = 24
TALK_PLAN = "client_health.mail_activity_plan_talk"
ASKED = [("kind", "in", ("discount", "free", "product"))]
"""Rows of the sale source that count as discount: asked for, not agreed or given."""
STATE_FROM = (("healthy", 90), ("watch", 80), ("at_risk", 60))
"""Where a state begins, in points of the score; below the last: to discuss."""


class ClientHealth(models.Model):
    """Facts about one client in one company, with the score they lead to.

    A field with the parameter ``fact`` is a fact: see ``engine/fact.py``. How facts are
    kept up to date is in ``client.health.refresh``, what becomes of a client's file in
    ``client.health.file``: parts of this model, each in a file of its own.
    """

    _name = "client.health"
    _description = "Client Health"
    _inherit = [
        "client.health.protected",
        "client.health.thread",
        "client.health.file",
        "client.health.jobs",
        "client.health.refresh",
        "client.health.counting",
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
            ("watch", "Needs attention"),
            ("at_risk", "At risk"),
            ("to_discuss", "To discuss"),
        ],
        default="healthy",
        readonly=True,
        index=True,
    )
    refreshed_at = fields.Datetime(string="Last Changed", readonly=True)
    known_until = fields.Date(
        string="Bank Known Until",
        compute="_compute_known_until",
        help="Payments count up to this day: the last movement on a bank journal.",
    )
    is_bank_behind = fields.Boolean(
        compute="_compute_known_until",
        help="The bank is known until more than 7 days ago.",
    )

    # late payer
    invoice_count = fields.Integer(
        fact="sale",
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
        readonly=True,
        aggregator="avg",
        help="Instalments late of instalments due, 0 to 1.",
    )
    late_amount_share = fields.Float(
        fact="payment",
        unit="share",
        evidence=[("late_amount", ">", 0)],
        string="Late Share by Amount",
        readonly=True,
        aggregator="avg",
        help="What came, or is still open, more than the bank grace after the due "
        "date, of what was paid, is open or was lost, 0 to 1.",
    )
    days_late_avg = fields.Float(
        fact="payment",
        unit="days",
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
        help="Written off of what was paid, is open or was lost, 0 to 1.",
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
        string="Promises Kept (Share)",
        readonly=True,
        aggregator=None,
        help="Promises kept in full of all promises, 0 to 1.",
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
    messages_per_ticket = fields.Float(fact="ticket", readonly=True, aggregator="avg")
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
        evidence=[("after_hours_count", ">", 0)],
        readonly=True,
        aggregator=None,
        help="Inbound messages outside the working hours, 0 to 1; breaks within a day "
        "are not outside.",
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
        derived="_get_workload_ratio_sql",
        readonly=True,
        aggregator="avg",
        help="Tickets and inbound messages per 1,000 of revenue, divided by that of "
        "the client in the middle, of all clients with tickets: 2 is twice as much.",
    )
    demand_incident_count = fields.Integer(
        fact="incident",
        evidence=[("kind", "=", "demand")],
        string="Unreasonable Claims",
        readonly=True,
        help="Incidents of this kind within the window.",
    )

    # grumpy
    rating_count = fields.Integer(
        fact="ticket",
        evidence=[("rating_count", ">", 0)],
        readonly=True,
        help="Ratings given on tickets created within the window.",
    )
    rating_avg = fields.Float(
        fact="ticket",
        unit="rating",
        evidence=[("rating_count", ">", 0)],
        string="Average Rating",
        readonly=True,
        aggregator=None,
        help="1 to 5; 0 without ratings.",
    )
    rating_low_share = fields.Float(
        fact="ticket",
        unit="share",
        evidence=[("rating_low_count", ">", 0)],
        readonly=True,
        aggregator=None,
        help="Ratings below 3 of all ratings, 0 to 1.",
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
        evidence=ASKED,
        readonly=True,
        aggregator="avg",
        help="Discount of the list amount, 0 to 1.",
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
        evidence=[("kind", "=", "credit")],
        readonly=True,
        aggregator="avg",
        help="Credit notes within twice the window of the amount invoiced, 0 to 1; "
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

    snapshot_ids = fields.One2many(
        comodel_name="client.health.snapshot", inverse_name="health_id", readonly=True
    )
    score_trend = fields.Integer(
        string="Trend",
        compute="_compute_score_trend",
        help="Points won or lost since the beginning of the month.",
    )
    not_ready_trait_ids = fields.Many2many(
        comodel_name="client.health.trait",
        string="Not Enough Data",
        compute="_compute_not_ready_trait_ids",
        help="Traits that say nothing about this client, for want of data.",
    )
    active_trait_ids = fields.Many2many(
        comodel_name="client.health.trait",
        compute="_compute_active_trait_ids",
        search="_search_active_trait_ids",
        string="Traits",
        help="Traits with an active flag: at watch or flag, and not dismissed.",
    )
    history_ids = fields.One2many(
        comodel_name="client.health.flag.history",
        compute="_compute_history_ids",
        string="Decisions",
        help="Every change of a level and every decision, newest first.",
    )
    fact_groups = fields.Json(
        compute="_compute_fact_groups",
        help="The facts the reader may see, by source, as the form shows them.",
    )
    score_graph = fields.Text(compute="_compute_score_graph")
    shown_state = fields.Selection(
        selection=lambda self: self._fields["state"]._description_selection(self.env),
        string="State Shown",
        compute="_compute_shown_state",
        help="The state by the score; nobody with an open flag is shown as healthy.",
    )
    flag_badges = fields.Json(
        string="Flags",
        compute="_compute_flag_badges",
        help="The flags that count as a list needs them: level, decision and why.",
    )
    next_step = fields.Char(
        compute="_compute_next_step",
        help="What colleagues planned with this client first: the client is in "
        "conversation as long as there is something.",
    )
    farewell_state = fields.Char(
        string="Farewell",
        compute="_compute_farewell_state",
        help="Where the farewell stands that is under way, if any.",
    )

    _partner_company_unique = models.UniqueIndex(
        "(partner_id, company_id)",
        "A client has one health record per company.",
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
        company = company.root_id  # a branch is judged with its company
        execute(
            self.env,
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
            ),
        )
        return self.search(
            [("partner_id", "in", client_ids), ("company_id", "=", company.id)]
        )

    # computed

    @api.depends("company_id")
    def _compute_known_until(self):
        for company, own in self.grouped("company_id").items():
            # sudo: settings hold for whoever looks
            period = company.sudo()._get_client_health_period() if company else None
            own.known_until = period.known_until if period else False
            own.is_bank_behind = bool(period) and period.is_bank_behind

    @api.depends("score", "snapshot_ids.basis", "snapshot_ids.score")
    def _compute_score_trend(self):
        for health in self:
            kept = health.snapshot_ids.filtered(lambda taken: taken.basis == "kept")
            last = kept[:1]
            health.score_trend = health.score - last.score if last else 0

    @api.depends_context("uid")
    def _compute_not_ready_trait_ids(self):
        # sudo: whether there is enough data may rest on facts the reader cannot see
        clients = self.sudo()
        not_ready = {client.id: [] for client in clients}
        for trait in self.env["client.health.trait"]._get_rules():
            judged = clients.filtered(
                lambda client, own=trait.company_id: client.company_id == own or not own
            )
            for client in judged - judged.filtered_domain(
                trait._get_usable_domain("ready")
            ):
                not_ready[client.id].append(trait.id)
        for client in self:
            client.not_ready_trait_ids = not_ready[client.id]

    def _as_it_was(self, evidence):
        """Return the client, with every right, with the facts of a moment.

        :param dict evidence: what a flag kept; the present facts without it
        """
        # sudo: rules are judged on all facts; what the reader may see of them is
        # decided where they are put into words
        client = self.sudo()
        if not evidence:
            return client
        facts = {
            name: value
            for name, value in evidence.get("facts", {}).items()
            if name in client
        }
        return client.new(facts, origin=client)

    @api.depends("flag_ids.is_active")
    def _compute_active_trait_ids(self):
        for health in self:
            health.active_trait_ids = health.flag_ids.filtered("is_active").trait_id

    @api.depends("state", "flag_ids.is_active")
    def _compute_shown_state(self):
        for health in self:
            is_open = health.state == "healthy" and health.active_trait_ids
            health.shown_state = "watch" if is_open else health.state

    @api.depends("flag_ids.is_active", "flag_ids.decision", "flag_ids.level")
    @api.depends_context("lang", "uid")
    def _compute_flag_badges(self):
        for health in self:
            health.flag_badges = [
                {
                    "id": flag.id,
                    "name": flag.trait_name,
                    "level": flag.level,
                    "label": flag.label,
                    "decided": not flag.needs_decision,
                    "status": flag._word_status(),
                    "reason": flag.reason,
                }
                for flag in health.flag_ids
                if flag.is_active
            ]

    @api.depends("activity_ids.date_deadline", "activity_ids.summary")
    @api.depends_context("lang")
    def _compute_next_step(self):
        """Only what a colleague planned: what we ask ourselves is no conversation."""
        for health in self:
            planned = health.activity_ids.filtered(lambda step: not step.automated)
            health.next_step = health._word_step(planned[0]) if planned else False

    @api.model
    def _word_step(self, step):
        return self.env._(
            "%(what)s, %(day)s, %(colleague)s",
            what=step.summary or step.activity_type_id.name,
            day=format_date(self.env, step.date_deadline),
            colleague=step.user_id.name,
        )

    @api.depends_context("lang", "uid")
    def _compute_farewell_state(self):
        Farewell = self.env["client.farewell"]
        running = Farewell.search_fetch(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("state", "in", ("draft", "approved", "sent")),
            ],
            ["partner_id", "company_id", "state"],
        )
        labels = dict(Farewell._fields["state"]._description_selection(self.env))
        by_client = {(one.partner_id, one.company_id): one.state for one in running}
        for health in self:
            state = by_client.get((health.partner_id, health.company_id))
            health.farewell_state = labels.get(state)

    def _search_active_trait_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        active = self.env["client.health.flag"]._get_active_domain()
        found = Domain("flag_ids", "any", active & Domain("trait_id", "in", value))
        return found if all(value) else found | ~Domain("flag_ids", "any", active)

    @api.depends("flag_ids.history_ids")
    def _compute_history_ids(self):
        for health in self:
            health.history_ids = health.flag_ids.history_ids.sorted(
                "date", reverse=True
            )

    @api.depends("score", "snapshot_ids.basis", "snapshot_ids.score")
    @api.depends_context("lang")
    def _compute_score_graph(self):
        """The score per month and now, as core's dashboard graph wants it."""
        key = self.env._("Score")
        now = self.env._("Now")
        for health in self:
            points = [
                {"x": snapshot._word_month(), "y": snapshot.score}
                for snapshot in health.snapshot_ids[:GRAPH_MONTHS].sorted("date")
            ]
            points.append({"x": now, "y": health.score})
            health.score_graph = json.dumps([{"key": key, "values": points}])

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
        """Return a fact as text, with its unit.

        :param str name: name of a fact
        """
        field = self._fields[name]
        return self.env["client.health.trait"]._word_value(self, field, self[name])

    # score and state

    def _refresh_scores(self, health_ids=None):
        """Bring score and state in line with the flags, writing differences only.

        100 less the weights of what is active: all of it for a flag, half for a
        watch, nothing for what is dismissed; rounded in the client's favour and
        never below 0.

        :param health_ids: ids of ``client.health``; all of them when ``None``
        """
        Flag = self.env["client.health.flag"]
        self.flush_model()
        Flag.flush_model()
        self.env["client.health.trait"].flush_model()
        execute(
            self.env,
            SQL(
                """
                UPDATE client_health AS health
                   SET score = new.score, state = new.state
                  FROM (%(scores)s) AS new
                 WHERE health.id = new.id
                   AND (health.score, health.state)
                       IS DISTINCT FROM (new.score, new.state)
                """,
                scores=self._get_states_sql(health_ids),
            ),
        )
        self.invalidate_model()  # what is computed from them as well
        # not stored, and read from tables that SQL has just written
        self.env["res.partner"].invalidate_model(
            self.env["res.partner"]._get_client_health_fields()
        )

    def _get_states_sql(self, health_ids):
        return SQL(
            "SELECT id, score, %s AS state FROM (%s) AS s",
            self._get_state_sql(SQL("score")),
            self._get_scores_sql(health_ids),
        )

    @api.model
    def _get_state_sql(self, score):
        """Return the state that goes with a score."""
        cases = SQL(" ").join(
            SQL("WHEN %s >= %s THEN %s", score, start, state)
            for state, start in STATE_FROM
        )
        return SQL("CASE %s ELSE 'to_discuss' END", cases)

    def _get_scores_sql(self, health_ids):
        """Return the query of ``id`` and ``score`` for each client."""
        clients = flags = SQL("TRUE")
        if health_ids is not None:
            ids = list(health_ids)
            clients = SQL("id = ANY(%s)", ids)
            flags = SQL("flag.health_id = ANY(%s)", ids)
        # added up rather than joined: right after a first fill the planner takes
        # the flags for a handful, and a join of the two for a loop in a loop
        return SQL(
            """
            SELECT id, GREATEST(0, 100 - SUM(half_points)::int / 2) AS score
              FROM (SELECT id, 0 AS half_points FROM client_health WHERE %(clients)s
                     UNION ALL
                    SELECT flag.health_id,
                           trait.weight * CASE WHEN %(at_flag)s THEN 2 ELSE 1 END
                      FROM %(active_flags)s
                     WHERE %(flags)s
                   ) AS loss
             GROUP BY id
            """,
            clients=clients,
            flags=flags,
            at_flag=SQL(
                "flag.level = 'flag' AND (flag.flag_unmet_since IS NULL"
                " OR flag.decision = 'confirmed' OR flag.manual_level = 'flag')"
            ),
            active_flags=self.env["client.health.flag"]._get_active_from_sql(),
        )

    def action_raise_flag(self, trait, level="flag", reason=None):
        """Raise a flag by hand.

        :param trait: id or code of a trait, or its record
        :param str level: ``watch`` or ``flag``
        :param str reason: why; required
        :return: the flag
        :raise UserError: without a reason, or for an unknown trait or level
        """
        self.ensure_one()
        return self.env["client.health.flag"]._raise_by_hand(self, trait, level, reason)

    # from a number to the rows it was counted from

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

        :param str fact: name of a fact
        :return: an action; ``None`` without evidence, or where it may not be seen
        """
        evidence = self._get_evidence(fact)
        if not evidence or not self.env[evidence[0]].has_access("read"):
            return None
        model, domain = evidence
        views = getattr(self.env[model], "_evidence_view_mode", "list,kanban,form")
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.partner_id.display_name}: "
            f"{self._fields[fact]._description_string(self.env)}",
            "res_model": model,
            "view_mode": views,
            "domain": domain,
            "context": {"create": False},
        }

    def _get_evidence(self, fact):
        """Return what a fact was counted from: exactly these rows, no others.

        :param str fact: name of a fact
        :return: pair of a model's name and a domain; ``None`` for what is no fact
        """
        self.ensure_one()
        found = self._get_facts().get(fact) if isinstance(fact, str) else None
        if not found:
            return None
        # sudo: which rows count is the same for whoever looks; opening them is not
        source = self.sudo().env["client.health.source"]._get_sources()[found.source]
        model, domain = source._get_evidence(found, self.sudo())
        return model, list(domain)

    # how clients are grouped: by active traits too, and by states in their order

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group by active traits too: joined from the flags, nothing is stored."""
        if groupby_spec != "active_trait_ids":
            return super()._read_group_groupby(alias, groupby_spec, query)
        Flag = self.env["client.health.flag"]
        Flag.flush_model()
        flag = query.make_alias(alias, groupby_spec)
        condition = SQL(
            "%s = %s AND %s",
            SQL.identifier(alias, "id"),
            SQL.identifier(flag, "health_id"),
            Flag._get_active_sql(flag),
        )
        query.add_join("LEFT JOIN", flag, Flag._table, condition)
        return SQL.identifier(flag, "trait_id")

    def _read_group_orderby(self, order, groupby_terms, query):
        """Order states by who needs attention most, not by their letters."""
        if "state" not in groupby_terms:
            return super()._read_group_orderby(order, groupby_terms, query)
        states = [state for state, _label in reversed(self._fields["state"].selection)]
        rank = SQL("array_position(%s, %s)", states, groupby_terms["state"])
        terms = groupby_terms | {"state": rank}
        ordered = super()._read_group_orderby(order, terms, query)
        # core may have added what else to group by
        groupby_terms |= terms | {"state": groupby_terms["state"]}
        return ordered

    # the next step

    @api.model
    def _create_talk_plan(self):
        """Ship the activity plan in the administrator's language.

        Core does not translate the names of plans and the summaries of their steps:
        they are copied to the activities, which a whole team reads.
        """
        lang = self.env.ref("base.user_admin").lang or self.env.lang
        self = self.with_context(lang=lang)
        call, todo = "mail.mail_activity_data_call", "mail.mail_activity_data_todo"
        steps = [
            (call, 0, self.env._("Talk it over by telephone")),
            (todo, 7, self.env._("Put the agreement in writing")),
            (todo, 30, self.env._("Review: is it better now?")),
        ]
        values = {
            "name": self.env._("Talk – agree – review"),
            "res_model": self._name,
            "company_id": False,
            "template_ids": [
                Command.create(self._prepare_talk_step_vals(*step)) for step in steps
            ],
        }
        self.env["mail.activity.plan"]._load_records(
            [{"xml_id": TALK_PLAN, "values": values, "noupdate": True}]
        )

    @api.model
    def _prepare_talk_step_vals(self, activity_type, days, summary):
        return {
            "activity_type_id": self.env.ref(activity_type).id,
            "delay_count": days,
            "delay_unit": "days",
            "delay_from": "after_plan_date",
            "responsible_type": "on_demand",
            "summary": summary,
        }

    def action_talk_first(self):
        """Offer the plan *Talk – agree – review* on this client's health."""
        self.ensure_one()
        self.check_access("read")
        plan = self.env.ref(TALK_PLAN, raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Talk First"),
            "res_model": "mail.activity.schedule",
            "view_mode": "form",
            "target": "new",
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
                "default_plan_id": plan.id if plan else False,
            },
        }

    def action_log_incident(self):
        """Open the dialog to log what happened with this client."""
        self.ensure_one()
        return self.env["client.health.incident"]._get_log_action(
            self.partner_id, company_id=self.company_id.id
        )

    def action_open_raise(self):
        """Open the dialog to raise a flag by hand on this client."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_open_raise()

    def action_start_farewell(self):
        """Open the client's farewell, or begin one."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_start_farewell()

    def action_open_client(self):
        """Open the client itself."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_open_snapshots(self):
        """Open how score and facts went, month by month."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_snapshot_action"
        )
        return action | {"domain": [("health_id", "=", self.id)]}
