from odoo import api, models

from .client_health_flag import RANK


class ClientHealth(models.Model):
    """Two clients become one: nothing that staff decided may be lost."""

    _inherit = "client.health"

    @api.model
    def _merge_clients(self, partners, into):
        """Move the health of ``partners`` to the client of ``into``.

        :param res.partner partners: clients that will be clients no more
        :param res.partner into: the contact whose client takes over
        """
        self.env.flush_all()
        client = into.commercial_partner_id
        for source in self.search([("partner_id", "in", partners.ids)]):
            if source.partner_id != client:
                self._ensure(client, source.company_id)._absorb(source)

    def _absorb(self, source):
        """Take over everything of another record of the same company."""
        self.ensure_one()
        self._absorb_flags(source.flag_ids)
        self._absorb_snapshots(source)
        self.env.flush_all()
        # core's own way of moving every link, thread, activity and file
        Merge = self.env["base.partner.merge.automatic.wizard"]
        Merge._update_foreign_keys_generic(self._name, source, self)
        Merge._update_reference_fields_generic(self._name, source, self)
        self.env.invalidate_all()
        source.unlink()
        self._refresh_scores(self.ids)
        self.env["client.health.stale"]._mark(
            self.partner_id.ids, company_id=self.company_id.id
        )

    def _absorb_flags(self, flags):
        own = {flag.trait_id: flag for flag in self.flag_ids}
        for flag in flags:
            if flag.trait_id in own:
                own[flag.trait_id]._take_over(flag)
            else:
                flag.health_id = self
                flag._log_history("merged", reason=flag.decision_reason)

    def _absorb_snapshots(self, source):
        """Keep this client's own month where both have one."""
        months = self.snapshot_ids.mapped("date")
        source.snapshot_ids.filtered(lambda taken: taken.date in months).unlink()
        source.snapshot_ids.write({"partner_id": self.partner_id.id})


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
