from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..evidence.client_health_evidence import AMOUNT_GROUPS

GROUP_USER = "client_health.client_health_group_user"
DISMISSAL_DAYS = 90
LEVELS = [("none", "None"), ("watch", "Watch"), ("flag", "Flag")]
RANK = {level: rank for rank, (level, _label) in enumerate(LEVELS)}


class ClientHealthFlag(models.Model):
    """What one trait says of one client in one company, and what staff decided.

    ``level`` follows the facts and what was raised by hand; the decision belongs
    to staff and is never written by a refresh.
    """

    _name = "client.health.flag"
    _description = "Client Health Flag"
    _rec_name = "trait_id"
    _order = "health_id, trait_id"

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
        help="Counts in the score: at watch or flag and not dismissed.",
    )
    needs_decision = fields.Boolean(
        compute="_compute_status",
        search="_search_needs_decision",
        help="Active, and nobody has decided on it at this level.",
    )

    _health_trait_unique = models.UniqueIndex(
        "(health_id, trait_id)", "A client has one flag per trait."
    )

    @api.depends("level", "decision", "decision_level", "decision_until")
    def _compute_status(self):
        today = fields.Date.context_today(self)
        for flag in self:
            flag.is_active = flag.level != "none" and not flag._is_dismissed(today)
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
        dismissed = (
            Domain("decision", "=", "dismissed")
            & Domain("decision_until", ">=", fields.Date.context_today(self))
            & (Domain("level", "!=", "flag") | Domain("decision_level", "=", "flag"))
        )
        return Domain("level", "!=", "none") & ~dismissed

    @api.model
    def _get_active_sql(self, alias):
        """Return the same condition on a table ``alias``, for the score."""
        return SQL(
            """(%(flag)s.level <> 'none' AND (
                %(flag)s.decision <> 'dismissed'
                OR %(flag)s.decision_until < %(today)s
                OR (%(flag)s.level = 'flag'
                    AND %(flag)s.decision_level IS DISTINCT FROM 'flag')
            ))""",
            flag=SQL.identifier(alias),
            today=fields.Date.context_today(self),
        )

    @api.model
    def _get_active_from_sql(self):
        """Return the ``FROM`` of ``flag`` and ``trait`` of what counts in the score."""
        return SQL(
            """client_health_flag AS flag
                JOIN client_health_trait AS trait
                  ON trait.id = flag.trait_id
                 AND trait.active
                 AND COALESCE(trait.company_id, flag.company_id) = flag.company_id
                 AND %s""",
            self._get_active_sql("flag"),
        )

    def _is_dismissed(self, today):
        """Return whether a dismissal holds on ``today`` for the present level."""
        return (
            self.decision == "dismissed"
            and bool(self.decision_until)
            and self.decision_until >= today
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
        vals.setdefault("level_date", fields.Date.context_today(self))
        return vals

    def action_confirm(self, reason=None):
        """Record that staff agree with the flag; stays until somebody dismisses it.

        :param str reason: optional
        :raise AccessError: for who may not decide
        """
        self._decide("confirmed", reason)
        return True

    def action_dismiss(self, reason, until=None):
        """Record that the flag does not count for now.

        A dismissal covers the present level, not a later higher one.

        :param str reason: why; required
        :param until: last day (date or ISO text); default 90 days from today
        :raise UserError: without a reason, or for a day in the past
        :raise AccessError: for who may not decide
        """
        today = fields.Date.context_today(self)
        until = self._parse_until(until) or today + timedelta(days=DISMISSAL_DAYS)
        if not (reason or "").strip():
            raise UserError(self.env._("Give the reason for dismissing this flag."))
        if until < today:
            raise UserError(
                self.env._("A dismissal cannot end in the past: %(day)s.", day=until)
            )
        self._decide("dismissed", reason, until)
        return True

    def _parse_until(self, until):
        try:
            return fields.Date.to_date(until)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("“%(text)s” is not a date.", text=until)
            ) from error

    def _check_may_decide(self):
        """Only our users decide, and only on flags of their own companies."""
        if not self.env.su and not self.env.user.has_group(GROUP_USER):
            raise AccessError(
                self.env._("Only Client Health users may decide on flags.")
            )
        self.check_access("read")

    def _decide(self, decision, reason, until=False):
        self._check_may_decide()
        for flag in self.sudo():  # sudo: nobody may write flags but by a decision
            vals = flag._prepare_decision_vals(decision, reason, until)
            if decision == "dismissed":
                vals.update(manual_level="none", origin="auto")
            flag.write(vals)
            flag._log_history(decision, reason=reason, until=until)
        self.env["client.health"]._refresh_scores(self.sudo().health_id.ids)

    def _prepare_decision_vals(self, decision, reason, until=False):
        return {
            "decision": decision,
            "decision_level": self.level,
            "decision_reason": (reason or "").strip() or False,
            "decision_user_id": self.env.uid,
            "decision_date": fields.Datetime.now(),
            "decision_until": until,
            "decision_expired": False,
        }

    def _log_history(self, event, **vals):
        """Add a line to the flag's history, with the facts as they are now."""
        self.ensure_one()
        return self.env["client.health.flag.history"].create(
            {
                "flag_id": self.id,
                "user_id": self.env.uid,
                "event": event,
                "level": self.level,
                "level_before": self.level,
                "evidence": self.trait_id._get_evidence(self.health_id),
                **vals,
            }
        )

    @api.model
    def _raise_by_hand(self, health, trait, level, reason):
        """Raise, or lift, a flag by hand; the raiser's word is its confirmation."""
        trait = self._resolve_trait(health, trait)
        if level not in ("watch", "flag"):
            raise UserError(self.env._("Raise a flag at level watch or flag."))
        if not (reason or "").strip():
            raise UserError(self.env._("Give the reason for raising this flag."))
        health.check_access("read")
        self._check_may_decide()
        # sudo: nobody may write flags but by a decision
        flag = self.sudo().search(
            [("health_id", "=", health.id), ("trait_id", "=", trait.id)]
        ) or self.sudo().create({"health_id": health.id, "trait_id": trait.id})
        before = flag.level
        level = max(level, flag.level, key=RANK.get)
        flag.write({"level": level, "manual_level": level, "origin": "manual"})
        if level != before:
            flag.level_date = fields.Date.context_today(self)
        flag.write(flag._prepare_decision_vals("confirmed", reason))
        flag._log_history("manual", reason=reason, level_before=before)
        self.env["client.health"]._refresh_scores(health.ids)
        return flag.with_env(self.env)

    @api.model
    def _resolve_trait(self, health, trait):
        Trait = self.env["client.health.trait"]
        scope = Domain("company_id", "in", (False, health.company_id.id))
        if isinstance(trait, str):
            own = Trait.search(Domain("code", "=", trait) & scope)
            trait = own.sorted(lambda found: not found.company_id)[:1]
        else:
            trait = Trait.browse(int(trait)).exists().filtered_domain(scope)
        if not trait:
            raise UserError(self.env._("There is no such trait for this client."))
        return trait
