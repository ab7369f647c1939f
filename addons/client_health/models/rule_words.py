"""Rules and values in plain words, in the reader's language."""

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import formatLang

from ..engine.rounding import round_for_people
from ..engine.rule import MAX_CONDITIONS, RuleError


class RuleWords:
    """Words for what stands in a rule.

    :param env: the environment of the reader, for language, currency and names
    """

    def __init__(self, env):
        self.env = env
        self.facts = env["client.health"]._get_facts()

    def word_error(self, error: RuleError):
        """Return why a rule cannot be used, as the end of a sentence."""
        match error.reason:
            case "too_long":
                return self.env._(
                    "it has more than %(count)s conditions.", count=MAX_CONDITIONS
                )
            case "unknown":
                return self.env._(
                    "“%(name)s” is neither a fact nor one of the client's properties "
                    "that rules may name.",
                    name=error.name[:80],
                )
            case "operator":
                return self.env._(
                    "“%(name)s” cannot be compared by “%(operator)s”.",
                    name=error.name,
                    operator=str(error.value)[:80],
                )
            case "value":
                return self.env._(
                    "“%(name)s” cannot be compared with “%(value)s”.",
                    name=error.name,
                    value=str(error.value)[:80],
                )
            case "amount":
                return self.env._(
                    "only who may see invoices makes rules about amounts."
                )
        return self.env._("it is no list of conditions with fixed values.")

    def word_domain(self, model, domain):
        """Return a rule on ``model`` as one line of plain words."""
        domain = Domain(domain)
        if domain.is_true():
            return self.env._("always")
        if domain.is_false():
            return self.env._("never")
        operator, children = self._split(domain)
        if operator == "!":
            return self.env._(
                "not (%(what)s)", what=self.word_domain(model, children[0])
            )
        if not operator:
            return self.word_condition(model, domain)["text"]
        word = self.env._(" and ") if operator == "&" else self.env._(" or ")
        return word.join(
            f"({self.word_domain(model, child)})"
            if self._split(child)[0]
            else self.word_domain(model, child)
            for child in children
        )

    def _split(self, domain):
        """Return the operator at the top of a domain and what it joins."""
        operator = getattr(domain, "OPERATOR", "")
        if operator == "!":
            return operator, [domain.child]
        return operator, getattr(domain, "children", [])

    def word_condition(self, record, condition):
        """Return ``label``, ``operator``, ``threshold`` and ``text`` of a condition."""
        label = self._word_name(record, condition.field_expr)
        owner, field = self.follow(record, condition.field_expr)
        operator, value = condition.operator, condition.value
        is_unset = value is False and field.type != "boolean"
        if is_unset:
            words = (
                self.env._("is not set") if operator == "=" else self.env._("is set")
            )
        else:
            words = self._get_operators().get(operator, operator)
        threshold = "" if is_unset else self.word_value(owner, field, value)
        return {
            "label": label,
            "operator": words,
            "threshold": threshold,
            "text": f"{label}: {words} {threshold}".strip(),
        }

    def follow(self, record, path):
        """Return the record and the field that a name in a rule ends at."""
        *steps, name = path.split(".")
        for step in steps:
            record = record[step]
        return record, record._fields[name]

    def _word_name(self, record, path):
        """Return a name in a rule in words: the labels of its fields."""
        labels = []
        for name in path.split("."):
            field = record._fields[name]
            labels.append(field._description_string(self.env) or name)
            record = self.env.get(field.comodel_name, record)
        return " › ".join(labels)

    def _get_operators(self):
        return {
            "=": self.env._("is"),
            "!=": self.env._("is not"),
            ">=": self.env._("at least"),
            ">": self.env._("more than"),
            "<=": self.env._("at most"),
            "<": self.env._("less than"),
            "in": self.env._("is one of"),
            "not in": self.env._("is none of"),
        }

    def word_value(self, record, field, value):
        """Return a value of ``field`` as a reader expects it, with its unit.

        :param record: the record it is of, for its currency; may be empty
        """
        if isinstance(value, BaseModel):
            # sudo: the name of what a rule names, for who may read the rule
            return ", ".join(value.sudo().mapped("display_name"))
        if not isinstance(value, (str, bool, int, float, type(None))):
            return ", ".join(self.word_value(record, field, item) for item in value)
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type == "selection":
            options = dict(field._description_selection(self.env))
            return str(options.get(value, value or ""))
        if value and field.relational:
            named = self.env[field.comodel_name].browse(value).exists()
            return self.word_value(record, field, named) or str(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._word_number(record, field, value)
        return str(value or "")

    def word_fact(self, record, field, value, threshold=None):
        """Return what was counted of a client, rounded for people, with its unit.

        :param threshold: what it is compared with; it never seems equal where it is not
        """
        fact = field.model_name == "client.health" and self.facts.get(field.name)
        if fact and isinstance(value, (int, float)):
            apart = [threshold] if isinstance(threshold, (int, float)) else []
            value = round_for_people(value, fact.unit, apart)
        return self.word_value(record, field, value)

    def _word_number(self, record, field, value):
        fact = field.model_name == "client.health" and self.facts.get(field.name)
        number = self.word_number(value)
        match fact.unit if fact else "count":
            case "amount":
                currency = record.currency_id or self.env.company.currency_id
                return formatLang(self.env, value, currency_obj=currency)
            case "share":
                return f"{self.word_number(value * 100)} %"
            case "days" if value == 1:
                return self.env._("1 day")
            case "days":
                return self.env._("%(number)s days", number=number)
            case "months" if value == 1:
                return self.env._("1 month")
            case "months":
                return self.env._("%(number)s months", number=number)
            case "hours" if value == 1:
                return self.env._("1 hour")
            case "hours":
                return self.env._("%(number)s hours", number=number)
            case "ratio":
                return f"{number} ×"
        return number

    def word_unit(self, unit):
        """Return what to write behind a number of a unit, see ``engine/fact.py``."""
        match unit:
            case "amount":
                return self.env.company.currency_id.symbol or ""
            case "share":
                return "%"
            case "days":
                return self.env._("days")
            case "months":
                return self.env._("months")
            case "ratio":
                return "×"
        return ""

    def word_number(self, value):
        """Return a number with the decimals it needs, two at most."""
        rounded = round(value, 2)
        digits = 0 if rounded == int(rounded) else len(str(rounded).split(".")[1])
        return formatLang(self.env, rounded, digits=digits)
