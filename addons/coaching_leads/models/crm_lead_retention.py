from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 100


class CrmLead(models.Model):
    """Forgetting prospects with whom nothing came of it."""

    _inherit = "crm.lead"

    @api.model
    def _cron_coaching_forget(self):
        """Delete lost coaching leads that are older than their company keeps them."""
        leads = self.with_context(active_test=False)
        domain = leads._coaching_forget_domain()
        self.env["ir.cron"]._commit_progress(remaining=leads.search_count(domain))
        while batch := leads.search(domain, limit=BATCH).try_lock_for_update():
            size = len(batch)
            batch._coaching_forget()
            if not self.env["ir.cron"]._commit_progress(size):
                break

    @api.model
    def _coaching_forget_domain(self):
        """Return the domain of what is too old, by each company's own setting.

        A lead without a company goes by the first company's. Lost long ago counts from
        the last change of its stage or its closing, whichever is known.
        """
        companies = self.env["res.company"].search([], order="id")
        domain = Domain.FALSE
        for company in companies.filtered("coaching_retention_months"):
            owned = Domain("company_id", "=", company.id)
            if company == companies[0]:
                owned |= Domain("company_id", "=", False)
            months = company.coaching_retention_months
            before = fields.Datetime.now() - relativedelta(months=months)
            domain |= owned & Domain("date_closed", "<", before)
        return (
            domain
            & Domain("coaching_track_id", "!=", False)
            & Domain("won_status", "=", "lost")
        )

    def _coaching_forget(self):
        """Delete the leads with everything that names the prospect."""
        events = self.env["calendar.event"].with_context(active_test=False)
        events.search([("opportunity_id", "in", self.ids)]).unlink()
        self.unlink()
