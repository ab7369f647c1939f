import logging
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL, split_every

_logger = logging.getLogger(__name__)

BATCH_SIZE = 2000
"""Clients in one transaction: some tenths of a second of work."""
ATTEMPTS = 3
"""How often a batch that ran into another session is tried before it is halved."""
LOCK_TIMEOUT = "1s"
"""How long a refresh in the background waits for a row another session holds."""
FINISH_AGAIN_MINUTES = 5
"""When what needs all clients is tried again where another session was in the way."""
POSITION = "client_health.refresh_position"
"""Parameter with the last client that was done when the nightly refresh ran out of
time."""


class ClientHealth(models.Model):
    """Refreshing everybody, or those who changed, in small transactions.

    A batch is a transaction of its own: killed at any point, what is committed stays
    and the rest is done by the next run. A batch that fails is halved until the
    client is found that it fails for; that one is reported and tried again later.
    """

    _inherit = "client.health"

    @api.model
    def _cron_refresh_stale(self):
        """Refresh the clients that were marked since the last run."""
        Stale = self.env["client.health.stale"]
        waiting = BATCH_SIZE
        while waiting:
            client_ids, waiting = Stale._get_waiting_ids(BATCH_SIZE)
            waiting = max(waiting - len(client_ids), 0)
            if client_ids and not self._refresh_batch(client_ids, waiting):
                break

    @api.model
    def _cron_refresh_all(self):
        """Refresh all clients; go on later where the time was up."""
        if "queue.job" in self.env:
            self._enqueue_refresh()
            return
        batches = self._get_batches(after=self._get_position())
        while batches:
            first_id, last_id = batches.pop(0)
            client_ids = self._get_ids_between(first_id, last_id)
            left = self._refresh_batch(client_ids, len(batches) * BATCH_SIZE)
            if batches and not left:
                self._set_position(last_id)
                return
        self._set_position(None)
        self._finish_refresh()

    @api.model
    def _finish_refresh(self):
        """Do what needs all clients: medians, and the flags that depend on them.

        A client whose row another session holds keeps its old ratio and is
        refreshed later; where nothing can be done now, all of it is tried again.
        """
        error = self._attempt(self._store_medians)
        if error:
            _logger.warning("The medians could not be stored: %s", error)
            again_at = fields.Datetime.now() + timedelta(minutes=FINISH_AGAIN_MINUTES)
            self.env.ref("client_health.client_health_cron_refresh")._trigger(again_at)
            return
        self.env["ir.cron"]._commit_progress()  # a client that fails keeps them
        others = self._get_ids_of_other_ratio()
        for client_ids in split_every(BATCH_SIZE, others, list):
            self._do_batch(self._refresh_ratios, client_ids)

    @api.model
    def _get_ids_of_other_ratio(self):
        rows = self.env.execute_query(self._get_other_ratios_sql())
        return sorted({client_id for _health_id, client_id, *_ratios in rows})

    @api.model
    def _refresh_ratios(self, client_ids):
        """Let clients' ratios go by the medians, and flags and scores by those."""
        health_ids = self._write_ratios(client_ids)
        self.env.invalidate_all()
        self.env["client.health.flag"]._refresh_levels(health_ids)
        self._refresh_scores(health_ids)

    @api.model
    def _refresh_batch(self, client_ids, remaining=0):
        """Refresh clients in a transaction of their own, halved where it fails.

        :param client_ids: ids of contacts
        :param int remaining: how many clients wait after these, for the cron
        :return: the seconds left to this run of the cron
        """
        return self._do_batch(self._refresh_ids, client_ids, remaining)

    @api.model
    def _do_batch(self, work, client_ids, remaining=0):
        """Do work for clients in transactions of their own, as small as it takes."""
        error = self._attempt(work, client_ids)
        if error and len(client_ids) > 1:
            half = len(client_ids) // 2
            first, second = client_ids[:half], client_ids[half:]
            self._do_batch(work, first, remaining + len(second))
            return self._do_batch(work, second, remaining)
        if error:
            unreported = self._attempt(self._report_failure, client_ids[0], error)
            if unreported:
                _logger.error("A failure could not be kept", exc_info=unreported)
        return self.env["ir.cron"]._commit_progress(
            len(client_ids), remaining=remaining
        )

    @api.model
    def _refresh_ids(self, client_ids):
        self._refresh(self.env["res.partner"].browse(client_ids))

    @api.model
    def _report_failure(self, client_id, error):
        """Log that a client could not be refreshed, and show it to managers."""
        if isinstance(error, psycopg2.OperationalError):
            # another session holds it: no fault, it is tried again
            _logger.info("Partner %s is refreshed later: %s", client_id, error)
        else:
            _logger.error(
                "The health of partner %s could not be refreshed",
                client_id,
                exc_info=error,
            )
        self.env["client.health.stale"]._report(client_id, error)

    @api.model
    def _attempt(self, work, *args):
        """Do work in this transaction, again where another session was in the way.

        :return: the error, after which nothing is written, or ``None``
        """
        for _attempt in range(ATTEMPTS):
            try:
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                work(*args)
                self.env.flush_all()
                return None
            except psycopg2.OperationalError as caught:
                error = caught
            except Exception as caught:
                self.env.cr.rollback()
                return caught
            self.env.cr.rollback()
            if isinstance(error, psycopg2.errors.LockNotAvailable):
                break
        return error

    @api.model
    def _get_batches(self, after=0):
        """Return the first and last id of each batch of commercial partners.

        :param int after: leave out partners up to this id
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT min(id), max(id)
                  FROM (
                       SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS batch
                         FROM res_partner
                        WHERE commercial_partner_id = id AND id > %s
                       ) AS partner
              GROUP BY batch
              ORDER BY batch
                """,
                BATCH_SIZE,
                after,
            )
        )

    @api.model
    def _get_ids_between(self, first_id, last_id):
        """Return the ids of commercial partners and of who has a record, in a range."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM res_partner
                 WHERE id BETWEEN %(first_id)s AND %(last_id)s
                   AND commercial_partner_id = id
                 UNION
                SELECT partner_id FROM client_health
                 WHERE partner_id BETWEEN %(first_id)s AND %(last_id)s
                """,
                first_id=first_id,
                last_id=last_id,
            )
        )
        return [client_id for (client_id,) in rows]

    @api.model
    def _get_position(self):
        # sudo: the cron's own bookkeeping
        return int(self.env["ir.config_parameter"].sudo().get_param(POSITION, 0))

    @api.model
    def _set_position(self, client_id):
        # sudo: the cron's own bookkeeping
        self.env["ir.config_parameter"].sudo().set_param(POSITION, client_id or False)
