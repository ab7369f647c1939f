from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
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
            while batch := self.env[model].search(domain, limit=BATCH):
                batch.unlink()
                if not self.env["ir.cron"]._commit_progress(len(batch)):
                    return

    @api.model
    def _get_all_purged_domains(self):
        """Yield model and domain of what has been kept long enough."""
        today = fields.Date.context_today(self)
        before = today - relativedelta(months=KEEP_MONTHS)
        yield "client.health.snapshot", Domain("date", "<", before)
        # sudo: the settings of each company, whoever runs the job
        kept = [("client_health_retention_months", ">", 0)]
        for company in self.env["res.company"].sudo().search(kept):
            months = company.client_health_retention_months
            before = today - relativedelta(months=months)
            for model, domain in self._get_purged_domains(before):
                yield model, Domain("company_id", "=", company.id) & domain

    @api.model
    def _get_purged_domains(self, before):
        """Return model and domain of what may go, for one day."""
        return [
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
