from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .client_health_flag import RANK

GROUP_USER = "client_health.client_health_group_user"
# a season: long enough to see whether it was a bad patch
DISMISSAL_DAYS = 90


class ClientHealthFlag(models.Model):
    """What staff decide on a flag, and what they raise themselves."""

    _inherit = "client.health.flag"

    def action_confirm(self, reason=None):
        """Record that staff agree with the flag; stays until somebody dismisses it.

        :param str reason: optional
        :raise AccessError: for who may not decide
        """
        self._decide("confirmed", self._clean_reason(reason))
        return True

    def action_dismiss(self, reason, until=None):
        """Record that the flag does not count for now.

        A dismissal covers the present level, not a later higher one. It withdraws
        what was raised by hand.

        :param str reason: why; required
        :param until: last day (date or ISO text); default 90 days from today
        :raise UserError: without a reason, or for a day in the past
        :raise AccessError: for who may not decide
        """
        until = self._parse_until(until)
        reason = self._clean_reason(reason)
        if not reason:
            raise UserError(self.env._("Give the reason for dismissing this flag."))
        for company, flags in self.grouped("company_id").items():
            today = company._get_client_health_today()
            if until and until < today:
                raise UserError(
                    self.env._(
                        "A dismissal cannot end in the past: %(day)s.",
                        day=format_date(self.env, until),
                    )
                )
            default = today + timedelta(days=DISMISSAL_DAYS)
            flags._decide("dismissed", reason, until or default)
        return True

    @api.model
    def _clean_reason(self, reason):
        """Return a reason as text, whatever a script passed."""
        return str(reason or "").strip()

    def _parse_until(self, until):
        try:
            return fields.Date.to_date(until)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("“%(text)s” is not a date.", text=until)
            ) from error

    def _check_may_decide(self):
        """Only our users decide, and only on flags of their own companies."""
        if not self.env.su and not self.env.user.has_group(GROUP_USER):
            raise AccessError(
                self.env._("Only Client Health users may decide on flags.")
            )
        self.check_access("read")

    def _decide(self, decision, reason, until=False):
        self._check_may_decide()
        own = self.sudo()  # sudo: nobody may write flags but by a decision
        for flags in own.grouped("level").values():
            flags.write(flags._prepare_decision_vals(decision, reason, until))
        if decision == "dismissed":
            own.write({"manual_level": "none", "origin": "auto"})
        own._log_history(decision, reason=reason, until=until)
        self.env["client.health"]._refresh_scores(own.health_id.ids)

    def _prepare_decision_vals(self, decision, reason, until=False):
        """Return the values of a decision on flags of one level."""
        return {
            "decision": decision,
            "decision_level": self[:1].level,
            "decision_reason": reason or False,
            "decision_user_id": self.env.uid,
            "decision_date": fields.Datetime.now(),
            "decision_until": until,
            "decision_expired": False,
        }

    def _log_history(self, event, **vals):
        """Add a line to the history of each flag, with the facts as they are now."""
        evidence = self._fetch_evidence()
        return self.env["client.health.flag.history"].create(
            [
                {
                    "flag_id": flag.id,
                    "user_id": self.env.uid,
                    "event": event,
                    "level": flag.level,
                    "level_before": flag.level,
                    "evidence": evidence.get(flag.id, False),
                    **vals,
                }
                for flag in self
            ]
        )

    def _fetch_evidence(self):
        """Return rules and facts as they are now, by id of the flag."""
        if not self:
            return {}
        self.flush_model(["health_id", "trait_id"])
        self.env["client.health"].flush_model()
        evidence = SQL(" ").join(
            SQL("WHEN %s THEN %s", trait.id, trait._get_evidence_sql())
            for trait in self.trait_id
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT flag.id, CASE flag.trait_id %s END
                     FROM client_health_flag AS flag
                     JOIN client_health ON client_health.id = flag.health_id
                    WHERE flag.id = ANY(%s)""",
                evidence,
                self.ids,
            )
        )
        return dict(rows)

    @api.model
    def _raise_by_hand(self, health, trait, level, reason):
        """Raise a flag by hand; the raiser's word is its confirmation."""
        trait = self._resolve_trait(health, trait)
        if level not in ("watch", "flag"):
            raise UserError(self.env._("Raise a flag at level watch or flag."))
        reason = self._clean_reason(reason)
        if not reason:
            raise UserError(self.env._("Give the reason for raising this flag."))
        health.check_access("read")
        self._check_may_decide()
        # sudo: nobody may write flags but by a decision
        flag = self.sudo().search(
            [("health_id", "=", health.id), ("trait_id", "=", trait.id)]
        ) or self.sudo().create({"health_id": health.id, "trait_id": trait.id})
        before = flag.level
        flag._lift_by_hand(level)
        flag.write(flag._prepare_decision_vals("confirmed", reason))
        flag._log_history("manual", reason=reason, level_before=before)
        self.env["client.health"]._refresh_scores(health.ids)
        return flag.with_env(self.env)

    def _lift_by_hand(self, level):
        """Let the level be at least this; what the facts say of more stays theirs."""
        vals = {
            "manual_level": max(level, self.manual_level, key=RANK.get),
            "origin": "manual",
        }
        if RANK[level] > RANK[self.level]:
            today = self.company_id._get_client_health_today()
            vals |= {"level": level, "level_date": today}
        self.write(vals)

    @api.model
    def _resolve_trait(self, health, trait):
        """Return a trait by its id, its record or its code in this company."""
        Trait = self.env["client.health.trait"]
        scope = Domain("company_id", "in", (False, health.company_id.id))
        if isinstance(trait, str):
            own = Trait.search(Domain("code", "=", trait) & scope)
            trait = own.sorted(lambda found: not found.company_id)[:1]
        else:
            trait = self._browse_trait(trait).exists().filtered_domain(scope)
        if not trait:
            raise UserError(self.env._("There is no such trait for this client."))
        return trait

    @api.model
    def _browse_trait(self, trait):
        try:
            return self.env["client.health.trait"].browse(int(trait))
        except (TypeError, ValueError):
            return self.env["client.health.trait"]  # neither an id nor a record
