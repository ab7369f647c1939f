from odoo import api, fields, models
from odoo.tools import SQL

GROUP_USER = "client_health.client_health_group_user"
HEALTH_FIELDS = [
    "client_health_ids",
    "client_health_id",
    "client_health_flag_ids",
    "client_health_trait_ids",
    "client_health_badges",
    "client_health_score",
    "client_health_trend",
    "client_health_state",
]


class ResPartner(models.Model):
    """Health of the client that a partner belongs to, for our groups only.

    Nothing is stored on the partner, and all of it comes from one query for any
    number of partners. A person shows the health of their company.
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
        help="The flags as a list needs them: name, icon, colour, level, decision.",
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
        help="Points won or lost since the beginning of the month.",
    )
    client_health_state = fields.Selection(
        selection=lambda self: self._selection_client_health_state(),
        string="Health",
        compute="_compute_client_health",
        search="_search_client_health_state",
        groups=GROUP_USER,
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
    @api.depends_context("company", "lang")
    def _compute_client_health(self):
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
        Flag = self.env["client.health.flag"]
        self.flush_model(["commercial_partner_id"])
        for name in ("", ".flag", ".trait", ".snapshot"):
            self.env[f"client.health{name}"].flush_model()
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT partner.id AS partner_id, health.id AS health_id,
                       health.score, health.state, flags.badges,
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
                               'active', %(active)s
                               ) ORDER BY trait.sequence, trait.id) AS badges
                          FROM client_health_flag AS flag
                          JOIN client_health_trait AS trait
                            ON trait.id = flag.trait_id
                           AND trait.active
                           AND COALESCE(trait.company_id, flag.company_id)
                               = flag.company_id
                         WHERE flag.health_id = health.id
                           AND flag.level <> 'none'
                       ) AS flags ON TRUE
                  LEFT JOIN LATERAL (
                        SELECT score
                          FROM client_health_snapshot AS snapshot
                         WHERE snapshot.health_id = health.id
                         ORDER BY snapshot.date DESC, snapshot.id DESC
                         LIMIT 1
                       ) AS month ON TRUE
                 WHERE partner.id = ANY(%(partners)s)
                """,
                company=self.env.company.id,
                lang=self.env.lang or "en_US",
                active=Flag._get_active_sql("flag"),
                partners=self._origin.ids,
            )
        )
