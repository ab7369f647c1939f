import logging
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

PENDING = "client_health.stale"
RETRY_MINUTES = 5
RETRY_MINUTES_MAX = 24 * 60


class ClientHealthStale(models.Model):
    """Clients whose facts may have changed since they were refreshed.

    Append-only and without foreign keys or a unique key, so that marking takes no
    lock and never waits for, or fails because of, another session. A client that
    could not be refreshed keeps its mark, with the error and when it is tried again.
    """

    _name = "client.health.stale"
    _description = "Client to Refresh"
    _log_access = False
    _order = "id"

    partner_ref = fields.Many2oneReference(
        model_field="partner_model", readonly=True, index=True
    )
    partner_model = fields.Char(compute="_compute_partner_model")
    company_ref = fields.Integer(readonly=True)
    error = fields.Text(readonly=True, help="Why the last refresh did not succeed.")
    attempt_count = fields.Integer(readonly=True)
    retry_at = fields.Datetime(readonly=True)

    def _compute_partner_model(self):
        self.partner_model = "res.partner"

    def _compute_display_name(self):
        partners = self.env["res.partner"].browse(self.mapped("partner_ref"))
        known = partners.exists()._filtered_access("read")
        names = {partner.id: partner.display_name for partner in known}
        for mark in self:
            mark.display_name = names.get(mark.partner_ref, str(mark.partner_ref))

    @api.model
    def _search(self, *args, **kwargs):
        self._write_pending()
        return super()._search(*args, **kwargs)

    @api.model
    def _mark(self, partner_ids, company_id=None):
        """Ask for fresh facts on these contacts' clients.

        The marks of a transaction are written together when it commits.

        :param partner_ids: ids of contacts, commercial partners or not
        :param int company_id: the company it is about; all without it
        """
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = set()
            precommit.add(self._write_pending)
        precommit.data[PENDING].update(
            (partner_id, company_id) for partner_id in partner_ids
        )

    @api.model
    def _write_pending(self):
        """Write the marks of this transaction, and wake the refresh.

        The document that was changed matters more than its mark: where the mark
        cannot be written, the nightly refresh finds the change.
        """
        pending = self.env.cr.precommit.data.pop(PENDING, None)
        if not pending:
            return
        try:
            with self.env.cr.savepoint(flush=False):
                self._insert(pending)
                self._wake()
        except psycopg2.Error:
            _logger.exception("Clients could not be marked for a refresh")

    @api.model
    def _insert(self, marks):
        self.env.cr.execute(
            SQL(
                "INSERT INTO client_health_stale (partner_ref, company_ref)"
                " SELECT * FROM unnest(%s::integer[], %s::integer[])",
                [partner_id for partner_id, _company_id in marks],
                [company_id for _partner_id, company_id in marks],
            )
        )

    @api.model
    def _wake(self, at=None):
        # not by ``ref``, which costs the document a query to see that it exists
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "client_health.client_health_cron_stale", raise_if_not_found=False
        )
        if cron_id:
            self.env["ir.cron"].browse(cron_id)._trigger(at)

    @api.model
    def _get_waiting_ids(self, limit):
        """Return the ids of contacts that wait for a refresh now, and how many wait.

        A contact that failed waits until it is tried again.

        :param int limit: how many ids at most
        :return: pair of the ids and the number of all that wait
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_ref, count(*) OVER ()
                  FROM client_health_stale
              GROUP BY partner_ref
                HAVING bool_or(retry_at IS NULL OR retry_at <= %s)
              ORDER BY min(id)
                 LIMIT %s
                """,
                fields.Datetime.now(),
                limit,
            )
        )
        return [partner_id for partner_id, _all in rows], rows[0][1] if rows else 0

    @api.model
    def _clear(self, partner_ids=None):
        """Remove the marks of contacts that are being refreshed; all without ids.

        Only marks this transaction can see: what is marked meanwhile stays. Marks
        that another session removes at this moment are left to it.
        """
        clause = SQL()
        if partner_ids is not None:
            clause = SQL("WHERE partner_ref = ANY(%s)", partner_ids)
        self._write_pending()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM client_health_stale WHERE id = ANY(ARRAY(
                       SELECT id FROM client_health_stale %s FOR UPDATE SKIP LOCKED))
                """,
                clause,
            )
        )

    @api.model
    def _report(self, partner_id, error):
        """Keep that a client could not be refreshed, and try again later.

        The time between two attempts doubles, from minutes to a day.
        """
        [[attempts]] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(max(attempt_count), 0) + 1"
                "  FROM client_health_stale WHERE partner_ref = %s",
                partner_id,
            )
        )
        minutes = min(RETRY_MINUTES * 2 ** (attempts - 1), RETRY_MINUTES_MAX)
        retry_at = fields.Datetime.now() + timedelta(minutes=minutes)
        self._clear([partner_id])
        self.env.cr.execute(
            SQL(
                "INSERT INTO client_health_stale"
                " (partner_ref, error, attempt_count, retry_at)"
                " VALUES (%s, %s, %s, %s)",
                partner_id,
                str(error),
                attempts,
                retry_at,
            )
        )
        self._wake(retry_at)
