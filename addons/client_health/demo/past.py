from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import Command

from ..models.client_health import STATE_FROM
from .base import Base
from .staff import FAREWELLS, SINCE


class Past(Base):
    """What the book would hold had the addon been there in the year before."""

    def _create_past(self):
        """Give flags and trend a past, and part from two clients."""
        for code, days_ago in SINCE.items():
            self._age_flags(code, self._today() - timedelta(days=days_ago))
        self._create_snapshots()
        for farewell in FAREWELLS:
            self._create_farewell(**farewell)

    def _get_health(self, code):
        return self.env["client.health"].search(
            [
                ("partner_id", "=", self._ref(code).id),
                ("company_id", "=", self.env.company.id),
            ]
        )

    def _age_flags(self, code, since):
        """Flags were raised that day, and decided on a few weeks ago at most."""
        flags = self._get_health(code).flag_ids
        flags.level_date = since
        recently = self._today() - timedelta(days=20)
        decided_on = self._at(max(since + timedelta(days=7), recently), 11)
        flags.filtered("decision_date").decision_date = decided_on
        for line in flags.history_ids:
            decided = line.event in ("confirmed", "dismissed")
            line.date = decided_on if decided else self._at(since, 3)

    def _create_snapshots(self):
        """Two years of monthly health: as today since the flags, and milder before."""
        first = self._today().replace(day=1)
        since = {
            self._ref(code): self._today() - timedelta(days=days_ago)
            for code, days_ago in SINCE.items()
        }
        self.env["client.health.snapshot"].create(
            [
                self._prepare_snapshot_vals(
                    health,
                    first - relativedelta(months=months_ago),
                    since.get(health.partner_id, self._today()),
                )
                for health in self.env["client.health"].search([])
                for months_ago in range(23, 0, -1)
            ]
        )
        self.env["client.health.snapshot"]._take()

    def _prepare_snapshot_vals(self, health, month, since):
        """Half of what is lost now was lost in the first two months of it."""
        part = 0 if month < since else 0.5 if month < since + timedelta(60) else 1
        score = 100 - round((100 - health.score) * part)
        state = next((name for name, least in STATE_FROM if score >= least), None)
        flags = health.flag_ids.filtered("is_active")
        # who takes much now took less, until lately
        hours = health.hours_spent * (part + 1) / 2
        costs = (health.revenue_amount - health.net_amount) * (part + 1) / 2
        return {
            "health_id": health.id,
            "partner_id": health.partner_id.id,
            "company_id": health.company_id.id,
            "date": month,
            "score": score,
            "state": state or "to_discuss",
            "flag_count": len(flags) if part else 0,
            "revenue_amount": health.revenue_amount,
            "hours_spent": hours,
            "net_amount": health.revenue_amount - costs,
            "overdue_amount": health.overdue_amount * part,
            "days_late_avg": health.days_late_avg * (part + 1) / 2,
            "workload_ratio": health.workload_ratio * (part + 1) / 2,
            "discount_share": health.discount_share * (part + 1) / 2,
        }

    def _create_farewell(self, code, author, end_days, items, past):
        """A draft, or a case that was carried to its end."""
        farewell = (
            self.env["client.farewell"]
            .with_user(self._get_user(author))
            .create(
                {
                    "partner_id": self._ref(code).id,
                    "contact_id": self._ref(code).child_ids[:1].id,
                    "company_id": self.env.company.id,
                    "end_date": self._today() + timedelta(days=end_days),
                    "item_ids": [
                        Command.create({"kind": kind, "name": name})
                        for kind, name in items
                    ],
                }
            )
        )
        if past:
            self._finish_farewell(farewell, past)

    def _finish_farewell(self, farewell, past):
        """Approved by a second person, sent by post, and done on its last day."""
        sent = self._at(farewell.end_date - timedelta(days=60), 14)
        # sudo: the steps themselves would be dated today
        case = farewell.sudo()
        case.item_ids.is_done = True
        case.write(
            {
                "state": "done",
                "approved_by_id": self._get_user("fatima").id,
                "approved_date": sent - timedelta(days=2),
                "sent_by_id": farewell.author_id.id,
                "sent_date": sent,
                "sent_by_post": True,
                "done_date": self._at(farewell.end_date + timedelta(days=1), 3),
                **past,
            }
        )
