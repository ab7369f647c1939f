from odoo import models, tools
from odoo.tools import SQL


class PrivacyLookupWizard(models.TransientModel):
    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        """Find the calls too: they name the prospect but hold no e-mail address."""
        email = tools.email_normalize(self.email.strip())
        return SQL(
            """
            %s
            UNION ALL
            SELECT %s AS res_model_id, event.id AS res_id, event.active AS is_active
              FROM calendar_event event
              JOIN crm_lead lead ON lead.id = event.opportunity_id
             WHERE lead.coaching_track_id IS NOT NULL
               AND (lead.email_normalized = %s OR lead.contact_name ILIKE %s)
            """,
            super()._get_query(),
            self.env["ir.model"]._get_id("calendar.event"),
            email or "",
            self.name.strip(),
        )
