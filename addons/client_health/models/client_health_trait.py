import re
import unicodedata
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, Query, ormcache

from ..access import AMOUNT_GROUPS, is_allowed
from ..engine.judging import Judged, get_evidence_sql
from ..engine.rule import (
    NOBODY,
    PROPERTIES,
    RULES,
    Rule,
    RuleError,
    build_tree,
    compare,
    iter_deciding,
    parse,
)
from .rule_words import RuleWords

CODE_LENGTH = 40
JUDGED_BY = {
    "active",
    "clear_after_days",
    "company_id",
    "flag_domain",
    "ready_domain",
    "watch_domain",
    "weight",
}


class ClientHealthTrait(models.Model):
    """A kind of behaviour, with the rules that say when a client shows it.

    The three rules are plain Odoo domains on ``client.health`` with fixed values, see
    ``engine/rule.py``. A level applies where *ready* and the level's own rule match;
    every threshold lives here and nowhere else.
    """

    _name = "client.health.trait"
    _description = "Client Health Trait"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="Short technical name, unique within a company; made from the name.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        ondelete="cascade",
        default=lambda self: self._default_company_id(),
        domain=[("parent_id", "=", False)],
        help="Leave empty to use the trait in every company.",
    )
    weight = fields.Integer(
        default=20,
        help="Points (0–100) a flag takes off the score; a watch takes half.",
    )
    color = fields.Integer(string="Colour")
    icon = fields.Char(default="fa-flag")
    clear_after_days = fields.Integer(
        default=30,
        help="Days the facts must have stopped matching before the level falls.",
    )
    guidance = fields.Text(
        translate=True, help="What colleagues should know about this trait."
    )
    ready_domain = fields.Char(
        string="Enough Data",
        required=True,
        default="[]",
        help="Clients about whom there is enough data to judge at all.",
    )
    watch_domain = fields.Char(
        string="Watch Rule",
        help="Clients to keep an eye on. Applies where there is enough data; nobody "
        "without a condition.",
    )
    flag_domain = fields.Char(
        string="Flag Rule",
        help="Clients to talk with. Applies where there is enough data; nobody "
        "without a condition.",
    )
    rule_error = fields.Char(
        compute="_compute_rule_error",
        help="Why a rule cannot be used; until it is repaired it matches nobody.",
    )
    watch_match_count = fields.Integer(
        string="Clients Matching Watch", compute="_compute_match_counts"
    )
    flag_match_count = fields.Integer(
        string="Clients Matching Flag", compute="_compute_match_counts"
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "A trait's code is unique within its company.",
    )
    _weight_in_range = models.Constraint(
        "CHECK (weight BETWEEN 0 AND 100)",
        "A trait's weight lies between 0 and 100 points.",
    )
    _clear_after_days_in_range = models.Constraint(
        "CHECK (clear_after_days BETWEEN 0 AND 3650)",
        "The days before a level falls lie between 0 and 3650.",
    )

    @api.model
    def _default_company_id(self):
        """Return no company, for all, where the user manages all of them.

        A branch is judged with its firm: by the traits of the firm.
        """
        return self.env.company.root_id if self._has_other_companies() else False

    # computed

    @api.depends("ready_domain", "watch_domain", "flag_domain")
    @api.depends_context("lang", "uid")
    def _compute_rule_error(self):
        for trait in self:
            old = trait._origin._get_sources()
            error = trait._find_error(trait._get_sources(), old)
            trait.rule_error = error and trait._word_rule_error(*error)

    @api.depends("ready_domain", "watch_domain", "flag_domain", "company_id")
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_match_counts(self):
        # sudo: a count over facts some of which a manager without accounting
        # rights may not read; limited to the companies that are on
        health = self.env["client.health"].sudo()
        for trait in self:
            scope = trait._get_scope_domain()
            may_count = trait._may_count()
            for level in ("watch", "flag"):
                domain = trait._get_level_domain(level) & scope
                count = health.search_count(domain) if may_count else 0
                trait[f"{level}_match_count"] = count

    def _get_scope_domain(self):
        """Return the domain of who a level can hold for, of the companies that are on.

        Not the archived: they are never newly flagged, and stand on no screen.
        """
        companies = self.env.companies.root_id
        if self.company_id:
            companies &= self.company_id._origin
        return Domain("company_id", "in", companies.ids) & Domain(
            "partner_id.active", "=", True
        )

    def _may_count(self):
        """Return whether counts give nothing away: of amounts, not while typing."""
        changed = self._get_sources() != self._origin._get_sources()
        return not changed or all(
            self._may_name(self._get_rule(rule)) for rule in RULES
        )

    @api.constrains("company_id")
    def _check_company_id(self):
        for trait in self:
            company = trait.company_id
            if company.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(branch)s is judged with %(firm)s: give the trait to "
                        "%(firm)s.",
                        branch=company.display_name,
                        # sudo: a colleague of a branch knows what firm it is of
                        firm=company.sudo().root_id.display_name,
                    )
                )

    # changed by managers

    @api.model_create_multi
    def create(self, vals_list):
        taken = set()
        proposed = self.default_get(["name", "code"])
        vals_list = [proposed | vals for vals in vals_list]
        for vals in vals_list:
            vals["code"] = vals.get("code") or self._make_code(vals.get("name"), taken)
            taken.add(vals["code"])
        traits = super().create(vals_list)
        for trait in traits:
            trait._check_rules({})
        self._be_judged_by()
        return traits

    def copy_data(self, default=None):
        """Keep the code where a company gets a trait of its own beside another's."""
        vals_list = super().copy_data(default)
        for trait, vals in zip(self, vals_list, strict=True):
            if vals.get("company_id") != trait.company_id.id:
                vals.setdefault("code", trait.code)
            if "name" not in (default or {}):
                vals["name"] = self.env._("%(name)s (copy)", name=trait.name)
        return vals_list

    @api.model
    def _make_code(self, name, taken):
        """Return a code that no trait has, from a name: *Wijzigt vaak!* gives
        ``wijzigt_vaak``.

        :param set taken: codes given a moment ago
        """
        ascii_name = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore")
        words = re.findall(r"[a-z0-9]+", ascii_name.decode().lower())
        stem = "_".join(words)[:CODE_LENGTH].strip("_") or "trait"
        # sudo: codes of traits that the user may not see are taken too
        everyone = self.sudo().with_context(active_test=False)
        found = everyone.search_fetch([("code", "=like", f"{stem}%")], ["code"])
        taken = taken | set(found.mapped("code"))
        number, code = 1, stem
        while code in taken:
            number += 1
            code = f"{stem}_{number}"
        return code

    def write(self, vals):
        before = [(trait, trait._get_sources()) for trait in self]
        result = super().write(vals)
        self.check_access("write")  # a trait made shared is everybody's too
        for trait, old in before:
            trait._check_rules(old)
        self._be_judged_by(vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        """Keep what staff decided, and why.

        :raise UserError: for a trait with a decision on it
        """
        # sudo: decisions in other companies count as well
        decided = self.env["client.health.flag.history"].sudo()
        for trait in self:
            decisions = Domain("flag_id.trait_id", "=", trait.id)
            if decided.search_count(
                decisions & Domain("event", "!=", "level"), limit=1
            ):
                raise UserError(
                    self.env._(
                        "Colleagues decided on flags of “%(trait)s”: switch it off "
                        "instead, so that their decisions are kept.",
                        trait=trait.name,
                    )
                )

    def unlink(self):
        result = super().unlink()
        self._be_judged_by()
        return result

    def _check_access(self, operation):
        """Let a shared trait be changed by who manages all companies only."""
        result = super()._check_access(operation)
        if result or operation == "read" or self.env.su:
            return result
        shared = self.filtered(lambda trait: not trait.company_id)
        if not shared or not self._has_other_companies():
            return None
        return shared, lambda: AccessError(
            self.env._(
                "A trait of all companies is changed by who manages all of them. Make "
                "one for your own company instead."
            )
        )

    @api.model
    def _has_other_companies(self):
        """Return whether there are companies that the user does not work for."""
        if self.env.su:
            return False
        # sudo: also those that the user may not see
        others = [("id", "not in", self.env.user.company_ids.ids)]
        return bool(self.env["res.company"].sudo().search_count(others, limit=1))

    @api.model
    def _be_judged_by(self, names=JUDGED_BY):
        """Forget what is kept of traits, and judge again where it matters."""
        self.env.registry.clear_cache()
        if not JUDGED_BY.isdisjoint(names):
            self.env["client.health"]._request_refresh()

    def _check_rules(self, old):
        """Refuse what has changed and cannot be used, saying why.

        :param dict old: what was typed before, by the name of the rule
        :raise ValidationError: for a rule that cannot be used
        """
        changed = {
            rule: source
            for rule, source in self._get_sources().items()
            if source != old.get(rule)
        }
        if error := self._find_error(changed, old):
            raise ValidationError(self._word_rule_error(*error))

    @api.model
    def _find_error(self, sources, old):
        """Return the first rule that cannot be used, with the error.

        Amounts are for who may see invoices: else a rule, and the number of clients
        it matches, would tell them digit by digit.

        :param dict sources: what is typed, by the name of the rule
        :param dict old: what was typed before: what stays is nobody's new rule
        """
        for rule, source in sources.items():
            try:
                read = self._read_rule(rule, source)
            except RuleError as error:
                return rule, error
            if source != old.get(rule) and not self._may_name(read):
                return rule, RuleError("amount")
        return None

    @api.model
    def _may_name(self, rule: Rule):
        """Return whether who asks may see the amounts that a rule names, if any."""
        facts = self.env["client.health"]._get_facts()
        return is_allowed(self.env, AMOUNT_GROUPS) or not any(
            facts[name].type == "monetary" for name in rule.names if name in facts
        )

    # the rules

    def _get_sources(self):
        """Return what was typed for each rule."""
        return {rule: self[f"{rule}_domain"] or "" for rule in RULES}

    @api.model
    @ormcache("rule", "source")
    def _read_rule(self, rule, source) -> Rule:
        """Return what was typed as a rule that can be used.

        :param str rule: its name; only *ready* means everybody without conditions
        :param str source: what was typed
        :raises RuleError: for what cannot be used
        """
        read = parse(source or "[]")
        facts = self.env["client.health"]._get_facts()
        read.check(dict.fromkeys(facts, "number") | PROPERTIES)
        return read if read.terms or rule == "ready" else NOBODY

    def _get_rule(self, rule, sources=None):
        """Return one rule; nobody's where it cannot be used.

        :param str rule: ``ready``, ``watch`` or ``flag``
        :param dict sources: the rules of another moment
        """
        source = (sources or self._get_sources()).get(rule)
        try:
            return self._read_rule(rule, source)
        except RuleError:
            return NOBODY

    def _get_usable_domain(self, rule):
        """Return one rule as a Domain; nobody's where it cannot be used."""
        return self._get_rule(rule).domain

    def _get_level_domain(self, level):
        """Return the domain of the clients to whom the facts give ``level``.

        A client who matches the flag rule is also at least at watch.
        """
        rule = self._get_usable_domain("flag")
        if level == "watch":
            rule |= self._get_usable_domain("watch")
        return self._get_usable_domain("ready") & rule

    # where it is in force

    @api.model
    def _get_rules(self):
        """Return the active traits of every company, to be judged by."""
        # sudo: facts are judged for all companies, whoever starts the refresh
        names = ["code", "company_id", *map("{}_domain".format, RULES)]
        return self.sudo().with_context(active_test=True).search_fetch([], names)

    @api.model
    @ormcache()
    def _get_scopes(self) -> dict[int, int | bool]:
        """Return the company of each trait that is switched on, by the trait's id.

        ``False`` stands for every company.
        """
        return {trait.id: trait.company_id.id for trait in self._get_rules()}

    @api.model
    def _get_in_force_domain(self):
        """Return which records with a trait and a company the trait holds for.

        It is switched on, and for that company or for all.
        """
        by_company = {}
        for trait_id, company_id in self._get_scopes().items():
            by_company.setdefault(company_id, []).append(trait_id)
        shared = Domain("trait_id", "in", by_company.pop(False, []))
        return shared | Domain.OR(
            Domain("company_id", "=", company_id) & Domain("trait_id", "in", trait_ids)
            for company_id, trait_ids in by_company.items()
        )

    def _is_in_force(self, company):
        """Return whether this trait is switched on and for this company."""
        return self._get_scopes().get(self.id) in (False, company.id)

    # judged by

    @api.model
    @ormcache()
    def _get_judged(self) -> tuple[Judged, ...]:
        """Return the traits in force as the statement that judges needs them."""
        return tuple(
            Judged(trait.id, trait._get_matches_sql(), trait._get_evidence())
            for trait in self._get_rules()
        )

    @api.model
    def _get_matches_of_sql(self, names) -> SQL:
        """Return the query of who matches the traits that read these facts only.

        :param names: names of facts
        """
        facts = self.env["client.health"]._get_facts().keys()
        queries = [
            SQL(
                "SELECT 0 AS health_id, 0 AS company_id, 0 AS trait_id,"
                " FALSE AS at_flag WHERE FALSE"
            )
        ]
        for trait in self._get_rules():
            read = {name for rule in RULES for name in trait._get_rule(rule).names}
            if read & facts and read & facts <= set(names):
                queries.append(trait._get_matches_sql())
        return SQL(" UNION ALL ").join(queries)

    def _get_matches_sql(self):
        """Return the query of the clients to whom the facts give a level."""
        # sudo: facts are judged for all clients, whoever starts the refresh
        health = self.env["client.health"].sudo().with_context(active_test=False)
        query = Query(self.env, health._table)
        at_watch, at_flag = (
            self._get_level_domain(level)
            .optimize_full(health)
            ._to_sql(health, query.table, query)
            for level in ("watch", "flag")
        )
        query.add_where(at_watch)
        if self.company_id:
            query.add_where(SQL("client_health.company_id = %s", self.company_id.id))
        return query.select(
            SQL("client_health.id AS health_id"),
            SQL("client_health.company_id"),
            SQL("%s AS trait_id", self.id),
            SQL("(%s) IS TRUE AS at_flag", at_flag),
        )

    def _get_evidence(self):
        """Return the JSON of rules and facts, on the table ``client_health``."""
        facts = self.env["client.health"]._get_facts()
        named = {name for rule in RULES for name in self._get_rule(rule).names}
        return get_evidence_sql(self._get_sources(), sorted(named & facts.keys()))

    # explained

    def _explain(self, health, evidence=None):
        """Return why this trait does or does not hold for a client.

        The same for every reader, but that amounts are left out and marked
        ``hidden`` for who may not see them.

        :param health: one ``client.health``
        :param dict evidence: what a flag kept of an earlier moment; now without it
        :return: for each of ready, watch and flag a dict with ``rule``, ``title``,
            ``met`` and ``tree``. A node of the tree is ``all``, ``any`` or ``not``
            with ``children``, or a ``condition`` with ``field``, ``label``,
            ``value``, ``operator``, ``threshold`` (texts with their units),
            ``met``, ``hidden`` and ``text``
        """
        self.ensure_one()
        leaf = partial(
            self._explain_condition,
            RuleWords(self.env),
            health,
            health._as_it_was(evidence),
        )
        explained = []
        for rule in RULES:
            tree = build_tree(self._get_rule(rule, evidence).domain, leaf)
            title = self._fields[f"{rule}_domain"]._description_string(self.env)
            explained.append(
                {"rule": rule, "title": title, "met": tree["met"], "tree": tree}
            )
        return explained

    @api.model
    def _find_deciding(self, level, facts, client, sources):
        """Return the conditions because of which a level applies to a client.

        :param str level: ``watch`` or ``flag``
        :param dict facts: values of facts by name
        :param client: one ``client.health`` with every right, read for what a rule
            says of the client besides facts
        :param dict sources: what was typed, by the name of the rule
        :return: list of Domain conditions; empty where the level does not apply
        """
        known = self.env["client.health"]._get_facts()

        def leaf(condition):
            name, operator = condition.field_expr, condition.operator
            if name in known:
                met = compare(facts.get(name), operator, condition.value)
            else:
                met = bool(client.filtered_domain(condition))
            return {"type": "condition", "met": met, "condition": condition}

        for rule in dict.fromkeys((level, "flag")):  # which gives at least a watch
            tree = build_tree(self._get_rule(rule, sources).domain, leaf)
            if found := [node["condition"] for node in iter_deciding(tree)]:
                return found
        return []

    def _explain_condition(self, words, health, record, condition):
        """Return one condition with its facts.

        :param health: the client as the reader may see it
        :param record: the same with every right, as of the moment explained
        """
        name = condition.field_expr
        hidden = name in health._fields and not health._has_field_access(
            health._fields[name], "read"
        )
        owner, field = words.follow(record, name)
        return {
            "type": "condition",
            "field": name.split(".")[0],
            "met": bool(record.filtered_domain(condition)),
            "hidden": hidden,
            "value": not hidden
            and words.word_fact(owner, field, owner[field.name], condition.value),
            **words.word_condition(record, condition),
        }

    def _word_rule_error(self, rule, error):
        """Return why a rule cannot be used."""
        return self.env._(
            "The rule “%(rule)s” of “%(trait)s” cannot be used: %(error)s",
            rule=self._fields[f"{rule}_domain"]._description_string(self.env),
            trait=self.name,
            error=RuleWords(self.env).word_error(error),
        )

    # on screens

    @api.model
    @ormcache()
    def _get_sources_by_id(self) -> dict[int, dict]:
        """Return what was typed, by the trait's id and the name of the rule."""
        # sudo: why a flag is there is told to everybody who may see it
        traits = self.sudo().with_context(active_test=False).search([("id", "!=", 0)])
        return {trait.id: trait._get_sources() for trait in traits}

    @api.model
    @ormcache("self.env.lang")
    def _get_displays(self) -> dict[int, tuple]:
        """Return name and icon of each trait, by its id, in the user's language."""
        # sudo: names and icons only, the same for everybody who may see flags
        traits = self.sudo().with_context(active_test=False).search([("id", "!=", 0)])
        return {trait.id: (trait.name, trait.icon) for trait in traits}

    def action_open_flags(self):
        """Open the flags of this trait that are counted at the level in the context.

        Those whose facts match that rule; at watch the worse ones are among them.
        Without a level all that were raised.
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_flag_action_all"
        )
        level = self.env.context.get("level")
        domain = [
            ("trait_id", "=", self.id),
            ("level", "in", ["flag"] if level == "flag" else ["watch", "flag"]),
        ]
        if level in ("watch", "flag"):
            domain.append((f"{level}_unmet_since", "=", False))
        return action | {"display_name": self.name, "domain": domain}
