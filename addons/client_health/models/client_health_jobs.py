import importlib
import logging
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .client_health_refresh import LOCK_TIMEOUT

_logger = logging.getLogger(__name__)

CHANNEL = "root.client_health"
"""Channel of OCA queue_job whose capacity spreads the refresh over workers."""
IDENTITY = "client_health.refresh."
"""How the identity of a batch's job begins."""
WAITING = ("wait_dependencies", "pending", "enqueued", "started")
LEFT_TO_JOBS = "client_health.left_to_jobs"
"""Parameter with how many jobs waited when the cron last looked after them."""
LOOK_MINUTES = 5
"""How often the cron looks whether the jobs are done."""
QUIET_MINUTES = 60
"""A queue in which nothing moved for so long has no runner."""


class ClientHealthJobs(models.AbstractModel):
    """The count of everybody as jobs, where OCA queue_job is installed.

    Each batch is a job that stands alone: one that fails holds up no other, and what
    still waits is not enqueued again. The cron looks after them: it does what needs
    all clients when none waits any more, and the whole work itself where no runner
    takes them.
    """

    _name = "client.health.jobs"
    _description = "Refresh of Client Health by Jobs"

    @api.model
    def _let_jobs_work(self):
        """Leave the count of everybody to jobs.

        :return: whether it is left to them, or done by them
        """
        # sudo: jobs and the cron's own bookkeeping
        own = self.sudo().env
        parameters = own["ir.config_parameter"]
        before = parameters.get_param(LEFT_TO_JOBS)
        if not before:
            self._enqueue_refresh()
        waiting = self._get_waiting_jobs()
        if before and not waiting:
            parameters.set_param(LEFT_TO_JOBS, False)
            self._finish_refresh()
            return True
        if before and len(waiting) >= int(before) and not self._is_queue_alive():
            waiting.button_cancelled()
            parameters.set_param(LEFT_TO_JOBS, False)
            _logger.warning("No runner takes jobs: the cron refreshes everybody itself")
            self._tell_without_runner()
            return False
        parameters.set_param(LEFT_TO_JOBS, str(len(waiting)))
        self._look_again(LOOK_MINUTES)
        return True

    @api.model
    def _get_waiting_jobs(self):
        waiting = Domain("state", "in", WAITING)
        ours = Domain("identity_key", "=like", f"{IDENTITY}%")
        return self.sudo().env["queue.job"].search(ours & waiting)  # sudo: only ours

    @api.model
    def _is_queue_alive(self):
        """Return whether anybody's job was begun or done lately."""
        since = fields.Datetime.now() - timedelta(minutes=QUIET_MINUTES)
        moved = Domain.OR(
            Domain(name, ">=", since)
            for name in ("date_enqueued", "date_started", "date_done")
        )
        # sudo: whether there is any
        return bool(self.sudo().env["queue.job"].search_count(moved, limit=1))

    @api.model
    def _enqueue_refresh(self):
        """Make a job of each batch; one that still waits gets no second job."""
        delay = importlib.import_module("odoo.addons.queue_job.delay")
        delay.group(
            *(
                self.delayable(
                    channel=CHANNEL,
                    description=f"Client health {first_id}-{last_id}",
                    identity_key=f"{IDENTITY}{first_id}",
                )._refresh_between(first_id, last_id)
                for first_id, last_id in self._get_batches()
            )
        ).delay()

    @api.model
    def _refresh_between(self, first_id, last_id):
        """Refresh the clients of one batch, in one transaction of the job."""
        self._do_halves(self._refresh_ids, self._get_ids_between(first_id, last_id))

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

    @api.model
    def _tell_without_runner(self):
        """Tell a manager that jobs are installed and nobody runs them."""
        health = self.env["client.health"].search([], limit=1)

        def word(env):
            return (
                env._("No runner takes the jobs of queue_job"),
                env._(
                    "Clients were refreshed without it. Start Odoo with workers and "
                    "--load=base,web,queue_job, or uninstall queue_job."
                ),
            )

        self._tell_manager(health.partner_id, word)
