from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang


class ClientHealthTrait(models.Model):
    """Rules in plain words, in the reader's language, for any domain."""

    _inherit = "client.health.trait"

    @api.model
    def _word_domain(self, model, domain):
        """Return any domain on ``model`` as one line of plain words."""
        domain = Domain(domain)
        if domain.is_true():
            return self.env._("always")
        if domain.is_false():
            return self.env._("never")
        operator, children = self._split_domain(domain)
        if operator == "!":
            return self.env._(
                "not (%(what)s)", what=self._word_domain(model, children[0])
            )
        if not operator:
            return self._word_condition(model, domain)["text"]
        word = self.env._(" and ") if operator == "&" else self.env._(" or ")
        return word.join(
            f"({self._word_domain(model, child)})"
            if self._split_domain(child)[0]
            else self._word_domain(model, child)
            for child in children
        )

    @api.model
    def _split_domain(self, domain):
        """Return the operator at the top of a domain and what it joins."""
        operator = getattr(domain, "OPERATOR", "")
        if operator == "!":
            return operator, [domain.child]
        return operator, getattr(domain, "children", [])

    @api.model
    def _word_condition(self, model, condition):
        """Return ``label``, ``operator``, ``threshold`` and ``text`` of a condition."""
        field, label = self._follow_path(model, condition.field_expr)
        operator, value = condition.operator, condition.value
        if operator in ("any", "not any", "any!", "not any!"):
            comodel = self.env[field.comodel_name]
            threshold = self._word_domain(comodel, value)
        else:
            threshold = self._word_value(model, field, value)
        words = self._word_operator(field, operator, value)
        if value is False or value is True and field.type != "boolean":
            threshold = ""
        return {
            "label": label,
            "operator": words,
            "threshold": threshold,
            "text": f"{label}: {words} {threshold}".strip(),
        }

    @api.model
    def _follow_path(self, model, path):
        """Return the field at the end of a dotted path and the path in words."""
        labels = []
        field = None
        for name in path.split("."):
            if name not in model:
                # a property, or the granularity of a date: said as it is
                labels.append(name)
                continue
            field = model._fields[name]
            labels.append(field._description_string(self.env) or name)
            if field.relational:
                model = self.env[field.comodel_name]
        return field, " › ".join(labels)

    @api.model
    def _word_operator(self, field, operator, value):
        if operator in ("=", "in") and value is False and field.type != "boolean":
            return self.env._("is not set")
        if operator in ("!=", "not in") and value is False and field.type != "boolean":
            return self.env._("is set")
        words = {
            "=": self.env._("is"),
            "!=": self.env._("is not"),
            ">=": self.env._("at least"),
            ">": self.env._("more than"),
            "<=": self.env._("at most"),
            "<": self.env._("less than"),
            "in": self.env._("is one of"),
            "not in": self.env._("is none of"),
            "ilike": self.env._("contains"),
            "like": self.env._("contains"),
            "not ilike": self.env._("does not contain"),
            "not like": self.env._("does not contain"),
            "=ilike": self.env._("matches"),
            "=like": self.env._("matches"),
            "any": self.env._("has one where"),
            "any!": self.env._("has one where"),
            "not any": self.env._("has none where"),
            "not any!": self.env._("has none where"),
            "child_of": self.env._("is or is below"),
            "parent_of": self.env._("is or is above"),
        }
        return words.get(operator, operator)

    @api.model
    def _word_value(self, record, field, value):
        """Return a value of ``field`` as a reader expects it, with its unit.

        :param record: the record it is of, for its currency; may be empty
        """
        if isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "union"):
            if not isinstance(value, models.BaseModel):
                return ", ".join(
                    self._word_value(record, field, item) for item in value
                )
        if field.name == "id" or field.type in ("many2one", "one2many", "many2many"):
            return self._word_records(field, value)
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type == "selection":
            options = dict(field._description_selection(self.env))
            return str(options.get(value, value or ""))
        if field.type in ("date", "datetime"):
            return self._word_moment(field, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._word_number(record, field, value)
        return str(value or "")

    @api.model
    def _word_records(self, field, value):
        # sudo: the name of what a rule names, for who may read the rule
        if isinstance(value, models.BaseModel):
            return ", ".join(value.sudo().mapped("display_name"))
        if isinstance(value, int) and not isinstance(value, bool):
            comodel = self.env[field.comodel_name or field.model_name].sudo()
            return comodel.browse(value).exists().display_name or str(value)
        return str(value or "")

    @api.model
    def _word_moment(self, field, value):
        try:
            if field.type == "date":
                return format_date(self.env, fields.Date.to_date(value)) or ""
            return format_datetime(self.env, fields.Datetime.to_datetime(value)) or ""
        except ValueError:
            return str(value)  # a relative one, such as “today -30d”

    @api.model
    def _word_number(self, record, field, value):
        if field.type == "monetary":
            currency = record[field.get_currency_field(record)]
            return formatLang(
                self.env, value, currency_obj=currency or self.env.company.currency_id
            )
        fact = None
        if field.model_name == "client.health":
            fact = self.env["client.health"]._get_facts().get(field.name)
        return self._word_unit(fact.unit if fact else "count", value)

    @api.model
    def _word_unit(self, unit, value):
        """Return a number with the unit of its fact."""
        number = self._format_number(value * 100 if unit == "share" else value)
        match unit:
            case "share":
                return f"{number} %"
            case "days" if value == 1:
                return self.env._("1 day")
            case "days":
                return self.env._("%(number)s days", number=number)
            case "months" if value == 1:
                return self.env._("1 month")
            case "months":
                return self.env._("%(number)s months", number=number)
            case "times":
                return f"{number} ×"
        return number

    @api.model
    def _format_number(self, value):
        """Return a number with the decimals it needs, two at most."""
        rounded = round(value, 2)
        digits = 0 if rounded == int(rounded) else len(str(rounded).split(".")[1])
        return formatLang(self.env, rounded, digits=digits)
