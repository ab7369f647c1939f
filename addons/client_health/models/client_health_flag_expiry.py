from odoo import api, models
from odoo.fields import Domain

BATCH = 100


class ClientHealthFlag(models.Model):
    """What happens when a dismissal ends: who decided is asked to look again."""

    _inherit = "client.health.flag"

    @api.model
    def _cron_expire_dismissals(self):
        """Tell who dismissed a flag that it counts again."""
        Health = self.env["client.health"]
        client_ids = self.search(self._get_expired_domain()).partner_id.ids
        while client_ids:
            batch, client_ids = client_ids[:BATCH], client_ids[BATCH:]
            if not Health._do_batch(self._expire_of, batch, len(client_ids)):
                break

    @api.model
    def _expire_of(self, client_ids):
        expired = self._get_expired_domain() & Domain("partner_id", "in", client_ids)
        self.search(expired, order="id")._expire()

    @api.model
    def _get_expired_domain(self):
        company = self.env["res.company"]
        over = company._get_client_health_today_domain("decision_until", "<")
        return (
            Domain("decision", "=", "dismissed")
            & Domain("decision_expired", "=", False)
            & over
            & self._get_active_domain()
        )

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
        if decided.active and self.health_id._may_know(decided):
            return decided
        return self.env["client.health"]._get_manager(self.company_id)
