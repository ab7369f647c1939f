from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ..access import GROUP_USER, is_allowed, require_user

CRON = "client_health.client_health_cron_refresh"
JOBS = "client_health.refresh."
"""How the identity of a batch's job begins, where OCA queue_job is installed."""
JOBS_DONE = ("done", "cancelled", "failed")


class ClientHealthCounting(models.AbstractModel):
    """What screens say while everybody is counted: how many, and of how many."""

    _name = "client.health.counting"
    _description = "Counting of Clients"

    @api.model
    def get_counting(self):
        """Return how far the running count of everybody is.

        :return: dict with ``done`` and ``total`` (contacts) and ``text``; ``False``
            where none is running
        :raises AccessError: for who may not see clients
        """
        require_user(self.env)
        left = self._count_left()
        if left is None:
            return False
        total = self._count_contacts()
        done = max(total - left, 0)
        return {"done": done, "total": total, "text": self._word_counting(done, total)}

    @api.model
    def _count_contacts(self):
        [[total]] = self.env.execute_query(
            SQL("SELECT count(*) FROM res_partner WHERE commercial_partner_id = id")
        )
        return total

    @api.model
    def _count_left(self):
        """Return how many contacts the running count has to do; ``None`` without one.

        The scheduler keeps it with each batch that is committed, and so do jobs. It is
        asked whenever a colleague opens Odoo: nobody is counted for it.
        """
        # sudo: how far a job is, without what it is about
        own = self.sudo().env
        if "queue.job" in own:
            of_batches = [("identity_key", "=like", f"{JOBS}%")]
            waiting = [*of_batches, ("state", "not in", JOBS_DONE)]
            if jobs := own["queue.job"].search(waiting):
                graph = [*of_batches, ("graph_uuid", "in", jobs.mapped("graph_uuid"))]
                share = len(jobs) / own["queue.job"].search_count(graph)
                return int(self._count_contacts() * share)
        cron = own.ref(CRON, raise_if_not_found=False)
        last = own["ir.cron.progress"].search(
            [
                ("cron_id", "=", cron.id if cron else 0),
                "|",
                ("done", ">", 0),
                ("remaining", ">", 0),
            ],
            order="id desc",
            limit=1,
        )
        if last.remaining:
            return last.remaining
        counted = [("client_health_refreshed_on", "!=", False)]
        if own["res.company"].search_count(counted, limit=1):
            return None
        return self._count_contacts()

    @api.model
    def _word_counting(self, done, total):
        return self.env._(
            "%(done)s of %(total)s contacts counted",
            done=formatLang(self.env, done, digits=0),
            total=formatLang(self.env, total, digits=0),
        )

    @api.model
    def get_empty_list_help(self, help_message):
        """Say on an empty screen that the count is running, and how far it is."""
        shown = super().get_empty_list_help(help_message)
        counting = is_allowed(self.env, GROUP_USER) and self.get_counting()
        if not counting:
            return shown
        return self.env["ir.qweb"]._render(
            "client_health.client_health_counting", {"counting": counting}
        )
