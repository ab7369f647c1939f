from datetime import date

from odoo.tests import tagged

from .common import new_test_user
from .facts_common import TODAY, FactsCase


@tagged("post_install", "-at_install")
class TestRecordFacts(FactsCase):
    """Facts from what staff noted: incidents and promises."""

    def log(self, kind, day=TODAY, **vals):
        # sudo: nobody but the tests reports in another's name
        return (
            self.env["client.health.incident"]
            .sudo()
            .create(
                {
                    "partner_id": self.client.id,
                    "kind": kind,
                    "date": day,
                    "description": "What happened",
                    **vals,
                }
            )
        )

    def promise(self, state, day=TODAY):
        promise = self.env["client.health.promise"].create(
            {
                "partner_id": self.client.id,
                "description": "What was promised",
                "date_promised": day,
            }
        )
        # sudo: settled by a button elsewhere
        promise.sudo().state = state

    def assert_facts(self, **facts):
        self.assertRecordValues(self.refresh(), [facts])

    def test_each_kind_of_incident_counts_for_itself(self):
        for kind in ("integrity", "demand", "demand", "freebie"):
            self.log(kind, severe=True)
        self.assert_facts(
            integrity_incident_count=1,
            demand_incident_count=2,
            freebie_incident_count=1,
            conduct_incident_count=0,
            conduct_severe_count=0,
        )

    def test_days_and_reporters_of_conduct_count_once(self):
        other = new_test_user(
            self.env,
            login="colleague",
            groups="client_health.client_health_group_user",
        )
        self.log("conduct")
        self.log("conduct", severe=True)
        self.log("conduct", day=date(2026, 10, 1))
        self.assert_facts(
            conduct_incident_count=3,
            conduct_day_count=2,
            conduct_reporter_count=1,
            conduct_severe_count=1,
        )
        self.log("conduct", user_id=other.id)
        self.assert_facts(conduct_reporter_count=2, conduct_day_count=2)

    def test_incidents_and_promises_count_within_the_window(self):
        self.log("conduct", day=date(2025, 11, 23))
        self.promise("broken", day=date(2025, 11, 23))
        self.assert_facts(conduct_incident_count=0, promise_count=0)
        self.log("conduct", day=date(2025, 11, 24))
        self.promise("broken", day=date(2025, 11, 24))
        self.assert_facts(conduct_incident_count=1, promise_count=1)

    def test_a_promise_kept_before_its_day_counts_from_that_day_on(self):
        self.promise("kept", day=date(2026, 11, 24))
        self.assert_facts(promise_count=0)
        self.promise("kept", day=date(2026, 11, 23))
        self.assert_facts(promise_count=1)

    def test_open_and_lapsed_promises_do_not_count(self):
        for state in ("open", "void", "kept", "kept", "partly", "broken"):
            self.promise(state)
        self.assert_facts(
            promise_count=4, promise_broken_count=1, promise_kept_share=0.5
        )
