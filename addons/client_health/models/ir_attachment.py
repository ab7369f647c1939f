from odoo import models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        result = super().write(vals)
        if "res_field" in vals or "res_model" in vals:
            self.check_access("write")  # as what they became
        return result

    def _check_access(self, operation):
        """Keep the files of protected fields to the methods that write the field."""
        result = super()._check_access(operation)
        if operation == "read":
            return result
        found = self.filtered(lambda attachment: attachment._is_protected())
        if not found:
            return result
        forbidden = found | result[0] if result else found
        return forbidden, lambda: AccessError(
            self.env._("This file belongs to a record that keeps it as it is.")
        )

    def _is_protected(self):
        """Return whether this is the content of a protected field."""
        # sudo: what kind of file it is, whoever asks
        own = self.sudo()
        get_fields = getattr(
            self.env.get(own.res_model), "_get_protected_fields", tuple
        )
        return own.res_field in get_fields()
