import importlib

import psycopg2
from odoo import api, models
from odoo.tools import SQL

from .client_health_batches import LOCK_TIMEOUT

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
        )._finish_job()
        delay.chain(delay.group(*jobs), finish).delay()

    @api.model
    def _refresh_between(self, first_id, last_id):
        """Refresh the clients of one batch, in one transaction of the job."""
        self._do_halves(self._refresh_ids, self._get_ids_between(first_id, last_id))

    @api.model
    def _finish_job(self):
        """Do what needs all clients, in one transaction of the job."""
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
        self._store_medians()
        self._do_halves(self._refresh_ratios, self._get_ids_of_other_ratio())

    @api.model
    def _do_halves(self, work, client_ids):
        """Do work for clients; halve them until the one is found that fails.

        :raise psycopg2.OperationalError: another session was in the way; the queue
            tries the job again
        """
        if not client_ids:
            return
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                work(client_ids)
            return
        except psycopg2.errors.LockNotAvailable as caught:
            error = caught  # the others need not wait for it
        except psycopg2.OperationalError:
            raise
        except Exception as caught:
            error = caught
        if len(client_ids) == 1:
            self._report_failure(client_ids[0], error)
            return
        half = len(client_ids) // 2
        self._do_halves(work, client_ids[:half])
        self._do_halves(work, client_ids[half:])
