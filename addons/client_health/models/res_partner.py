from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS, GROUP_USER, is_allowed, require, require_user
from .client_health_reason import CLIENT_TOLD, FLAG_TOLD, word_flag

HEALTH_FIELDS = [
    "client_health_ids",
    "client_health_id",
    "client_health_flag_ids",
    "client_health_trait_ids",
    "client_health_badges",
    "client_health_score",
    "client_health_trend",
    "client_health_state",
    "client_health_next_step",
]

LEVEL_ICONS = {"watch": "fa-eye", "flag": "fa-flag"}
# where threads, activities, followers and files say which record they are of
TRACES = (
    ("mail.message", "model"),
    ("mail.activity", "res_model"),
    ("mail.followers", "res_model"),
    ("ir.attachment", "res_model"),
)


class ResPartner(models.Model):
    """Health of the client that a partner belongs to, for our groups only.

    Nothing is stored on the partner, and all of it comes from one query for any
    number of partners. A person leads to the health of their company; lists show it at
    the company only.
    """

    _inherit = "res.partner"

    client_health_ids = fields.Many2many(
        comodel_name="client.health",
        string="Client Health, all Companies",
        compute="_compute_client_health_ids",
        search="_search_client_health_ids",
        groups=GROUP_USER,
    )
    client_health_id = fields.Many2one(
        comodel_name="client.health",
        compute="_compute_client_health",
        search="_search_client_health_id",
        groups=GROUP_USER,
    )
    client_health_flag_ids = fields.Many2many(
        comodel_name="client.health.flag",
        string="Flags",
        compute="_compute_client_health",
        search="_search_client_health_flag_ids",
        groups=GROUP_USER,
        help="Everything at watch or flag, dismissed ones included.",
    )
    client_health_trait_ids = fields.Many2many(
        comodel_name="client.health.trait",
        string="Traits",
        compute="_compute_client_health_trait_ids",
        search="_search_client_health_trait_ids",
        groups=GROUP_USER,
        help="The traits of the flags that count, so without what was dismissed.",
    )
    client_health_badges = fields.Json(
        compute="_compute_client_health",
        groups=GROUP_USER,
        help="The flags as a list needs them: name, look, level, decision and why.",
    )
    client_health_score = fields.Integer(
        string="Health Score",
        compute="_compute_client_health",
        search="_search_client_health_score",
        groups=GROUP_USER,
        help="100 less the weights of the client's active flags; 0 for no client.",
    )
    client_health_trend = fields.Integer(
        string="Health Trend",
        compute="_compute_client_health",
        groups=GROUP_USER,
        help="Points won or lost in about 30 days.",
    )
    client_health_state = fields.Selection(
        selection=lambda self: self._selection_client_health_state(),
        string="Health",
        compute="_compute_client_health",
        search="_search_client_health_state",
        groups=GROUP_USER,
    )
    client_health_next_step = fields.Char(
        string="In Conversation",
        compute="_compute_client_health",
        groups=GROUP_USER,
        help="What colleagues planned with this client first.",
    )

    client_health_agreed_discount = fields.Float(
        string="Agreed Discount (%)",
        copy=False,
        groups=GROUP_USER,
        help="What was agreed beforehand on every invoice. Only discount beyond it "
        "counts in client health.",
    )

    _client_health_agreed_discount_range = models.Constraint(
        "CHECK (client_health_agreed_discount BETWEEN 0 AND 100)",
        "An agreed discount is between 0 and 100 %.",
    )

    @api.model
    def _selection_client_health_state(self):
        state = self.env["client.health"]._fields["state"]
        return state._description_selection(self.env)

    @api.depends("commercial_partner_id")
    @api.depends_context("allowed_company_ids")
    def _compute_client_health_ids(self):
        clients = self.commercial_partner_id
        found = self.env["client.health"].search([("partner_id", "in", clients.ids)])
        by_client = found.grouped("partner_id")
        for partner in self:
            partner.client_health_ids = by_client.get(partner.commercial_partner_id)

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang", "uid")
    def _compute_client_health(self):
        Health = self.env["client.health"]
        rows = {row["partner_id"]: row for row in self._fetch_client_health()}
        for partner in self:
            row = rows.get(partner._origin.id, {})
            badges = row.get("badges") or []
            partner.client_health_id = row.get("health_id", False)
            partner.client_health_flag_ids = [badge["id"] for badge in badges]
            partner.client_health_badges = badges
            partner.client_health_score = row.get("score", 0)
            partner.client_health_trend = row.get("trend", 0)
            partner.client_health_state = row.get("state", False)
            step = row.get("next")
            partner.client_health_next_step = step and Health._word_step(**step)

    @api.depends("client_health_badges")
    def _compute_client_health_trait_ids(self):
        # apart from the rest: setting traits reads them, which a form need not
        for partner in self:
            badges = partner.client_health_badges or []
            active = [badge["trait_id"] for badge in badges if badge["active"]]
            partner.client_health_trait_ids = active

    def _fetch_client_health(self):
        """Return one row per partner whose client has health in this company."""
        if not self._origin:
            return []
        Flag, Health = self.env["client.health.flag"], self.env["client.health"]
        self.flush_model(["commercial_partner_id"])
        self.env["mail.activity"].flush_model()
        for name in ("", ".flag", ".trait", ".snapshot"):
            self.env[f"client.health{name}"].flush_model()
        self.env["client.health.flag.history"].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT partner.id AS partner_id, health.id AS health_id,
                       partner.id = health.partner_id AS is_client,
                       %(client_told)s AS told,
                       health.score, health.state, flags.badges, step.next,
                       health.score - COALESCE(month.score, health.score) AS trend
                  FROM res_partner AS partner
                  JOIN client_health AS health
                    ON health.partner_id = partner.commercial_partner_id
                   AND health.company_id = %(company)s
                  LEFT JOIN LATERAL (
                        SELECT jsonb_agg(jsonb_build_object(
                               'id', flag.id,
                               'trait_id', trait.id,
                               'name', COALESCE(
                                   trait.name->>%(lang)s, trait.name->>'en_US'),
                               'icon', trait.icon,
                               'color', trait.color,
                               'level', flag.level,
                               'decision', flag.decision,
                               'active', %(active)s,
                               'told', %(flag_told)s
                               ) ORDER BY trait.sequence, trait.id) AS badges
                          FROM client_health_flag AS flag
                          JOIN client_health_trait AS trait
                            ON trait.id = flag.trait_id
                         WHERE flag.health_id = health.id AND %(raised)s
                       ) AS flags ON TRUE
                  LEFT JOIN LATERAL (
                        SELECT jsonb_build_object(
                               'what', COALESCE(step.summary,
                                   type.name->>%(lang)s, type.name->>'en_US'),
                               'day', step.date_deadline,
                               'colleague', colleague.name) AS next
                          FROM mail_activity AS step
                          LEFT JOIN mail_activity_type AS type
                            ON type.id = step.activity_type_id
                          LEFT JOIN res_users ON res_users.id = step.user_id
                          LEFT JOIN res_partner AS colleague
                            ON colleague.id = res_users.partner_id
                         WHERE step.res_model = 'client.health'
                           AND step.res_id = health.id
                           AND step.active AND step.automated IS NOT TRUE
                         ORDER BY step.date_deadline, step.id
                         LIMIT 1
                       ) AS step ON TRUE
                  LEFT JOIN LATERAL (
                        SELECT score
                          FROM client_health_snapshot AS snapshot
                         WHERE snapshot.health_id = health.id
                           AND snapshot.date <= %(month_ago)s
                         ORDER BY snapshot.date DESC, snapshot.id DESC
                         LIMIT 1
                       ) AS month ON TRUE
                 WHERE partner.id = ANY(%(partners)s)
                """,
                company=self.env.company.root_id.id,
                lang=self.env.lang or "en_US",
                active=Flag._get_condition_sql(Flag._get_active_domain(), "flag"),
                raised=Flag._get_condition_sql(Flag._get_raised_domain(), "flag"),
                client_told=CLIENT_TOLD,
                flag_told=FLAG_TOLD,
                partners=self._origin.ids,
                month_ago=Health._get_month_ago(self.env.company),
            )
        )
        has_amounts = is_allowed(self.env, AMOUNT_GROUPS)
        for row in rows:
            client = row.pop("told")
            for badge in row["badges"] or []:
                # what it is made of holds amounts: only the words go further
                told = badge.pop("told")
                badge["reason"] = word_flag(self.env, told, client, has_amounts)
        return rows

    # finding partners by the health of their client

    def _search_client_health_ids(self, operator, value):
        return self._search_health(
            operator, value, self._on_record, companies=self.env.companies
        )

    def _search_client_health_id(self, operator, value):
        return self._search_health(operator, value, self._on_record)

    def _search_client_health_flag_ids(self, operator, value):
        raised = self.env["client.health.flag"]._get_raised_domain()
        return self._search_health(operator, value, self._on_record, flags=raised)

    def _search_client_health_trait_ids(self, operator, value):
        active = self.env["client.health.flag"]._get_active_domain()
        return self._search_health(operator, value, "trait_id", flags=active)

    def _search_client_health_score(self, operator, value):
        return self._search_health(operator, value, "score")

    def _search_client_health_state(self, operator, value):
        return self._search_health(operator, value, "state")

    @api.model
    def _on_record(self, operator, value):
        """Return a condition on a related record as a domain on that record."""
        if operator in ("any", "any!"):
            return Domain(value)
        return Domain("id" if operator == "in" else "display_name", operator, value)

    def _search_health(self, operator, value, condition, flags=None, companies=None):
        """Return the partners whose client's health fits.

        Negative operators are left to Odoo, which negates the positive one.

        :param condition: name of the field that is compared, or a function from
            operator and value to a Domain
        :param flags: Domain of the flags that are compared instead of the health
        :param companies: whose health; that of the company that is on by default
        """
        if operator.startswith("not "):
            return NotImplemented
        companies = companies or self.env.company
        if isinstance(condition, str):
            matching = Domain(condition, operator, value)
        else:
            matching = condition(operator, value)
        found = self._get_clients_domain(companies, matching, flags)
        if operator == "in" and any(not item for item in value):
            found |= ~self._get_clients_domain(companies, Domain.TRUE, flags)
        return found

    @api.model
    def _get_clients_domain(self, companies, matching, flags):
        if flags is not None:
            matching = Domain("flag_ids", "any", flags & matching)
        health = self.env["client.health"]._search(
            Domain("company_id", "in", companies.root_id.ids) & matching
        )
        clients = health.subselect(SQL.identifier(health.table, "partner_id"))
        return Domain("commercial_partner_id", "in", clients)

    # what becomes of a client's health when the contact changes or goes

    def write(self, vals):
        """Count anew where a contact gets, or loses, a company above it.

        What staff decided stays with the client it was decided on: a company chosen by
        mistake, and taken off again, changes nothing of it.
        """
        if names := {"active", "client_health_agreed_discount"} & vals.keys():
            # sudo: the stale list belongs to the engine, not to the user
            partners = self.sudo()
            partners.env["client.health.stale"]._mark(
                partners.filtered(
                    lambda own: any(own[name] != vals[name] for name in names)
                ).ids
            )
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        before = self.commercial_partner_id
        result = super().write(vals)
        companies = self.env["client.health.source"]._get_company_contacts()
        if not set(companies).isdisjoint(self.ids):
            self.env.registry.clear_cache()  # they are read with whom they belong to
        # sudo: the stale list belongs to the engine, not to the user
        Stale = self.env["client.health.stale"].sudo()
        Stale._mark((before | self.commercial_partner_id).ids)
        return result

    def unlink(self):
        for _records in self._erase_traces():
            pass  # the database's cascade removes them
        return super().unlink()

    def _register_hook(self):
        """Erase judgements with the rest where OCA's addon makes a person anonymous.

        That addon may be loaded before ours or after it, and calls nothing that both
        orders let us extend.
        """
        super()._register_hook()
        registered = type(self)
        anonymize = getattr(registered, "anonymize_partner_data", None)
        if anonymize and not hasattr(anonymize, "erases_client_health"):

            def anonymize_partner_data(self):
                done = anonymize(self)
                self._erase_client_health()
                return done

            anonymize_partner_data.erases_client_health = True
            registered.anonymize_partner_data = anonymize_partner_data

    def _erase_client_health(self):
        """Remove all that we keep about these contacts."""
        for records in self._erase_traces():
            records.exists().unlink()

    def _erase_traces(self):
        """Remove what would be left of our records about these contacts.

        :return: yields the records, per model
        """
        for model in self._get_models_about_clients():
            # sudo: who may delete a contact need not know what we keep about it
            records = (
                model.sudo()
                .with_context(active_test=False)
                .search([("partner_id", "in", self.ids)])
            )
            if records:
                self._erase_traces_of(records)
                yield records

    @api.model
    def _erase_traces_of_companies(self, companies):
        """Remove what the database's cascade of a company would leave behind."""
        for model in self._get_models_about_clients():
            if "company_id" in model and model._fields["company_id"].store:
                # sudo: who may delete a company need not know what we keep in it
                every = model.sudo().with_context(active_test=False)
                records = every.search([("company_id", "in", companies.ids)])
                if records:
                    self._erase_traces_of(records)

    @api.model
    def _get_models_about_clients(self):
        """Return our models, and other addons' sources, that go with their contact."""
        sources = self.env["client.health.source"]._get_sources().values()
        return [
            model
            for model in self.env.values()
            if model._original_module == "client_health" or model in sources
            if model._auto and not model._abstract and not model._transient
            if "partner_id" in model
            if model._fields["partner_id"].store
            if model._fields["partner_id"].ondelete == "cascade"
        ]

    @api.model
    def _erase_traces_of(self, records):
        """Remove what the database's cascade would leave behind."""
        if hasattr(records, "_mark_client_health"):
            # a person's incident counts for their company
            records._mark_client_health()
        for name, model_field in TRACES:
            domain = [(model_field, "=", records._name), ("res_id", "in", records.ids)]
            if name == "ir.attachment":  # those of fields too, which it hides
                domain += ["|", ("res_field", "=", False), ("res_field", "!=", False)]
            self.env[name].sudo().search(domain).unlink()  # sudo: as above

    # flags as badges in core's lists

    @api.depends_context("uid", "company", "lang")
    def _compute_application_statistics(self):
        return super()._compute_application_statistics()

    def _compute_application_statistics_hook(self):
        data_list = super()._compute_application_statistics_hook()
        if not self.env.user.has_group(GROUP_USER):
            return data_list
        # straight from its query: assigning a relation would read every flag
        for row in self._fetch_client_health():
            if not row["is_client"]:
                continue  # flags are about a client, and not about its people
            data_list[row["partner_id"]].extend(
                self._prepare_flag_statistic(badge)
                for badge in row["badges"] or []
                if badge["active"]
            )
        return data_list

    @api.model
    def _prepare_flag_statistic(self, badge):
        """Return a flag as core's contact statistics draw a badge: the level as
        icon and as words, the colour of the trait on top."""
        flag = self.env["client.health.flag"]._fields
        levels = dict(flag["level"]._description_selection(self.env))
        decisions = dict(flag["decision"]._description_selection(self.env))
        return {
            "iconClass": LEVEL_ICONS[badge["level"]],
            "value": badge["name"],
            "label": self.env._(
                "%(trait)s: %(level)s, %(decision)s. %(reason)s",
                trait=badge["name"],
                level=levels[badge["level"]].lower(),
                decision=decisions[badge["decision"]].lower(),
                reason=badge["reason"],
            ),
            "tagClass": f"o_tag_color_{badge['color'] or 0}",
        }

    def action_open_client_health(self):
        """Open the health record of the client, or of the contact's company.

        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require_user(self.env)
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_action"
        )
        return action | {
            "views": [(False, "form")],
            "res_id": self.client_health_id.id,
        }

    def action_log_incident(self):
        """Open the dialog to log what happened with this client.

        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require_user(self.env)
        self.check_access("read")
        return self.env["client.health.incident"]._get_log_action(
            self, company_id=self.env.company.id
        )

    def action_open_raise(self):
        """Open the dialog to raise a flag by hand on this client.

        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require_user(self.env)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Raise a Flag"),
            "res_model": "client.health.flag.raise",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "default_company_id": self.env.company.id,
                "dialog_size": "medium",
            },
        }

    def action_start_farewell(self):
        """Open the client's open farewell, or a new one.

        :return: a window action
        :raises AccessError: for users outside Client Health
        """
        self.ensure_one()
        require(self.env, GROUP_USER, self.env._("You have no access to farewells."))
        client = self.commercial_partner_id
        found = self.env["client.farewell"].search(
            [
                ("partner_id", "=", client.id),
                ("company_id", "=", self.env.company.id),
                ("state", "in", ("draft", "approved", "sent")),
            ],
            limit=1,
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Farewell"),
            "res_model": "client.farewell",
            "res_id": found.id,
            "view_mode": "form",
            "context": {
                "default_partner_id": client.id,
                "default_company_id": self.env.company.id,
            },
        }
