"""Records whose change means that the ledger's account lists are read again."""

from odoo import api


class ForgetsAccounts:
    """Forget the cached account lists when a record of this model changes.

    A plain class, to be named before ``models.Model``.
    """

    __slots__ = ()  # as Odoo's models: what they are made of must have one layout

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
