import threading
from datetime import timedelta

from freezegun import freeze_time
from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

from .common_call import CallCase

CLICKS = 4


@tagged("post_install", "-at_install")
@freeze_time(CallCase.NOW)
class TestCallRace(BaseCase):
    """Visitors who click together, each on a real connection that commits."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self._with_env(self._create)
        self.addCleanup(self._with_env, self._delete)

    def _with_env(self, work):
        with db_connect(get_db_name()).cursor() as cr:
            context = {"no_reset_password": True, "tracking_disable": True}
            return work(api.Environment(cr, SUPERUSER_ID, context))

    def _create(self, env):
        user = env["res.users"].create(
            {
                "name": "Race Coach",
                "login": "race_coach",
                "email": "race_coach@example.com",
                "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
            }
        )
        track = env["coaching.track"].create(
            {
                "name": "Race",
                "code": "race_test",
                "user_id": user.id,
                "horizon_days": 30,
                "buffer_minutes": 0,
            }
        )
        leads = env["crm.lead"].create(
            [
                {
                    "name": f"Race {number}",
                    "email_from": f"race{number}@example.com",
                    "user_id": user.id,
                    "coaching_track_id": track.id,
                    "coaching_session_state": "requested",
                }
                for number in range(CLICKS)
            ]
        )
        self.user_id, self.track_id, self.lead_ids = user.id, track.id, leads.ids

    def _delete(self, env):
        leads = env["crm.lead"].browse(self.lead_ids)
        env["calendar.event"].with_context(active_test=False).search(
            [("user_id", "=", self.user_id)]
        ).unlink()
        env["mail.mail"].search([("email_to", "like", "race")]).unlink()
        leads.exists().unlink()
        env["coaching.track"].browse(self.track_id).unlink()
        user = env["res.users"].browse(self.user_id)
        partner = user.partner_id
        user.unlink()
        partner.unlink()

    def _click_together(self, clicks):
        """Run every click in its own transaction, all begun before any ends."""
        begun = threading.Barrier(len(clicks), timeout=30)
        answers = []

        def run(click):
            with db_connect(get_db_name()).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                fresh = [True]

                def work():
                    env["crm.lead"].search_count([("id", "in", self.lead_ids)])
                    if fresh.pop() if fresh else False:
                        begun.wait()
                    return click(env)

                try:
                    answers.append(retrying(work, env))
                except UserError:
                    answers.append("refused")

        threads = [threading.Thread(target=run, args=(click,)) for click in clicks]
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        return sorted(answers)

    def _events(self):
        return self._with_env(
            lambda env: [
                (event.start, event.stop)
                for event in env["calendar.event"].search(
                    [("user_id", "=", self.user_id)]
                )
            ]
        )

    def _book(self, number, start):
        def click(env):
            env["crm.lead"].browse(self.lead_ids[number])._coaching_plan(start)
            return "planned"

        return click

    def test_of_visitors_who_click_one_slot_together_one_gets_it(self):
        start = self._with_env(
            lambda env: env["crm.lead"].browse(self.lead_ids[0])._coaching_call_starts()
        )[3]
        answers = self._click_together(
            [self._book(number, start) for number in range(CLICKS)]
        )
        self.assertEqual(answers, ["planned"] + ["refused"] * (CLICKS - 1))
        self.assertEqual(len(self._events()), 1)

    def test_overlapping_slots_count_as_one(self):
        starts = self._with_env(
            lambda env: env["crm.lead"].browse(self.lead_ids[0])._coaching_call_starts()
        )
        first = next(
            start for start in starts if start + timedelta(minutes=30) in starts
        )
        answers = self._click_together(
            [self._book(0, first), self._book(1, first + timedelta(minutes=30))]
        )
        self.assertEqual(answers, ["planned", "refused"])
        self.assertEqual(len(self._events()), 1)

    def test_a_double_click_on_one_link_plans_one_call(self):
        def prepare(env):
            lead = env["crm.lead"].browse(self.lead_ids[0])
            url = lead._coaching_booking_url()
            return url.rsplit("/", 1)[-1], lead._coaching_call_starts()

        token, starts = self._with_env(prepare)

        def click(start):
            def work(env):
                lead = env["crm.lead"]._coaching_lead_to_book(token)
                if not lead:
                    return "dead link"
                lead._coaching_plan(start)
                return "planned"

            return work

        answers = self._click_together([click(starts[0]), click(starts[-1])])
        self.assertEqual(answers, ["dead link", "planned"])
        (event,) = self._events()
        self.assertGreater(event[0], fields.Datetime.now())
