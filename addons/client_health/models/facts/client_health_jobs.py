from odoo import api, models

CHANNEL = "root.client_health"
"""Channel of OCA queue_job whose capacity spreads the refresh over workers."""


class ClientHealth(models.Model):
    """The nightly refresh as jobs, where OCA ``queue_job`` is installed."""

    _inherit = "client.health"

    @api.model
    def _enqueue_refresh(self):
        """Make a job of each batch; a batch that still waits gets no second one."""
        for first_id, last_id in self._get_batches():
            self.with_delay(
                channel=CHANNEL,
                identity_key=f"client_health.refresh.{first_id}",
                description=f"Client health {first_id}-{last_id}",
            )._refresh_between(first_id, last_id)
        self.with_delay(
            channel=CHANNEL, priority=20, identity_key="client_health.finish"
        )._finish_refresh()

    @api.model
    def _refresh_between(self, first_id, last_id):
        """Refresh the clients of one batch."""
        self._refresh_batch(self._get_ids_between(first_id, last_id))
