from odoo import api, fields, models
from odoo.fields import Domain

GROUP_USER = "client_health.client_health_group_user"
GROUP_MANAGER = "client_health.client_health_group_manager"
BATCH = 100


class ClientHealthFlag(models.Model):
    """What happens when a dismissal ends: who decided is asked to look again."""

    _inherit = "client.health.flag"

    @api.model
    def _cron_expire_dismissals(self):
        """Tell who dismissed a flag that it counts again."""
        while flags := self._find_expired():
            flags._expire()
            remaining = self.search_count(self._get_expired_domain())
            left = self.env["ir.cron"]._commit_progress(len(flags), remaining=remaining)
            if not left:
                break

    @api.model
    def _get_expired_domain(self):
        return (
            Domain("decision", "=", "dismissed")
            & Domain("decision_expired", "=", False)
            & Domain("decision_until", "<", fields.Date.context_today(self))
            & Domain("level", "!=", "none")
        )

    @api.model
    def _find_expired(self):
        return self.search(self._get_expired_domain(), limit=BATCH, order="id")

    def _expire(self):
        """Mark dismissals as expired, and plan an activity for who decided."""
        self.decision_expired = True
        self._log_history("expired", user_id=False)
        for flag in self:
            flag._plan_second_look()
        self.env["client.health"]._refresh_scores(self.health_id.ids)

    def _plan_second_look(self):
        user = self._get_second_looker()
        if not user:
            return
        flag = self.with_context(lang=user.lang or self.env.lang)
        flag.health_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=flag.env._(
                "“%(trait)s”: the dismissal has ended", trait=flag.trait_id.name
            ),
            note=flag.env._("Confirm the flag, or dismiss it again with a reason."),
            user_id=user.id,
        )

    def _get_second_looker(self):
        """Return who decided, or a manager where that colleague has left."""
        decided = self.decision_user_id
        if decided.active and decided.has_group(GROUP_USER):
            return decided
        return self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(GROUP_MANAGER).ids),
                ("company_ids", "in", self.company_id.ids),
                ("share", "=", False),
            ],
            order="id desc",
            limit=1,
        )
