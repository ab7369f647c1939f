from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.reach import can_match
from ..engine.rule import PROPERTIES, RULES, RuleError
from .rule_words import RuleWords

NAMES_SHOWN = 5
LEVELS = ("flag", "watch")


class ClientHealthTrait(models.Model):
    """What the editor of rules shows: what can be named, and what a change would do."""

    _inherit = "client.health.trait"

    rule_words = fields.Json(
        compute="_compute_rule_words", help="Each rule as one line of plain words."
    )
    rule_warning = fields.Text(
        compute="_compute_rule_warning",
        help="Which rules can be used and will never match anybody.",
    )
    rule_effect = fields.Json(
        compute="_compute_rule_effect",
        help="How many clients match each level, and who joins and leaves by saving.",
    )

    # the rules in words

    @api.depends("ready_domain", "watch_domain", "flag_domain")
    @api.depends_context("lang", "uid")
    def _compute_rule_words(self):
        health = self.env["client.health"]
        words = RuleWords(self.env)
        for trait in self:
            trait.rule_words = {
                rule: words.word_domain(health, trait._get_usable_domain(rule))
                for rule in RULES
            }

    @api.depends("ready_domain", "watch_domain", "flag_domain")
    @api.depends_context("lang")
    def _compute_rule_warning(self):
        for trait in self:
            found = map(trait._find_pointless, LEVELS)
            trait.rule_warning = "\n".join(filter(None, found))

    def _find_pointless(self, level):
        """Return why the rule of a level can never match, if that is so."""
        facts = self.env["client.health"]._get_facts()
        try:
            rule, ready = (
                self._read_rule(name, self._get_sources()[name])
                for name in (level, "ready")
            )
        except RuleError:
            return None  # said already
        if not rule.conditions:
            return None
        title = self._fields[f"{level}_domain"]._description_string(self.env)
        if not can_match(rule, facts):
            return self.env._(
                "“%(rule)s” can never match: its conditions exclude each other.",
                rule=title,
            )
        if not can_match(rule.with_also(ready), facts):
            return self.env._(
                "“%(rule)s” can never match: there is never enough data to judge by "
                "then.",
                rule=title,
            )
        return None

    # who joins and who leaves

    @api.depends("ready_domain", "watch_domain", "flag_domain", "company_id", "active")
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_rule_effect(self):
        for trait in self:
            trait.rule_effect = {
                level: trait._get_effect(level) if trait._may_count() else None
                for level in LEVELS
            }

    def _get_effect(self, level):
        """Return who matches a level now, and whom saving adds and takes away."""
        new, old = self._get_reach(level), self._origin._get_reach(level)
        return {
            "matches": self._count_clients(new),
            "joins": self._name_clients(new & ~old),
            "leaves": self._name_clients(old & ~new),
        }

    def _get_reach(self, level):
        """Return the domain of the clients that a level holds for, as far as seen."""
        if not self or not self.active:
            return Domain.FALSE
        return self._get_level_domain(level) & self._get_scope_domain()

    def _count_clients(self, domain):
        # sudo: facts some of which the manager may not read; who may not is told
        # nothing while typing, see _may_count
        return 0 if domain.is_false() else self._get_seen().search_count(domain)

    def _name_clients(self, domain):
        """Return how many clients a domain finds, and the names of the first."""
        if domain.is_false():
            return {"count": 0, "names": []}
        found = self._get_seen().search(domain, limit=NAMES_SHOWN, order="score, id")
        # only who the manager may see is named
        named = self.env["res.partner"].browse(found.partner_id.ids)
        return {
            "count": self._count_clients(domain),
            "names": named._filtered_access("read").mapped("display_name"),
        }

    def _get_seen(self):
        # sudo: see _count_clients
        return self.env["client.health"].sudo()

    # what a rule can name

    @api.model
    def get_rule_names(self):
        """Return what a rule can name, for the editor.

        :return: list of groups with ``title`` and ``names``; each name has ``name``,
            ``label``, ``help``, and of a fact ``unit`` (see ``engine/fact.py``) and
            ``suffix``, what to write behind a number of it
        :raises AccessError: for who may not read facts
        """
        health = self.env["client.health"]
        health.check_access("read")
        sources = self.env["client.health.source"]._get_sources()
        groups = {name: [] for name in sources}
        words = RuleWords(self.env)
        for name, fact in health._get_facts().items():
            field = health._fields[name]
            if fact.source in groups and health._has_field_access(field, "read"):
                line = self._prepare_rule_name(name)
                unit = {"unit": fact.unit, "suffix": words.word_unit(fact.unit)}
                groups[fact.source].append(line | unit)
        found = [
            {"title": sources[source]._get_title(), "names": names}
            for source, names in groups.items()
            if names
        ]
        properties = [self._prepare_rule_name(name) for name in PROPERTIES]
        return [*found, {"title": self.env._("The client"), "names": properties}]

    @api.model
    def _prepare_rule_name(self, name):
        words = RuleWords(self.env)
        owner, field = words.follow(self.env["client.health"], name)
        return {
            "name": name,
            "label": field._description_string(owner.env),
            "help": field._description_help(owner.env) or "",
        }

    @api.model
    def get_spread(self, name):
        """Return how a fact lies among the clients of the current company today.

        :param str name: name of a fact
        :return: one line of text with the lowest, the median and the highest value;
            empty without clients
        :raises AccessError: for who may not read the fact
        """
        health = self.env["client.health"]
        health.check_access("read")
        fact = health._get_facts().get(name) if isinstance(name, str) else None
        if not fact:
            return ""
        field = health._fields[name]
        health._check_field_access(field, "read")
        company = self.env.company.root_id
        query = health._search(Domain("company_id", "=", company.id))
        column = SQL("COALESCE(%s, 0)", SQL.identifier(health._table, name))
        values = self.env.execute_query(
            query.select(
                SQL("count(*)"),
                SQL("count(*) FILTER (WHERE %s > 0)", column),
                SQL(
                    "percentile_disc(ARRAY[0, 0.5, 1]) WITHIN GROUP (ORDER BY %s)",
                    column,
                ),
            )
        )
        count, above, spread = values[0]
        if not count:
            return ""
        client = health.new({"company_id": company.id})
        low, middle, high = (
            RuleWords(self.env).word_fact(client, field, value or 0) for value in spread
        )
        return self.env._(
            "Today: lowest %(low)s, median %(middle)s, highest %(high)s; more than 0 "
            "at %(above)s of %(count)s clients.",
            low=low,
            middle=middle,
            high=high,
            above=above,
            count=count,
        )
