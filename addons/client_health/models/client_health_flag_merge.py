from odoo import models

from .client_health_flag import RANK


class ClientHealthFlag(models.Model):
    _inherit = "client.health.flag"

    def _take_over(self, other):
        """Join another client's flag of the same trait into this one.

        The higher level stays until the facts say otherwise, and the later
        decision wins; the other one stays in the history.
        """
        other.history_ids.write({"flag_id": self.id})
        self.write(self._prepare_joined_level_vals(other))
        if self._is_decided_before(other):
            self.write(other._prepare_same_decision_vals())
        self._log_history(
            "merged",
            reason=other.decision_reason,
            until=other.decision_until,
            user_id=other.decision_user_id.id,
        )
        other.unlink()

    def _prepare_joined_level_vals(self, other):
        manual = max(self.manual_level, other.manual_level, key=RANK.get)
        vals = {
            "manual_level": manual,
            "origin": "auto" if manual == "none" else "manual",
        }
        if RANK[other.level] > RANK[self.level]:
            vals.update(
                level=other.level,
                level_date=other.level_date,
                evidence=other.evidence,
                flag_unmet_since=other.flag_unmet_since,
                watch_unmet_since=other.watch_unmet_since,
            )
        return vals

    def _is_decided_before(self, other):
        """Return whether ``other`` holds the decision that counts."""
        if "none" in (self.decision, other.decision):
            return other.decision != "none"
        return self.decision_date < other.decision_date

    def _prepare_same_decision_vals(self):
        names = [name for name in self._fields if name.startswith("decision")]
        return {name: self[name] for name in names} | {
            "decision_user_id": self.decision_user_id.id
        }
