from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query, format_date

from ..access import AMOUNT_GROUPS, GROUP_USER, require
from ..engine.judging import RANK, choose_evidence_sql, get_higher, get_judge_sql
from ..engine.statement import execute

LEVELS = [("none", "None"), ("watch", "Watch"), ("flag", "Flag")]
DISMISSAL_DAYS = 90
"""A season: long enough to see whether it was a bad patch."""
BATCH = 100
"""Clients whose dismissals end in one transaction."""


class ClientHealthFlag(models.Model):
    """What one trait says of one client in one company, and what staff decided.

    ``level`` follows the facts and what was raised by hand; the decision belongs
    to staff and is never written by a refresh.
    """

    _name = "client.health.flag"
    _description = "Client Health Flag"
    _inherit = ["client.health.protected", "client.health.counting"]
    _rec_name = "trait_id"
    _order = "health_id, trait_id"
    _protected_fields = (
        "health_id", "partner_id", "company_id", "trait_id", "level", "level_date",
        "manual_level", "flag_unmet_since", "watch_unmet_since", "evidence", "origin",
        "decision", "decision_level", "decision_reason", "decision_user_id",
        "decision_date", "decision_until", "decision_expired", "assignee_id",
        "snoozed_until", "snoozed_level",
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
    assignee_id = fields.Many2one(
        comodel_name="res.users",
        string="Assigned to",
        readonly=True,
        index="btree_not_null",
        help="The colleague who was asked to decide.",
    )
    snoozed_until = fields.Date(
        readonly=True,
        help="The last day on which the flag stays out of the inbox.",
    )
    snoozed_level = fields.Selection(
        selection=LEVELS,
        readonly=True,
        help="The level at which it was put off; a higher one comes back at once.",
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

    is_snoozed = fields.Boolean(
        compute="_compute_status",
        search="_search_is_snoozed",
        help="Put off: stays out of the inbox, and counts as before.",
    )

    _health_trait_unique = models.UniqueIndex(
        "(health_id, trait_id)", "A client has one flag per trait."
    )

    # what counts: at watch or flag, of a trait in force, and not dismissed

    @api.depends(
        "level",
        "decision",
        "decision_level",
        "decision_until",
        "manual_level",
        "flag_unmet_since",
        "watch_unmet_since",
        "trait_id.active",
        "trait_id.company_id",
        "snoozed_until",
        "snoozed_level",
    )
    def _compute_status(self):
        active = self.filtered_domain(self._get_active_domain())
        snoozed = self.filtered_domain(self._get_snoozed_domain())
        for flag in self:
            flag.is_active = flag in active
            flag.needs_decision = flag.is_active and flag.decision != "confirmed"
            flag.is_snoozed = flag in snoozed

    def _search_is_active(self, operator, value):
        return self._get_active_domain() if operator == "in" else NotImplemented

    def _search_needs_decision(self, operator, value):
        return self._get_undecided_domain() if operator == "in" else NotImplemented

    def _search_is_snoozed(self, operator, value):
        return self._get_snoozed_domain() if operator == "in" else NotImplemented

    @api.model
    def _get_undecided_domain(self):
        return self._get_active_domain() & Domain("decision", "!=", "confirmed")

    @api.model
    def _get_inbox_domain(self):
        """Return the domain of the flags that ask for a decision now."""
        return (
            self._get_undecided_domain()
            & ~self._get_snoozed_domain()
            & Domain("partner_id.active", "=", True)
        )

    @api.model
    def _get_snoozed_domain(self):
        """Return the domain of the flags that are put off, at this level or a lower."""
        company = self.env["res.company"]
        covered = ~self._get_at_flag_domain() | Domain("snoozed_level", "=", "flag")
        return company._get_client_health_today_domain("snoozed_until", ">=") & covered

    @api.model
    def get_to_decide_count(self):
        """Return how many flags ask the user for a decision now, as in the inbox."""
        return self.search_count(self._get_inbox_domain())

    @api.model
    def _get_active_domain(self):
        """Return the domain of the flags that count in the score.

        Not those that nobody confirmed and no fact is for: their level is held against
        flapping only. A payment that was matched a day later, or a dispute, takes them
        out of inbox and score at once.
        """
        lapsed = (
            Domain("decision", "!=", "confirmed")
            & Domain("manual_level", "=", "none")
            & Domain("watch_unmet_since", "!=", False)
        )
        return self._get_raised_domain() & ~(self._get_dismissed_domain() | lapsed)

    @api.model
    def _get_raised_domain(self):
        """Return the domain of the flags to be seen, dismissed ones among them."""
        in_force = self.env["client.health.trait"]._get_in_force_domain()
        return Domain("level", "!=", "none") & in_force

    @api.model
    def _get_dismissed_domain(self):
        """Return the domain of the flags whose dismissal holds today.

        It covers the level it was made at, and no higher one.
        """
        company = self.env["res.company"]
        covered = ~self._get_at_flag_domain() & Domain("decision_level", "=", "watch")
        return (
            Domain("decision", "=", "dismissed")
            & company._get_client_health_today_domain("decision_until", ">=")
            & (covered | Domain("decision_level", "=", "flag"))
        )

    @api.model
    def _get_at_flag_domain(self):
        """Return the domain of what is at flag by the facts or by hand.

        Not what is held there against flapping: nothing is new of that.
        """
        return Domain("level", "=", "flag") & (
            Domain("flag_unmet_since", "=", False) | Domain("manual_level", "=", "flag")
        )

    @api.model
    def _get_condition_sql(self, domain, alias):
        """Return a domain on flags as a condition on a table ``alias``."""
        # sudo: the same for everybody who may see flags
        own = self.sudo()
        query = Query(self.env, alias, SQL.identifier(self._table))
        return SQL("(%s)", domain.optimize_full(own)._to_sql(own, alias, query))

    @api.model
    def _get_active_from_sql(self):
        """Return the ``FROM`` of ``flag`` and ``trait`` of what counts in the score."""
        return SQL(
            """client_health_flag AS flag
                JOIN client_health_trait AS trait
                  ON trait.id = flag.trait_id AND %s""",
            self._get_condition_sql(self._get_active_domain(), "flag"),
        )

    @api.depends("trait_id.name", "level")
    def _compute_display_name(self):
        levels = dict(self._fields["level"]._description_selection(self.env))
        for flag in self:
            flag.display_name = f"{flag.trait_id.name} ({levels[flag.level]})"

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")  # before anything is read of what was sent
        return super().create([self._prepare_create_vals(vals) for vals in vals_list])

    @api.model
    def _prepare_create_vals(self, vals):
        """Complete what makes a flag: its client's record, and a level by hand."""
        vals = dict(vals)
        partner_id = vals.pop("partner_id", None)
        company_id = vals.pop("company_id", None)
        if not vals.get("health_id") and partner_id:
            Health = self.env["client.health"]
            client = self.env["res.partner"].browse(partner_id)
            company = self.env["res.company"].browse(company_id or self.env.company.id)
            Health._check_are_clients(client)
            vals["health_id"] = Health._ensure(client, company).id
        if vals.get("origin") == "manual":
            vals.setdefault("manual_level", vals.get("level", "none"))
        if "level_date" not in vals and vals.get("health_id"):
            health = self.env["client.health"].browse(vals["health_id"])
            vals["level_date"] = health.company_id._get_client_health_today()
        return vals

    # levels follow the facts

    @api.model
    def _refresh_levels(self, health_ids=None):
        """Bring the levels of flags in line with the facts, set-based.

        :param health_ids: ids of ``client.health``; all of them when ``None``
        """
        Trait = self.env["client.health.trait"]
        Trait.flush_model()
        traits = Trait._get_judged()
        if not traits:
            return
        self.env["client.health"].flush_model()
        self.env["res.partner"].flush_model(["active"])
        self.flush_model()
        execute(
            self.env,
            get_judge_sql(
                traits,
                health_ids=None if health_ids is None else list(health_ids),
                today=self.env["res.company"]._get_client_health_today_sql(
                    SQL("COALESCE(judged.company_id, flag.company_id)")
                ),
                now=fields.Datetime.now(),
                uid=self.env.uid,
            ),
        )
        self.invalidate_model()

    # decided by staff

    def action_confirm(self, reason=None):
        """Record that staff agree with the flag; stays until somebody dismisses it.

        :param str reason: optional
        :raise AccessError: for who may not decide
        """
        self._decide("confirmed", self._clean_reason(reason))
        return True

    def action_dismiss(self, reason, until=None):
        """Record that the flag does not count for now.

        A dismissal covers the present level, not a later higher one. It withdraws
        what was raised by hand.

        :param str reason: why; required
        :param until: last day (date or ISO text); default 90 days from today
        :raise UserError: without a reason, or for a day in the past
        :raise AccessError: for who may not decide
        """
        until = self._parse_until(until)
        reason = self._clean_reason(reason)
        if not reason:
            raise UserError(self.env._("Give the reason for dismissing this flag."))
        for company, flags in self.grouped("company_id").items():
            today = company._get_client_health_today()
            if until and until < today:
                raise UserError(
                    self.env._(
                        "A dismissal cannot end in the past: %(day)s.",
                        day=format_date(self.env, until),
                    )
                )
            flags._decide(
                "dismissed", reason, until or today + timedelta(days=DISMISSAL_DAYS)
            )
        return True

    @api.model
    def _clean_reason(self, reason):
        """Return a reason as text, whatever a script passed."""
        return str(reason or "").strip()

    def _parse_until(self, until):
        try:
            return fields.Date.to_date(until)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("“%(text)s” is not a date.", text=until)
            ) from error

    def _check_may_decide(self):
        """Only our users decide, and only on flags of their own companies."""
        require(
            self.env,
            GROUP_USER,
            self.env._("Only Client Health users may decide on flags."),
        )
        self.check_access("read")

    def _decide(self, decision, reason, until=False):
        self._check_may_decide()
        own = self.sudo()  # sudo: nobody may write flags but by a decision
        own._lock()
        before = {flag: flag._prepare_before() for flag in own}
        for flags in own.grouped("level").values():
            flags.write(flags._prepare_decision_vals(decision, reason, until))
        own.filtered("snoozed_until").write({"snoozed_until": False})
        if decision == "dismissed":
            own.write({"manual_level": "none", "origin": "auto"})
        for line in own._log_history(decision, reason=reason, until=until):
            line.decision_before = before[line.flag_id]
        self.env["client.health"]._refresh_scores(own.health_id.ids)

    def _prepare_decision_vals(self, decision, reason, until=False):
        """Return the values of a decision on flags of one level."""
        return {
            "decision": decision,
            "decision_level": self[:1].level,
            "decision_reason": reason or False,
            "decision_user_id": self.env.uid,
            "decision_date": fields.Datetime.now(),
            "decision_until": until,
            "decision_expired": False,
        }

    def _log_history(self, event, **vals):
        """Add a line to the history of each flag, with the facts as they are now."""
        evidence = self._fetch_evidence()
        return self.env["client.health.flag.history"].create(
            [
                {
                    "flag_id": flag.id,
                    "user_id": self.env.uid,
                    "event": event,
                    "level": flag.level,
                    "level_before": flag.level,
                    "evidence": evidence.get(flag.id, False),
                    **vals,
                }
                for flag in self
            ]
        )

    def _fetch_evidence(self):
        """Return rules and facts as they are now, by id of the flag."""
        if not self:
            return {}
        self.flush_model(["health_id", "trait_id"])
        self.env["client.health"].flush_model()
        evidence = {trait.id: trait._get_evidence() for trait in self.trait_id}
        rows = self.env.execute_query(
            SQL(
                """SELECT flag.id, %s
                     FROM client_health_flag AS flag
                     JOIN client_health ON client_health.id = flag.health_id
                    WHERE flag.id = ANY(%s)""",
                choose_evidence_sql(evidence, SQL("flag.trait_id")),
                self.ids,
            )
        )
        return dict(rows)

    @api.model
    def _raise_by_hand(self, health, trait, level, reason):
        """Raise a flag by hand; the raiser's word is its confirmation."""
        trait = self._resolve_trait(health, trait)
        if level not in ("watch", "flag"):
            raise UserError(self.env._("Raise a flag at level watch or flag."))
        reason = self._clean_reason(reason)
        if not reason:
            raise UserError(self.env._("Give the reason for raising this flag."))
        health.check_access("read")
        self._check_may_decide()
        # sudo: nobody may write flags but by a decision
        flag = self.sudo()._ensure(health, trait)
        flag._lock()
        level_before = flag.level
        before = flag._prepare_before() | {
            "level": level_before,
            "level_date": fields.Date.to_string(flag.level_date),
        }
        told = flag._join_reasons(reason)
        flag._lift_by_hand(level)
        flag.write(flag._prepare_decision_vals("confirmed", told))
        line = flag._log_history("manual", reason=reason, level_before=level_before)
        line.decision_before = before
        self.env["client.health"]._refresh_scores(health.ids)
        return flag.with_env(self.env)

    @api.model
    def _ensure(self, health, trait):
        """Return the client's flag of a trait, made where there is none.

        Where a colleague makes it at this very moment, the request waits for theirs
        and is then done again by Odoo: an expected conflict, and no error in the log.
        """
        wanted = Domain("health_id", "=", health.id) & Domain("trait_id", "=", trait.id)
        if found := self.search(wanted):
            return found
        execute(
            self.env,
            SQL(
                """
                INSERT INTO client_health_flag (
                       health_id, partner_id, company_id, trait_id, level, level_date,
                       manual_level, origin, decision,
                       create_uid, create_date, write_uid, write_date)
                SELECT id, partner_id, company_id, %(trait)s, 'none', %(today)s,
                       'none', 'auto', 'none', %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM client_health WHERE id = %(health)s
                    ON CONFLICT DO NOTHING
                """,
                trait=trait.id,
                today=health.company_id._get_client_health_today(),
                uid=self.env.uid,
                now=fields.Datetime.now(),
                health=health.id,
            ),
        )
        health.invalidate_recordset(["flag_ids"])
        return self.search(wanted)

    def _lock(self):
        """Hold these flags until the transaction ends.

        Where a colleague is deciding on one of them, Odoo does the request again
        afterwards: an expected conflict, and no error in the log.
        """
        execute(
            self.env,
            SQL(
                "SELECT FROM client_health_flag WHERE id = ANY(%s) FOR UPDATE", self.ids
            ),
        )

    def _join_reasons(self, reason):
        """Return a reason beside those of who raised the same before."""
        if self.manual_level == "none" or self.decision != "confirmed":
            return reason
        reasons = (self.decision_reason or "").splitlines()
        return "\n".join([*reasons, reason] if reason not in reasons else reasons)

    def _lift_by_hand(self, level):
        """Let the level be at least this; what the facts say of more stays theirs."""
        vals = {
            "manual_level": get_higher(level, self.manual_level),
            "origin": "manual",
        }
        if RANK[level] > RANK[self.level]:
            today = self.company_id._get_client_health_today()
            vals |= {"level": level, "level_date": today}
        self.write(vals)

    @api.model
    def _resolve_trait(self, health, trait):
        """Return a trait by its id, its record or its code in this company."""
        Trait = self.env["client.health.trait"]
        scope = Domain("company_id", "in", (False, health.company_id.id))
        if isinstance(trait, str):
            own = Trait.search(Domain("code", "=", trait) & scope)
            trait = own.sorted(lambda found: not found.company_id)[:1]
        else:
            trait = self._browse_trait(trait).exists().filtered_domain(scope)
        if not trait:
            raise UserError(self.env._("There is no such trait for this client."))
        return trait

    @api.model
    def _browse_trait(self, trait):
        try:
            return self.env["client.health.trait"].browse(int(trait))
        except (TypeError, ValueError):
            return self.env["client.health.trait"]  # neither an id nor a record

    # taken back in one more click

    def action_undo(self):
        """Take back the reader's own last decision on these flags.

        Raising one by hand is such a decision: its level then follows the facts again.

        :raise AccessError: for who may not decide
        :raise UserError: where another thing happened to a flag since
        """
        self._check_may_decide()
        own = self.sudo()  # sudo: nobody may write flags but by a decision
        lines = own.history_ids.grouped("flag_id")
        for flag in own:
            last = lines.get(flag, own.history_ids[:0]).sorted("id")[-1:]
            if last.user_id != self.env.user or not last.decision_before:
                raise UserError(
                    self.env._(
                        "“%(flag)s” cannot be taken back: the last thing that happened "
                        "to it is no decision of yours.",
                        flag=flag._get_why_title(),
                    )
                )
            flag.write(last.decision_before)
        own._log_history("undone")
        self._refresh_levels(own.health_id.ids)
        self.env["client.health"]._refresh_scores(own.health_id.ids)
        return True

    def _prepare_before(self):
        """Return the decision as it stands, as JSON that can be written back."""
        vals = self._prepare_same_decision_vals() | {
            "manual_level": self.manual_level,
            "origin": self.origin,
            "snoozed_until": self.snoozed_until,
        }
        return {
            name: fields.Datetime.to_string(value)
            if name == "decision_date"
            else fields.Date.to_string(value)
            if name in ("decision_until", "snoozed_until")
            else value
            for name, value in vals.items()
        }

    def _prepare_same_decision_vals(self):
        names = [name for name in self._fields if name.startswith("decision")]
        return {name: self[name] for name in names} | {
            "decision_user_id": self.decision_user_id.id
        }

    # when a dismissal ends, who decided is asked to look again

    @api.model
    def _cron_expire_dismissals(self):
        """Tell who dismissed a flag that it counts again."""
        Health = self.env["client.health"]
        client_ids = self.search(self._get_expired_domain()).partner_id.ids
        while client_ids:
            batch, client_ids = client_ids[:BATCH], client_ids[BATCH:]
            if not Health._do_batch(self._expire_of, batch, len(client_ids)):
                break

    @api.model
    def _expire_of(self, client_ids):
        expired = self._get_expired_domain() & Domain("partner_id", "in", client_ids)
        self.search(expired, order="id")._expire()

    @api.model
    def _get_expired_domain(self):
        company = self.env["res.company"]
        over = company._get_client_health_today_domain("decision_until", "<")
        return (
            Domain("decision", "=", "dismissed")
            & Domain("decision_expired", "=", False)
            & over
            & self._get_active_domain()
        )

    def _expire(self):
        """Mark dismissals as expired, and plan an activity for who decided."""
        self.decision_expired = True
        self._log_history("expired", user_id=False)
        for flag in self:
            flag._plan_second_look()
        self.env["client.health"]._refresh_scores(self.health_id.ids)

    def _plan_second_look(self):
        user = self._get_second_looker()
        if not user:
            return
        flag = self.with_context(lang=user.lang or self.env.lang)
        flag.health_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=flag.env._(
                "“%(trait)s”: the dismissal has ended", trait=flag.trait_id.name
            ),
            note=Markup("<p>%s</p><p>%s</p>")
            % (
                flag._word_reason_without_amounts(),
                flag.env._("Confirm the flag, or dismiss it again with a reason."),
            ),
            user_id=user.id,
        )

    def _get_second_looker(self):
        """Return who decided, or a manager where that colleague has left."""
        decided = self.decision_user_id
        if decided.active and self.health_id._may_know(decided):
            return decided
        return self.env["client.health"]._get_manager(self.company_id)
