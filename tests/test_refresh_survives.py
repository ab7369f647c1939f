"""The nightly work, killed, run twice at once, locked out and broken, for real.

Whatever happens on the way, the end is that of a run nobody disturbed.
"""

import json

import pytest
from book import shell
from crew import (
    DAY,
    Process,
    drop,
    held,
    query,
    wait_for_blocked,
    wait_for_nobody,
    wait_until,
)
from stack import database, testing

CRONS = (
    "ir_cron_expire_dismissals",
    "ir_cron_take_snapshots",
    "ir_cron_purge",
    "client_health_cron_stale",
    "client_health_cron_refresh",
)
OURS = f"""
    SELECT res_id FROM ir_model_data
     WHERE module = 'client_health' AND name IN {CRONS!r}
"""
# Facts wrong (but for those of the medians), undecided flags gone, records and
# snapshots missing, a dismissal that has ended: there is work of every kind.
DISTURB = f"""
    UPDATE ir_cron SET active = FALSE;
    UPDATE client_health SET late_count = 99, workload_ratio = 99, reopen_count = 9,
           score = 1, state = 'healthy', discount_share = 9;
    DELETE FROM client_health_flag WHERE decision = 'none';
    UPDATE client_health_flag SET level = 'none', level_date = '2020-01-01';
    UPDATE client_health_flag SET level = 'watch', decision = 'dismissed',
           decision_until = DATE '{DAY}' - 5, decision_expired = FALSE,
           decision_level = 'watch', decision_user_id = 2
     WHERE id = (SELECT max(id) FROM client_health_flag);
    UPDATE client_health_flag SET level_date = DATE '{DAY}' WHERE level = 'none';
    DELETE FROM client_health_snapshot
     WHERE date = date_trunc('month', DATE '{DAY}') OR id % 3 = 0;
    DELETE FROM client_health health WHERE (id % 4 = 0 OR ticket_count = 0)
       AND NOT EXISTS (
           SELECT FROM client_health_flag WHERE health_id = health.id)
       AND NOT EXISTS (SELECT FROM client_health_incident WHERE health_id = health.id)
       AND NOT EXISTS (SELECT FROM client_health_promise WHERE health_id = health.id)
       AND partner_id NOT IN (SELECT partner_id FROM client_farewell);
    INSERT INTO ir_config_parameter (key, value)
    VALUES ('client_health.looked_back', '2000-01-31');
    DELETE FROM client_health_stale;
    INSERT INTO client_health_stale (partner_ref)
    SELECT partner_id FROM client_health WHERE id % 5 = 0;
    UPDATE res_company SET client_health_refreshed_on = DATE '{DAY}' - 1,
           client_health_workload_median = 0;
"""
READY = f"""
    DELETE FROM ir_cron_trigger;
    UPDATE client_health_stale SET retry_at = '2020-01-01' WHERE error IS NOT NULL;
    UPDATE ir_cron SET active = TRUE, nextcall = '2020-01-01', failure_count = 0
     WHERE id IN ({OURS});
"""
# What a server's cron worker does, with batches that the demo book fills.
WORKER = """
from odoo.addons.base.models.ir_cron import IrCron
from odoo.addons.client_health.models import client_health_refresh as batches
batches.BATCH_SIZE = 5
batches.LOCK_TIMEOUT = {timeout!r}
env.cr.rollback()
IrCron._process_jobs(env.cr.dbname)
"""
REFRESH = """
from odoo.addons.client_health.models import client_health_refresh as batches
batches.BATCH_SIZE = 5
env['client.health']._cron_refresh_stale()
env['client.health']._cron_refresh_all()
env.cr.commit()
"""
# A colleague who posts an invoice and half of the time its payment, until told.
POSTER = """
from itertools import cycle
clients = env['client.health'].search([]).partner_id
for number, client in enumerate(cycle(clients)):
    invoice = env['account.move'].create({
        'move_type': 'out_invoice', 'partner_id': client.id,
        'invoice_date': '2026-01-05', 'invoice_line_ids': [
            (0, 0, {'name': 'Work', 'price_unit': 10 + number})]})
    invoice.action_post()
    env.cr.commit()
    if number % 2:
        env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create({}).action_create_payments()
        env.cr.commit()
    env.cr.execute("SELECT FROM ir_config_parameter WHERE key = 'test.stop'")
    if env.cr.fetchall():
        break
"""
BOOK = {
    "facts": """
        SELECT to_jsonb(health) - '{id,create_uid,create_date,write_uid,write_date,
               refreshed_at}'::text[] FROM client_health health""",
    "flags": """
        SELECT to_jsonb(flag) - '{id,health_id,create_uid,create_date,write_uid,
               write_date}'::text[] FROM client_health_flag flag""",
    "history": """
        SELECT (to_jsonb(history) - '{id,flag_id,date}'::text[]) || jsonb_build_object(
               'partner', flag.partner_id, 'trait', flag.trait_id)
          FROM client_health_flag_history history
          JOIN client_health_flag flag ON flag.id = flag_id""",
    "snapshots": """
        SELECT to_jsonb(taken) - '{id,health_id,create_uid,create_date,write_uid,
               write_date}'::text[] FROM client_health_snapshot taken""",
    "promises": "SELECT jsonb_build_array(id, state) FROM client_health_promise",
    "activities": """
        SELECT jsonb_build_array(health.partner_id, summary, activity.user_id)
          FROM mail_activity activity JOIN client_health health ON health.id = res_id
         WHERE res_model = 'client.health'""",
    "medians": """
        SELECT jsonb_build_array(id, client_health_workload_median,
               client_health_refreshed_on) FROM res_company""",
    "marks": "SELECT jsonb_build_array(partner_ref, error) FROM client_health_stale",
    "position": """
        SELECT to_jsonb(value) FROM ir_config_parameter
         WHERE key = 'client_health.refresh_position'""",
}
ONE_LATE = (
    "(SELECT id FROM client_health WHERE id % 5 <> 0"
    " AND id NOT IN (SELECT health_id FROM client_health_flag)"
    " ORDER BY partner_id DESC OFFSET 2 LIMIT 1)"
)
LOCKS = {
    "some batches done": (
        f"SELECT FROM client_health WHERE id = {ONE_LATE} FOR NO KEY UPDATE"
    ),
    "facts written, not judged": "LOCK client_health_flag IN SHARE MODE",
    "judged, no history": "LOCK client_health_flag_history IN SHARE MODE",
    "all but the medians": "SELECT FROM res_company FOR NO KEY UPDATE",
    "no activities": "LOCK mail_activity IN SHARE MODE",
}


def read_book(name):
    """All that a run leaves behind, without numbers and times of writing."""
    return {
        part: sorted(json.dumps(row, sort_keys=True) for (row,) in query(name, sql))
        for part, sql in BOOK.items()
    }


def start(name, timeout="1min"):
    """Start a cron worker for which all our jobs are due."""
    query(name, READY)
    return resume(name, timeout)


def resume(name, timeout="1min"):
    """Start a cron worker for what is due."""
    return Process(name, WORKER.format(timeout=timeout))


def find_clients(name):
    """Two clients with a record and one without.

    That one has no tickets and so no part in the medians: without it the others
    end the same.
    """
    (first,), (second,) = query(
        name, "SELECT partner_id FROM client_health ORDER BY score, partner_id LIMIT 2"
    )
    [(bare,)] = query(
        name,
        """SELECT id FROM res_partner partner
            WHERE NOT EXISTS (SELECT FROM helpdesk_ticket
                               WHERE commercial_partner_id = partner.id)
              AND EXISTS (SELECT FROM account_move WHERE move_type = 'out_invoice'
                             AND partner_id = partner.id AND state = 'posted')
              AND NOT EXISTS (SELECT FROM client_health WHERE partner_id = partner.id)
         ORDER BY id LIMIT 1""",
    )
    return first, second, bare


def find_postponed(name):
    """The clients that wait to be tried again."""
    postponed = "SELECT partner_ref FROM client_health_stale WHERE retry_at IS NOT NULL"
    return {client_id for (client_id,) in query(name, postponed)}


def assert_same_end(name, wanted):
    """The end is the same; a second night also takes snapshots of new clients."""
    found = read_book(name)
    assert set(wanted["snapshots"]) <= set(found["snapshots"])
    assert found | {"snapshots": []} == wanted | {"snapshots": []}


def differing_clients(book, wanted):
    """The clients whose facts are not as they are in the end."""
    rows = set(book["facts"]) ^ set(wanted["facts"])
    return {json.loads(row)["partner_id"] for row in rows}


def read_versions(name):
    """What writing or locking a row, or taking a number, would change."""
    tables = query(
        name,
        """SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
              AND (relname LIKE 'client\\_%%' OR relname IN ('res_company',
                   'res_partner', 'account_move', 'mail_activity', 'mail_message',
                   'ir_config_parameter', 'ir_cron_trigger'))""",
    )
    sequences = query(
        name, "SELECT relname FROM pg_class WHERE relname LIKE 'client\\_%%\\_id\\_seq'"
    )
    versions = {
        table: sorted(query(name, f'SELECT ctid, xmin, xmax FROM "{table}"'))
        for (table,) in tables
    }
    numbers = {
        sequence: query(name, f'SELECT last_value, is_called FROM "{sequence}"')
        for (sequence,) in sequences
    }
    return versions | numbers


@pytest.fixture(scope="module")
def disturbed(demo_template):
    """The demo book with much to do for the night."""
    name = testing.database_name("disturbed")
    database.copy(demo_template, name)
    query(name, DISTURB)
    yield name
    drop(name)


@pytest.fixture(scope="module")
def undisturbed_end(disturbed):
    """What a run leaves behind that nobody disturbs."""
    name = testing.database_name("undisturbed")
    database.copy(disturbed, name)
    assert start(name).finish() == []
    end = read_book(name)
    drop(name)
    assert end["facts"] and end["flags"] and end["history"]
    assert end["snapshots"] and end["activities"]
    assert end["marks"] == end["position"] == []
    return end


@pytest.fixture(scope="module")
def refreshed_end(disturbed):
    """What one refresh of everybody leaves behind."""
    name = testing.database_name("refreshed")
    database.copy(disturbed, name)
    assert Process(name, REFRESH).finish() == []
    end = read_book(name)
    drop(name)
    return end


@pytest.fixture(name="night")
def fixture_night(disturbed):
    """A copy to disturb the run on."""
    name = testing.database_name("night")
    database.copy(disturbed, name)
    yield name
    drop(name)


# The others stop it at the same kind of place: nightly.
AT_ONCE = "some batches done"


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=() if point == AT_ONCE else pytest.mark.slow)
        for point in LOCKS
    ],
)
def test_killed_and_started_again_ends_the_same(night, undisturbed_end, point):
    with held(night, LOCKS[point]):
        worker = start(night)
        wait_for_blocked(night)
        worker.kill()
        if point == "some batches done":
            done = query(night, "SELECT count(*) FROM client_health WHERE score <> 1")
            assert done[0][0] >= 5
    wait_for_nobody(night)
    assert read_book(night) != undisturbed_end
    assert resume(night).finish() == []
    assert read_book(night) == undisturbed_end


def test_two_servers_share_the_work(night, undisturbed_end):
    with held(night, LOCKS["some batches done"]):
        one = start(night)
        wait_for_blocked(night)
        assert resume(night).finish() == []
    assert one.finish() == []
    assert read_book(night) == undisturbed_end


@pytest.mark.slow
def test_the_same_refresh_twice_at_once_ends_as_once(night, refreshed_end):
    with held(night, "LOCK client_health_promise IN SHARE MODE"):
        both = [Process(night, REFRESH) for _number in range(2)]
        wait_for_blocked(night, len(both))
    assert [process.finish() for process in both] == [[], []]
    assert read_book(night) == refreshed_end


def test_locked_rows_hold_up_nobody_and_are_done_later(night, undisturbed_end):
    locked, changed, bare = find_clients(night)
    holding = (
        f"SELECT FROM client_health WHERE partner_id = {locked} FOR UPDATE",
        f"UPDATE client_health SET score = 2 WHERE partner_id = {changed}",
        f"SELECT FROM res_partner WHERE id = {bare} FOR UPDATE",
    )
    with held(night, *holding):
        assert start(night, timeout="200ms").finish() == []
        assert find_postponed(night) == {locked, changed, bare}
        assert differing_clients(read_book(night), undisturbed_end) == {
            locked,
            changed,
            bare,
        }
    assert start(night).finish() == []
    assert_same_end(night, undisturbed_end)


def test_a_client_that_fails_is_told_and_done_later(night, undisturbed_end):
    broken, *_others = find_clients(night)
    query(
        night,
        f"""ALTER TABLE client_health ADD CONSTRAINT no_refresh
              CHECK (partner_id <> {broken} OR score = 1) NOT VALID""",
    )
    loud = start(night).finish()
    assert any(f"partner {broken} could not be refreshed" in line for line in loud)
    assert find_postponed(night) == {broken}
    assert differing_clients(read_book(night), undisturbed_end) == {broken}
    query(night, "ALTER TABLE client_health DROP CONSTRAINT no_refresh")
    assert start(night).finish() == []
    assert_same_end(night, undisturbed_end)


@pytest.mark.slow
def test_a_broken_trait_stops_no_other(night, undisturbed_end):
    query(
        night,
        """UPDATE client_health_trait SET flag_domain = '[("gone", "=", 1)]'
            WHERE code = 'grumpy'""",
    )
    rule = """(SELECT flag_domain FROM client_health_trait WHERE code = 'haggler')"""
    kept = query(night, f"SELECT {rule}")
    # the trait itself says so, where its manager looks: no error for every night
    assert start(night).finish() == []
    told = "result = env['client.health.trait'].search([('code', '=', 'grumpy')])"
    assert "gone" in shell(night, f"{told}.rule_error")
    assert not find_postponed(night)
    assert query(night, f"SELECT {rule}") == kept
    facts, wanted = read_book(night)["flags"], undisturbed_end["flags"]
    (grumpy,) = query(night, "SELECT id FROM client_health_trait WHERE code = 'grumpy'")
    other = f'"trait_id": {grumpy[0]},'
    assert [row for row in facts if other not in row] == [
        row for row in wanted if other not in row
    ]


def test_invoices_are_posted_while_everybody_is_refreshed(night):
    poster = Process(night, POSTER)
    wait_until(night, "SELECT EXISTS (SELECT FROM client_health_stale WHERE id > 0)")
    for _time in range(3):
        assert start(night).finish() == []
    query(
        night,
        "INSERT INTO ir_config_parameter (key, value) VALUES ('test.stop', '1')",
    )
    assert poster.finish() == []
    wait_for_nobody(night)
    assert start(night).finish() == []
    assert not query(night, "SELECT FROM client_health_stale")
    end = read_book(night)
    again = "env['client.health']._refresh()\nenv.cr.commit()\n"
    assert Process(night, again).finish() == []
    assert read_book(night) == end


def test_a_night_with_nothing_to_do_writes_nothing(night):
    for _time in range(2):  # the second one takes the snapshots of new clients
        assert start(night).finish() == []
    query(night, READY)
    before = read_versions(night)
    assert len(before) > 20
    assert start(night).finish() == []
    assert read_versions(night) == before
