from odoo import models
from odoo.tools import SQL


class PrivacyLookupWizard(models.TransientModel):
    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        """Find what we keep about the person, for an access or erasure request.

        Core looks at links that do not cascade; ours do.
        """
        found = [
            SQL(
                """SELECT %s AS res_model_id, id AS res_id, TRUE AS is_active
                     FROM %s
                    WHERE partner_id IN (SELECT id FROM indirect_references)""",
                self.env["ir.model"]._get_id(model._name),
                SQL.identifier(model._table),
            )
            for model in self.env["res.partner"]._get_models_about_clients()
        ]
        return SQL(" UNION ALL ").join([super()._get_query(), *found])
