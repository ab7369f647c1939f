from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..access import require_user
from ..engine.statement import execute
from .res_partner import HEALTH_FIELDS

STATE_FROM = (("healthy", 90), ("watch", 80), ("at_risk", 60))
"""Where a state begins, in points of the score; below the last: to discuss."""


class ClientHealth(models.Model):
    """One client in one company: its facts, and the score they lead to.

    The facts themselves are declared in ``client.health.facts``. How they are kept up
    to date is in ``client.health.refresh``, what becomes of a client's file in
    ``client.health.file``: parts of this model, each in a file of its own.
    """

    _name = "client.health"
    _description = "Client Health"
    _inherit = [
        "client.health.protected",
        "client.health.thread",
        "client.health.balance",
        "client.health.talk",
        "client.health.course",
        "client.health.file",
        "client.health.jobs",
        "client.health.refresh",
        "client.health.facts",
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

    snapshot_ids = fields.One2many(
        comodel_name="client.health.snapshot", inverse_name="health_id", readonly=True
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
    responsible_id = fields.Many2one(
        related="partner_id.user_id",
        string="Responsible",
        help="The client's salesperson.",
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

    @api.model
    def _check_are_clients(self, partners):
        """Refuse colleagues and the companies of this database.

        :param res.partner partners: contacts; their commercial partners count
        :raise UserError: naming the first of them that is no client
        """
        clients = partners.commercial_partner_id
        others = clients - self.env["client.health.source"]._filter_clients(clients)
        if others:
            raise UserError(
                self.env._(
                    "%(name)s is a colleague or one of our own companies, and no "
                    "client: nothing is kept on them here.",
                    name=others[:1].display_name,
                )
            )

    # computed

    @api.depends("company_id")
    def _compute_known_until(self):
        for company, own in self.grouped("company_id").items():
            # sudo: settings hold for whoever looks
            period = company.sudo()._get_client_health_period() if company else None
            own.known_until = period.known_until if period else False
            own.is_bank_behind = bool(period) and period.is_bank_behind

    @api.model
    def get_bank_notice(self):
        """Return until when the bank is known, as the inbox says it above its rows.

        :return: a sentence for each company on whose bank is behind; ``False`` where
            it is not
        :raises AccessError: for who may not see clients
        """
        require_user(self.env)
        notices = []
        for company in self.env.companies.root_id:
            period = company._get_client_health_period()
            if period.is_bank_behind:
                notices.append(
                    self.env._(
                        "%(company)s: bank known until %(day)s. What fell due since, "
                        "and what was paid since, is not counted yet.",
                        company=company.sudo().name,  # sudo: of a branch's company
                        day=format_date(self.env, period.known_until),
                    )
                )
        return " ".join(notices) or False

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
        levels = dict(
            self.env["client.health.flag"]
            ._fields["level"]
            ._description_selection(self.env)
        )
        for health in self:
            health.flag_badges = [
                {
                    "id": flag.id,
                    "name": flag.trait_name,
                    "level": flag.level,
                    "label": flag.label,
                    "decided": not flag.needs_decision,
                    "status": f"{levels[flag.level]}, {flag._word_status()}".lower(),
                    "reason": flag.reason,
                }
                for flag in health.flag_ids
                if flag.is_active
            ]

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
        # branches part with a client of the firm
        by_client = {
            (one.partner_id, one.company_id.root_id): one.state for one in running
        }
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
        self.env["res.partner"].invalidate_model(HEALTH_FIELDS)

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

    def _is_decided_since(self, moment):
        """Return whether staff decided on a flag of this client since a moment."""
        return bool(
            self.env["client.health.flag.history"].search_count(
                [
                    ("flag_id.health_id", "in", self.ids),
                    ("event", "in", ("confirmed", "dismissed", "manual")),
                    ("date", ">=", moment),
                ],
                limit=1,
            )
        )

    def _note(self, text):
        """Leave a note in the client's thread, of the user who acts."""
        self.message_post(
            body=text,
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )

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
            "context": {"create": False, "evidence_of": fact},
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
            Flag._get_condition_sql(Flag._get_active_domain(), flag),
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

    def action_log_incident(self):
        """Open the dialog to log what happened with this client."""
        self.ensure_one()
        return self.env["client.health.incident"]._get_log_action(
            self.partner_id, company_id=self.company_id.id
        )

    def action_open_raise(self):
        """Open the dialog to raise a flag by hand on this client."""
        self.ensure_one()
        return self._get_client_at_work().action_open_raise()

    def action_start_farewell(self):
        """Open the client's farewell, or begin one."""
        self.ensure_one()
        return self._get_client_at_work().action_start_farewell()

    def _get_client_at_work(self):
        """Return the client in the company that the user works in for it.

        A branch for who works in that only: the firm itself is closed to them.
        """
        on = self.env.companies
        own = on.filtered(lambda company: company.root_id == self.company_id)
        chosen = self.env.company & own or self.company_id & own or own[:1]
        return self.partner_id.with_company(chosen or self.company_id)

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
