from odoo import models
from odoo.tools import SQL

# what is about a contact, by its partner_id; their links cascade, so core skips them
MODELS = (
    "client.health",
    "client.health.flag",
    "client.health.incident",
    "client.health.promise",
    "client.health.snapshot",
)


class PrivacyLookupWizard(models.TransientModel):
    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        """Find what we keep about the person, for an access or erasure request."""
        found = [
            SQL(
                """SELECT %s AS res_model_id, id AS res_id, TRUE AS is_active
                     FROM %s
                    WHERE partner_id IN (SELECT id FROM indirect_references)""",
                self.env["ir.model"]._get_id(name),
                SQL.identifier(self.env[name]._table),
            )
            for name in MODELS
        ]
        return SQL(" UNION ALL ").join([super()._get_query(), *found])
