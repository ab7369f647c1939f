from odoo import models
from odoo.exceptions import AccessError

from ..engine.rule_tree import build_tree
from .client_health_trait import RULES


class ClientHealthTrait(models.Model):
    """Why a client is, or is not, at a level: each condition with its facts."""

    _inherit = "client.health.trait"

    def _explain(self, health, evidence=None):
        """Return why this trait does or does not hold for a client.

        Amounts that the reader may not see are left out and marked ``hidden``.

        :param health: one ``client.health``
        :param dict evidence: what a flag kept of an earlier moment; now without it
        :return: for each of ready, watch and flag a dict with ``rule``, ``title``,
            ``met`` and ``tree``. A node of the tree is ``all``, ``any`` or ``not``
            with ``children``, or a ``condition`` with ``field``, ``label``,
            ``value``, ``operator``, ``threshold`` (texts with their units),
            ``met``, ``hidden`` and ``text``
        """
        self.ensure_one()
        trait = self._as_it_was(evidence)
        record = health._as_it_was(evidence)
        return [trait._explain_rule(rule, health, record) for rule in RULES]

    def _as_it_was(self, evidence):
        if not evidence:
            return self
        rules = {f"{rule}_domain": evidence.get(rule) for rule in RULES}
        return self.new(rules, origin=self)

    def _explain_rule(self, rule, health, record):
        def leaf(condition):
            return self._explain_condition(condition, health, record)

        tree = build_tree(self._get_usable_domain(rule), leaf)
        title = self._fields[f"{rule}_domain"]._description_string(self.env)
        return {"rule": rule, "title": title, "met": tree["met"], "tree": tree}

    def _explain_condition(self, condition, health, record):
        """Return one condition with its facts.

        :param health: the client as the reader may see it
        :param record: the same with every right, as of the moment explained
        """
        name = condition.field_expr.split(".")[0]
        value = self._word_actual(condition.field_expr, health, record)
        return {
            "type": "condition",
            "field": name,
            "met": bool(record.filtered_domain(condition)),
            "hidden": value is None,
            "value": False if value is None else value,
            **self._word_condition(health, condition),
        }

    def _word_actual(self, path, health, record):
        """Return the value at the end of a path; ``None`` if the reader may not see it.

        Facts are as of the moment explained; what lies beyond the client is as it is
        now, and read with the reader's own rights.
        """
        field, _label = self._follow_path(health, path)
        if "." not in path:
            may_see = health._has_field_access(field, "read")
            return self._word_value(record, field, record[path]) if may_see else None
        try:
            value = health.mapped(path) if field else False
        except AccessError:
            return None
        return self._word_value(health, field, value)
