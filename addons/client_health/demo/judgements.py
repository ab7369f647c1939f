from datetime import timedelta

from .base import Base
from .staff import DECISIONS, INCIDENTS, PROMISES


class Judgements(Base):
    """What colleagues saw, agreed on and decided."""

    def _create_staff_records(self):
        """What colleagues logged and, once all is judged, what they decided."""
        self.env["client.health.incident"].create(
            [self._prepare_incident_vals(*item) for item in INCIDENTS]
        )
        self.env["client.health"]._refresh()
        for item in DECISIONS:
            self._decide(*item)
        self.env["client.health"]._refresh()

    def _prepare_incident_vals(self, code, kind, days_ago, user, severe, description):
        return {
            "partner_id": self._ref(code).id,
            "company_id": self.env.company.id,
            "kind": kind,
            "date": self._today() - timedelta(days=days_ago),
            "user_id": self._get_user(user).id,
            "severe": severe,
            "description": description,
        }

    def _create_promises(self, plan, invoices):
        """Note who promised to pay which invoice when."""
        by_month = {
            (client.code, months_ago): invoice
            for (client, months_ago, _nth), invoice in zip(plan, invoices, strict=True)
        }
        self.env["client.health.promise"].create(
            [
                self._prepare_promise_vals(by_month[code, months_ago], days)
                for code, months_ago, days in PROMISES
            ]
        )

    def _prepare_promise_vals(self, invoice, days):
        """A promise to pay the invoice so many days after it is due."""
        return {
            "partner_id": invoice.partner_id.id,
            "company_id": invoice.company_id.id,
            "move_id": invoice.id,
            "date_promised": invoice.invoice_date_due + timedelta(days=days),
        }

    def _decide(self, code, trait, user, decision, days, reason):
        """Confirm or dismiss a client's flag, as that colleague."""
        flag = self.env["client.health.flag"].search(
            [
                ("partner_id", "=", self._ref(code).id),
                ("company_id", "=", self.env.company.id),
                ("trait_id.code", "=", trait),
            ]
        )
        flag = flag.with_user(self._get_user(user))
        if decision == "confirm":
            flag.action_confirm(reason)
        else:
            flag.action_dismiss(reason, self._today() + timedelta(days=days))
