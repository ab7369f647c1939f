from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS

LEVELS = [("none", "None"), ("watch", "Watch"), ("flag", "Flag")]
RANK = {level: rank for rank, (level, _label) in enumerate(LEVELS)}


class ClientHealthFlag(models.Model):
    """What one trait says of one client in one company, and what staff decided.

    ``level`` follows the facts and what was raised by hand; the decision belongs
    to staff and is never written by a refresh.
    """

    _name = "client.health.flag"
    _description = "Client Health Flag"
    _inherit = "client.health.protected"
    _rec_name = "trait_id"
    _order = "health_id, trait_id"
    _protected_fields = (
        "health_id", "partner_id", "company_id", "trait_id", "level", "level_date",
        "manual_level", "flag_unmet_since", "watch_unmet_since", "evidence", "origin",
        "decision", "decision_level", "decision_reason", "decision_user_id",
        "decision_date", "decision_until", "decision_expired",
    )  # fmt: skip

    health_id = fields.Many2one(
        comodel_name="client.health",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        related="health_id.partner_id", store=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="health_id.company_id", store=True, index=True, ondelete="cascade"
    )
    trait_id = fields.Many2one(
        comodel_name="client.health.trait",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    color = fields.Integer(related="trait_id.color")
    icon = fields.Char(related="trait_id.icon")
    level = fields.Selection(
        selection=LEVELS, default="none", required=True, readonly=True
    )
    level_date = fields.Date(
        string="Since", readonly=True, help="The day the level last changed."
    )
    manual_level = fields.Selection(
        selection=LEVELS,
        default="none",
        required=True,
        readonly=True,
        help="Raised by hand: the level is at least this, whatever the facts say.",
    )
    flag_unmet_since = fields.Date(
        readonly=True, help="Since when the facts no longer match the flag rule."
    )
    watch_unmet_since = fields.Date(
        readonly=True, help="Since when the facts match neither rule."
    )
    evidence = fields.Json(
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="The rules and the facts, amounts too, when the level last changed.",
    )
    origin = fields.Selection(
        selection=[("auto", "Automatic"), ("manual", "By hand")],
        default="auto",
        required=True,
        readonly=True,
    )
    decision = fields.Selection(
        selection=[
            ("none", "Undecided"),
            ("confirmed", "Confirmed"),
            ("dismissed", "Dismissed"),
        ],
        default="none",
        required=True,
        readonly=True,
    )
    decision_level = fields.Selection(
        selection=LEVELS,
        readonly=True,
        help="The level the decision was made at; a dismissal covers no higher one.",
    )
    decision_reason = fields.Text(readonly=True)
    decision_user_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True
    )
    decision_date = fields.Datetime(string="Decided on", readonly=True)
    decision_until = fields.Date(
        string="Dismissed until",
        readonly=True,
        help="The last day on which the dismissal holds.",
    )
    decision_expired = fields.Boolean(
        readonly=True, help="Who decided was told that the dismissal has expired."
    )
    history_ids = fields.One2many(
        comodel_name="client.health.flag.history", inverse_name="flag_id"
    )
    is_active = fields.Boolean(
        string="Active",
        compute="_compute_status",
        search="_search_is_active",
        help="Counts in the score: at watch or flag, not dismissed, and of a trait "
        "that is switched on.",
    )
    needs_decision = fields.Boolean(
        compute="_compute_status",
        search="_search_needs_decision",
        help="Active, and nobody has decided on it at this level.",
    )

    _health_trait_unique = models.UniqueIndex(
        "(health_id, trait_id)", "A client has one flag per trait."
    )

    @api.depends(
        "level",
        "decision",
        "decision_level",
        "decision_until",
        "trait_id.active",
        "trait_id.company_id",
    )
    def _compute_status(self):
        for flag in self:
            flag.is_active = (
                flag.level != "none"
                and flag._is_in_force()
                and not flag._is_dismissed()
            )
            flag.needs_decision = flag.is_active and flag.decision != "confirmed"

    @api.depends("trait_id.name", "level")
    def _compute_display_name(self):
        levels = dict(self._fields["level"]._description_selection(self.env))
        for flag in self:
            flag.display_name = f"{flag.trait_id.name} ({levels[flag.level]})"

    def _search_is_active(self, operator, value):
        return self._get_active_domain() if operator == "in" else NotImplemented

    def _search_needs_decision(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._get_active_domain() & Domain("decision", "!=", "confirmed")

    @api.model
    def _get_active_domain(self):
        """Return the domain of the flags that count in the score."""
        return Domain.custom(
            to_sql=lambda flag, alias, _query: flag._get_active_sql(alias),
            predicate=lambda flag: flag.is_active,
        )

    @api.model
    def _get_active_sql(self, alias):
        """Return the condition of what counts in the score, on a table ``alias``."""
        trait = self.env["client.health.trait"]._fields
        columns = {
            name: SQL.identifier(alias, name, to_flush=self._fields[name])
            for name in ("level", "decision", "decision_level", "decision_until")
        }
        return SQL(
            """(%(level)s <> 'none' AND (
                %(decision)s <> 'dismissed'
                OR COALESCE(%(decision_until)s < %(today)s, TRUE)
                OR %(decision_level)s = 'none'
                OR (%(level)s = 'flag' AND %(decision_level)s IS DISTINCT FROM 'flag')
            ) AND EXISTS (
                SELECT FROM client_health_trait AS scope
                 WHERE scope.id = %(flag)s.trait_id
                   AND %(trait_active)s
                   AND COALESCE(%(trait_company)s, %(flag)s.company_id)
                       = %(flag)s.company_id
            ))""",
            **columns,
            flag=SQL.identifier(alias),
            trait_active=SQL.identifier("scope", "active", to_flush=trait["active"]),
            trait_company=SQL.identifier(
                "scope", "company_id", to_flush=trait["company_id"]
            ),
            today=self.env["res.company"]._get_client_health_today_sql(
                SQL.identifier(alias, "company_id")
            ),
        )

    @api.model
    def _get_active_from_sql(self):
        """Return the ``FROM`` of ``flag`` and ``trait`` of what counts in the score."""
        return SQL(
            """client_health_flag AS flag
                JOIN client_health_trait AS trait
                  ON trait.id = flag.trait_id AND %s""",
            self._get_active_sql("flag"),
        )

    def _is_in_force(self):
        """Return whether the trait is switched on, and for this company."""
        return self.env["client.health.trait"]._is_in_force(
            self.trait_id.id, self.company_id.id
        )

    def _is_dismissed(self):
        """Return whether a dismissal holds today for the present level."""
        return (
            self.decision == "dismissed"
            and bool(self.decision_until)
            and self.decision_until >= self.company_id._get_client_health_today()
            and self.decision_level != "none"
            and (self.level != "flag" or self.decision_level == "flag")
        )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_create_vals(vals) for vals in vals_list])

    @api.model
    def _prepare_create_vals(self, vals):
        """Complete what makes a flag: its client's record, and a level by hand."""
        vals = dict(vals)
        partner_id = vals.pop("partner_id", None)
        company_id = vals.pop("company_id", None)
        if not vals.get("health_id") and partner_id:
            vals["health_id"] = (
                self.env["client.health"]
                ._ensure(
                    self.env["res.partner"].browse(partner_id),
                    self.env["res.company"].browse(company_id or self.env.company.id),
                )
                .id
            )
        if vals.get("origin") == "manual":
            vals.setdefault("manual_level", vals.get("level", "none"))
        if "level_date" not in vals and vals.get("health_id"):
            health = self.env["client.health"].browse(vals["health_id"])
            vals["level_date"] = health.company_id._get_client_health_today()
        return vals
