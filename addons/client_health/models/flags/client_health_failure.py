from odoo import api, models

GROUP_MANAGER = "client_health.client_health_group_manager"
ACTIVITY = "client_health.mail_activity_type_refresh_failed"
# about an hour and a half: a lock or a restart has long gone by then
TELL_AFTER_ATTEMPTS = 5


class ClientHealth(models.Model):
    """Telling a manager that a client cannot be refreshed."""

    _inherit = "client.health"

    @api.model
    def _report_failure(self, client_id, error):
        result = super()._report_failure(client_id, error)
        mark = self.env["client.health.stale"].search(
            [("partner_ref", "=", client_id), ("error", "!=", False)], limit=1
        )
        if mark.attempt_count == TELL_AFTER_ATTEMPTS:
            self._tell_manager(self.env["res.partner"].browse(client_id).exists())
        return result

    @api.model
    def _tell_manager(self, client):
        """Plan an activity on this client's health, unless one is open anywhere.

        What fails for one client often fails for many: the activity leads to the
        filter that shows them all.
        """
        activity_type = self.env.ref(ACTIVITY, raise_if_not_found=False)
        if not client or not activity_type or self._is_manager_told(activity_type):
            return
        own = self.search([("partner_id", "=", client.id)], limit=1)
        health = own or self._ensure(client, self.env.company)
        manager = self._get_manager(health.company_id)
        if manager:
            words = self.with_context(lang=manager.lang or self.env.lang).env
            health.activity_schedule(
                ACTIVITY,
                summary=words._("This client's health cannot be refreshed"),
                note=words._(
                    "The filter “Refresh Failed” in Clients shows for whom and why."
                ),
                user_id=manager.id,
            )

    @api.model
    def _is_manager_told(self, activity_type):
        open_one = [("activity_type_id", "=", activity_type.id)]
        return bool(self.env["mail.activity"].search_count(open_one, limit=1))

    @api.model
    def _get_manager(self, companies):
        """Return a manager of these companies, the newest first; may be empty."""
        return self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(GROUP_MANAGER).ids),
                ("company_ids", "in", companies.ids),
                ("share", "=", False),
            ],
            order="id desc",
            limit=1,
        )
