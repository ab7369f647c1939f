import threading
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from psycopg2.errors import LockNotAvailable


@tagged("-at_install", "post_install")
class TestFlagRace(BaseCase):
    """Colleagues who decide at the same moment, each on a connection that commits."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self._with_env(self._create)
        self.addCleanup(self._with_env, self._delete)

    def _with_env(self, work):
        with db_connect(get_db_name()).cursor() as cr:
            return work(api.Environment(cr, SUPERUSER_ID, {}))

    def _create(self, env):
        partner = env["res.partner"].create({"name": "Race", "is_company": True})
        health = env["client.health"].create(
            {"partner_id": partner.id, "company_id": env.company.id}
        )
        self.partner_id, self.health_id = partner.id, health.id

    def _delete(self, env):
        env["res.partner"].browse(self.partner_id).unlink()

    def act_together(self, *actions):
        """Run each in a transaction of its own, all begun before any ends."""
        begun = threading.Barrier(len(actions), timeout=30)
        failed = []

        def run(action):
            with db_connect(get_db_name()).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                attempts = []

                def work():
                    health = env["client.health"].browse(self.health_id)
                    health.flag_ids.mapped("decision")
                    attempts.append(action)
                    if len(attempts) == 1:
                        begun.wait()
                    action(health)

                try:
                    retrying(work, env)
                except Exception as error:
                    failed.append(error)

        threads = [threading.Thread(target=run, args=(action,)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertFalse(failed)

    def assert_both_reasons_kept(self, env):
        flag = env["client.health"].browse(self.health_id).flag_ids
        self.assertRecordValues(
            flag, [{"level": "flag", "decision": "confirmed", "origin": "manual"}]
        )
        reasons = {"Anna heard it", "Bert heard it"}
        self.assertEqual(set(flag.decision_reason.splitlines()), reasons)
        self.assertEqual(set(flag.history_ids.mapped("reason")), reasons)

    def raise_together(self):
        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            self.act_together(
                lambda health: health.action_raise_flag(
                    "grumpy", "watch", "Anna heard it"
                ),
                lambda health: health.action_raise_flag(
                    "grumpy", "flag", "Bert heard it"
                ),
            )
        self._with_env(self.assert_both_reasons_kept)

    def test_two_colleagues_who_raise_a_flag_at_once_are_both_heard(self):
        self.raise_together()

    def test_two_who_raise_one_that_is_there_are_both_heard(self):
        self._with_env(self._create_flag)
        self.raise_together()

    def test_a_refresh_that_finds_a_client_locked_logs_no_error(self):
        refresh = "odoo.addons.client_health.models.client_health_refresh"
        with db_connect(get_db_name()).cursor() as held:
            held.execute(
                "UPDATE client_health SET score = 1, late_count = 9 WHERE id = %s;"
                "COMMIT; BEGIN; SELECT FROM client_health WHERE id = %s FOR UPDATE",
                (self.health_id, self.health_id),
            )
            with (
                patch(f"{refresh}.LOCK_TIMEOUT", "10ms"),
                self.assertNoLogs("odoo.sql_db", "ERROR"),
            ):
                error = self._with_env(
                    lambda env: env["client.health"]._attempt(
                        env["client.health"]._refresh_ids, [self.partner_id]
                    )
                )
            self.assertIsInstance(error, LockNotAvailable)

    def _create_flag(self, env):
        trait = env.ref("client_health.client_health_trait_grumpy")
        env["client.health.flag"].create(
            {"health_id": self.health_id, "trait_id": trait.id}
        )
