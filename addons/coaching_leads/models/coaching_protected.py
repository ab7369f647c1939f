from odoo import api, models
from odoo.exceptions import AccessError


class CoachingProtected(models.AbstractModel):
    """Fields that only our own methods write: how far a call is and what came of it.

    A model names them in ``_protected_fields``. Our methods write them through
    ``sudo()`` after checks of their own; nobody else does: not by values, nor by a
    default of the context, nor by import or by copying.
    """

    _name = "coaching.protected"
    _description = "Fields Written by Methods Only"

    _protected_fields = ()

    @api.model
    def default_get(self, fields):
        """Take the model's own default of a protected field, whatever the context or
        a user's own defaults propose."""
        protected = set(self._protected_fields).intersection(fields)
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
        return super().create(vals_list)

    def write(self, vals):
        self._check_protected(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        """Leave out what only the original went through."""
        left_out = set(self._protected_fields).difference(default or {})
        return [
            {name: value for name, value in vals.items() if name not in left_out}
            for vals in super().copy_data(default)
        ]

    def _check_protected(self, vals):
        """
        :param dict vals: what somebody wants to set
        :raises AccessError: for a protected field, unless our own method writes it
        """
        found = set(self._protected_fields).intersection(vals)
        if found and not self.env.su:
            labels = sorted(
                self._fields[name]._description_string(self.env) for name in found
            )
            raise AccessError(
                self.env._(
                    "Only the steps of the call itself fill in: %(fields)s.",
                    fields=", ".join(labels),
                )
            )
