from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.fields import Domain

from .client_health_promise import SETTLED
from .client_health_snapshot import KEEP_MONTHS

BATCH = 1000


class ClientHealth(models.Model):
    """Nothing about a client is kept longer than it is needed."""

    _inherit = "client.health"

    @api.model
    def _cron_purge(self):
        """Remove what is older than each company's retention, in batches."""
        for model, domain in self._get_all_purged_domains():
            while batch := self._lock_purged(model, domain):
                batch.unlink()
                if not self.env["ir.cron"]._commit_progress(len(batch)):
                    return

    @api.model
    def _lock_purged(self, model, domain):
        """Return records that may go, without those another session holds."""
        return self.env[model].search(domain, limit=BATCH).try_lock_for_update()

    @api.model
    def _get_all_purged_domains(self):
        """Yield model and domain of what has been kept long enough."""
        # sudo: the settings of each company, whoever runs the job
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        for company in companies.search([]):
            for model, domain in self._get_purged_domains(company):
                yield model, Domain("company_id", "=", company.id) & domain

    @api.model
    def _get_purged_domains(self, company):
        """Return model and domain of what may go today, for one company."""
        today = company._get_client_health_today()
        before = today - relativedelta(months=company.client_health_retention_months)
        taken_before = today - relativedelta(months=KEEP_MONTHS)
        return [
            ("client.health.snapshot", Domain("date", "<", taken_before)),
            # a cleared flag goes with its decision and its history
            (
                "client.health.flag",
                Domain("level", "=", "none") & Domain("level_date", "<", before),
            ),
            ("client.health.incident", Domain("date", "<", before)),
            (
                "client.health.promise",
                Domain("date_promised", "<", before)
                & Domain("state", "in", (*SETTLED, "void")),
            ),
        ]
