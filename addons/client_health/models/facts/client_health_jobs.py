import importlib

import psycopg2
from odoo import api, models

CHANNEL = "root.client_health"
"""Channel of OCA queue_job whose capacity spreads the refresh over workers."""


class ClientHealth(models.Model):
    """The nightly refresh as jobs, where OCA ``queue_job`` is installed."""

    _inherit = "client.health"

    @api.model
    def _enqueue_refresh(self):
        """Make a job of each batch, and one for what needs all of them.

        A batch that still waits from the day before gets no second job.
        """
        delay = importlib.import_module("odoo.addons.queue_job.delay")
        jobs = [
            self.delayable(
                channel=CHANNEL,
                description=f"Client health {first_id}-{last_id}",
                identity_key=f"client_health.refresh.{first_id}",
            )._refresh_between(first_id, last_id)
            for first_id, last_id in self._get_batches()
        ]
        finish = self.delayable(
            channel=CHANNEL,
            description="Client health: medians",
            identity_key="client_health.finish",
        )._finish_refresh()
        delay.chain(delay.group(*jobs), finish).delay()

    @api.model
    def _refresh_between(self, first_id, last_id):
        """Refresh the clients of one batch, in one transaction of the job."""
        self._refresh_halves(self._get_ids_between(first_id, last_id))

    @api.model
    def _refresh_halves(self, client_ids):
        """Refresh clients; halve them until the one is found that fails.

        :raise psycopg2.OperationalError: another session was in the way; the queue
            tries the job again
        """
        try:
            with self.env.cr.savepoint():
                self._refresh(self.env["res.partner"].browse(client_ids))
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            if len(client_ids) == 1:
                self._report_failure(client_ids[0], error)
                return
            half = len(client_ids) // 2
            self._refresh_halves(client_ids[:half])
            self._refresh_halves(client_ids[half:])
