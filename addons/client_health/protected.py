from odoo import api, models
from odoo.exceptions import AccessError


class ClientHealthProtected(models.AbstractModel):
    """Fields that only our own methods write: who decided what, and how it ended.

    A model names them in ``_protected_fields``; those of its parents count as well.
    Our methods write them through ``sudo()``, after checks of their own. Nobody else
    can: not by values, nor by a default of the context or of their own, nor by
    import, by copying or by a file that claims to be the field's.
    """

    _name = "client.health.protected"
    _description = "Fields Written by Methods Only"

    _protected_fields = ()

    @api.model
    def default_get(self, fields):
        """Take the model's own default of a protected field, whatever anyone proposes.

        A context (``default_state``) and a user's own default would be a way to set it.
        """
        protected = self._get_protected_fields().intersection(fields)
        values = super().default_get([name for name in fields if name not in protected])
        for name in protected:
            field = self._fields[name]
            if field.default:
                value = field.convert_to_cache(field.default(self), self)
                values[name] = field.convert_to_write(value, self)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_protected(vals)
        # core would refuse a whole record for a default that counts for nothing
        unwanted = {f"default_{name}" for name in self._get_protected_fields()}
        context = {k: v for k, v in self.env.context.items() if k not in unwanted}
        clean = self.with_env(self.env(context=context))
        return super(ClientHealthProtected, clean).create(vals_list)

    def write(self, vals):
        self._check_protected(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        """Leave out what only the original went through."""
        left_out = self._get_protected_fields().difference(default or {})
        return [
            {name: value for name, value in vals.items() if name not in left_out}
            for vals in super().copy_data(default)
        ]

    @api.model
    def _get_protected_fields(self):
        """Return the names of the fields that users cannot set, parents' included."""
        return frozenset(
            name
            for base in type(self).mro()
            for name in vars(base).get("_protected_fields", ())
        )

    @api.model
    def _check_protected(self, names):
        """
        :param names: the fields that somebody wants to set
        :raises AccessError: for a protected one, unless it is our own method's writing
        """
        found = self._get_protected_fields().intersection(names)
        if found and not self.env.su:
            labels = sorted(
                self._fields[name]._description_string(self.env) for name in found
            )
            raise AccessError(
                self.env._(
                    "Only the steps of the record itself fill in: %(fields)s.",
                    fields=", ".join(labels),
                )
            )
