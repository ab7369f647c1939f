"""The count of everybody as jobs of OCA's queue_job, with real workers and without.

`setup/test tests/test_beside_queue.py`, and every night in CI.
"""

import os
import signal
from pathlib import Path

import pytest
from book import run, shell
from crew import drop, query, wait_until
from instance import Server, free_port
from stack import database, odoo, paths, testing, venv

pytestmark = pytest.mark.slow
PINS = Path(__file__).with_name("beside_queue.txt")
# Facts wrong: there is work for everybody.
DISTURB = """
    UPDATE client_health SET late_count = 99, score = 1, discount_share = 9;
    DELETE FROM client_health_flag WHERE decision = 'none';
    UPDATE ir_cron SET active = FALSE;
    DELETE FROM ir_config_parameter WHERE key LIKE 'client_health.%';
    DELETE FROM queue_job;
"""
NIGHT = """
from odoo.addons.client_health.models import client_health_refresh as batches
batches.BATCH_SIZE = 5
env["client.health"]._cron_refresh_all()
jobs = env["queue.job"]._read_group([], ["state"], ["__count"])
result = {state: count for state, count in jobs}
"""
ALONE = "env['client.health']._refresh()\nresult = True"
BOOK = """
    SELECT health.partner_id, late_count, discount_share, score, state,
           count(flag.id) FILTER (WHERE flag.level <> 'none')
      FROM client_health AS health
 LEFT JOIN client_health_flag AS flag ON flag.health_id = health.id
  GROUP BY health.id ORDER BY health.partner_id
"""
NONE_WAITS = """
    SELECT NOT EXISTS (SELECT FROM queue_job WHERE state IN
           ('wait_dependencies', 'pending', 'enqueued', 'started'))
"""
STARTED = "SELECT worker_pid FROM queue_job WHERE state = 'started'"
TOLD = """
    SELECT count(*) FROM mail_activity
     WHERE res_model = 'client.health' AND summary ILIKE '%%queue_job%%'
"""


@pytest.fixture(scope="module", autouse=True)
def queue(tmp_path_factory):
    """Odoo that knows queue_job, from its wheel."""
    target = paths.STATE / "queue"
    folder = venv.ensure_apart(PINS, target)
    config = tmp_path_factory.mktemp("queue") / "odoo.conf"
    ours = odoo.addons_path()
    config.write_text(odoo.CONFIG.read_text().replace(ours, f"{ours},{folder}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(odoo, "CONFIG", config)
        plain = odoo.environment
        path = {"PYTHONPATH": str(target)}  # openupgradelib is asked for
        patch.setattr(odoo, "environment", lambda: plain() | path)
        yield


@pytest.fixture(scope="module")
def ready(demo_template, queue):
    """The demo book beside queue_job, with work for the night."""
    name = testing.database_name("queue")
    database.copy(demo_template, name)
    assert run(name, "-i", "queue_job") == []
    query(name, DISTURB)
    yield name
    drop(name)


@pytest.fixture(scope="module")
def right(ready):
    """What the book says once everybody was refreshed."""
    name = testing.database_name("right")
    database.copy(ready, name)
    shell(name, ALONE)
    book = query(name, BOOK)
    drop(name)
    return book


@pytest.fixture(name="night")
def fixture_night(ready):
    """A copy to work on."""
    name = testing.database_name("jobs")
    database.copy(ready, name)
    yield name
    drop(name)


class Workers(Server):
    """Odoo with two workers and a runner of jobs."""

    def __init__(self, database):
        super().__init__(
            database,
            "--workers=2",
            "--load=base,web,queue_job",
            f"--gevent-port={free_port()}",
        )
        self.variables = {
            "ODOO_QUEUE_JOB_CHANNELS": "root:2",
            "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
            "ODOO_QUEUE_JOB_PORT": str(self.port),
        }


def test_two_workers_share_the_batches_and_one_is_killed(night, right):
    query(
        night,
        # slow enough to be caught at work
        """CREATE FUNCTION wait_a_bit() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END';
           CREATE TRIGGER wait_a_bit BEFORE UPDATE ON client_health
           FOR EACH ROW EXECUTE FUNCTION wait_a_bit()""",
    )
    begun = shell(night, NIGHT)
    assert set(begun) == {"pending"} and begun["pending"] > 5
    with Workers(night):
        two = f"SELECT count(DISTINCT worker_pid) = 2 FROM ({STARTED}) AS started"
        wait_until(night, two)
        [pid, *_other] = query(night, STARTED)[0]
        os.kill(pid, signal.SIGKILL)
        wait_until(night, NONE_WAITS)
    assert query(night, "SELECT DISTINCT state FROM queue_job") == [("done",)]
    # the cron does what needs all of them, and does not begin again
    assert shell(night, NIGHT) == {"done": begun["pending"]}
    assert query(night, BOOK) == right
    assert query(night, TOLD) == [(0,)]


def test_a_failed_job_enqueues_no_other_again(night, right):
    begun = shell(night, NIGHT)["pending"]
    query(
        night,
        "UPDATE queue_job SET state = 'failed' WHERE id = (SELECT min(id)"
        " FROM queue_job)",
    )
    assert shell(night, NIGHT) == {"pending": begun - 1, "failed": 1}
    query(night, "UPDATE queue_job SET state = 'done' WHERE state = 'pending'")
    assert shell(night, NIGHT) == {"done": begun - 1, "failed": 1}
    # the next night has a job for each batch, the failed one too
    assert shell(night, NIGHT)["pending"] == begun


def test_without_a_runner_the_cron_works_and_tells_a_manager(night, right):
    begun = shell(night, NIGHT)["pending"]
    assert query(night, BOOK) != right
    assert shell(night, NIGHT) == {"cancelled": begun}
    assert query(night, BOOK) == right
    assert query(night, TOLD) == [(1,)]
