import logging

import psycopg2
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .client_health_batches import LOCK_TIMEOUT

_logger = logging.getLogger(__name__)


class ClientHealth(models.Model):
    """Showing fresh facts to who opens them."""

    _inherit = "client.health"

    refresh_error = fields.Text(
        compute="_compute_refresh_error",
        search="_search_refresh_error",
        help="Why the last refresh of this client did not succeed; it is tried again.",
    )

    @api.depends("partner_id")
    def _compute_refresh_error(self):
        # sudo: who may read the client may know that its facts are old
        marks = self.env["client.health.stale"].sudo()
        failed = dict(
            marks._read_group(
                [("partner_ref", "in", self.partner_id.ids), ("error", "!=", False)],
                ["partner_ref"],
                ["error:max"],
            )
        )
        for health in self:
            health.refresh_error = failed.get(health.partner_id.id, False)

    def _search_refresh_error(self, operator, value):
        if operator != "in" or any(value):
            return NotImplemented
        # sudo: who may read the client may know that its facts are old
        marks = self.env["client.health.stale"].sudo()
        failed = marks._search([("error", "!=", False)])
        return Domain("partner_id", "not in", failed.subselect("partner_ref"))

    def web_read(self, specification):
        """Read what a form shows, fresh."""
        self.check_access("read")
        self._refresh_stale()
        return super().web_read(specification)

    def action_refresh(self):
        """Refresh these clients now.

        :raise AccessError: for who may not read them
        """
        self.check_access("read")
        self._refresh(self.partner_id)
        return True

    def _refresh_stale(self):
        """Refresh those whose evidence changed, or that are of another day."""
        stale = self._filter_stale()
        if not stale:
            return
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                self._refresh(stale.partner_id)
        except psycopg2.errors.LockNotAvailable:
            _logger.info("Locked by another session: %s", stale.ids)  # still marked
        except (
            psycopg2.OperationalError,
            psycopg2.errors.ReadOnlySqlTransaction,
        ):
            # another session was in the way, or this is a replica: the request is
            # tried again, on the primary server
            raise
        except Exception:
            # old facts are better than none; the background refresh reports it
            _logger.exception("Stale clients could not be refreshed: %s", stale.ids)

    def _filter_stale(self):
        """Return those of the records whose facts may have changed since."""
        # sudo: the marks belong to the engine, and so do the company's settings
        own = self.sudo()
        marked = own.env["client.health.stale"]._read_group(
            [("partner_ref", "in", own.partner_id.ids)], ["partner_ref"]
        )
        marked_ids = {partner_id for (partner_id,) in marked}
        days = {
            period.company_id: period.today
            for period in own.env["client.health.evidence"]._get_periods()
        }
        return self.filtered(
            lambda health: (
                health.partner_id.id in marked_ids
                or not health._is_of(days.get(health.company_id.id))
            )
        )

    def _is_of(self, day):
        # sudo: settings of the company are for our groups only
        refreshed_on = self.sudo().company_id.client_health_refreshed_on
        return bool(refreshed_on) and refreshed_on >= (day or refreshed_on)
