from odoo import api, models
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


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    @api.depends("res_model", "res_id")
    def _compute_res_name(self):
        """Say no more than the number of what the user may not read.

        Core names it with all rights, and our names say what is held of a client.
        """
        ours = {
            model._name for model in self.env["res.partner"]._get_models_about_clients()
        }
        hidden = self.filtered(
            lambda line: (
                line.res_model in ours
                # who looked it up: Odoo computes what is stored with all rights
                and not self.env[line.res_model]
                .with_user(line.create_uid)
                .has_access("read")
            )
        )
        for line in hidden:
            line.res_name = f"{line.res_model_id.name}/{line.res_id}"
        return super(PrivacyLookupWizardLine, self - hidden)._compute_res_name()
