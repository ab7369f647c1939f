"""Odoo processes beside each other on one database, and what they wait for."""

import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg2
from book import loud_entries
from stack import database, odoo

PATIENCE_SECONDS = 120
POLL_SECONDS = 0.02
# The clock of all processes starts at noon and goes on, so that no day ends between
# two runs that are compared; tomorrow's, so that what the book holds is past.
DAY = datetime.now(UTC).date() + timedelta(days=1)
AHEAD = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC) - datetime.now(UTC)
CLOCK = f"""
import datetime
from freezegun import freeze_time
from odoo.sql_db import BaseCursor

def now(cursor):
    cursor._now = cursor._now or datetime.datetime.now()
    return cursor._now

ahead = datetime.timedelta(seconds={AHEAD.total_seconds()})
freeze_time(datetime.datetime.now(datetime.UTC) + ahead, tick=True).start()
BaseCursor.now = now  # what core asks the database's clock
"""

# What core logs of each statement that another session was in the way of, before
# it is tried again.
RETRIED = (
    "could not serialize access",
    "lock timeout",
    "deadlock detected",
)


class Process:
    """An Odoo process of its own that runs Python on a database, on ``DAY``."""

    running = []

    def __init__(self, name, code):
        command = odoo.command("shell", "-d", name, "--no-http", "--log-level", "warn")
        self.process = subprocess.Popen(
            command,
            env=dict(odoo.environment(), PGAPPNAME="crew"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(self)
        self.process.stdin.write(CLOCK + code)
        self.process.stdin.close()

    def kill(self):
        """Kill it with SIGKILL: nothing of it gets a chance to tidy up."""
        self.running.remove(self)
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def finish(self):
        """Wait until it is done.

        :return: what it logged at WARNING or worse, and any traceback
        """
        log = self.process.stderr.read()
        self.process.stderr.close()
        code = self.process.wait(PATIENCE_SECONDS)
        self.running.remove(self)
        loud = [
            entry
            for entry in loud_entries(log)
            if not ("bad query" in entry and any(words in entry for words in RETRIED))
        ]
        return loud + [log[-3000:]] * bool(code)


def drop(name):
    """Drop a copy, and end what a failed test left running on it."""
    for process in [*Process.running]:
        process.kill()
    database.drop(name)


@contextmanager
def connect(name):
    """A connection that sees each commit at once."""
    with closing(psycopg2.connect(dbname=name, application_name="watcher")) as link:
        link.autocommit = True
        yield link


@contextmanager
def held(name, *statements):
    """A transaction of somebody else that holds what it locked, then lets go."""
    with closing(psycopg2.connect(dbname=name, application_name="holder")) as link:
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        yield
        link.rollback()


def query(name, statement, *arguments):
    with connect(name) as link, link.cursor() as cursor:
        cursor.execute(statement, arguments or None)
        return cursor.fetchall() if cursor.description else None


def wait_until(name, statement, *arguments):
    """Wait until a condition holds in the database."""
    end = time.monotonic() + PATIENCE_SECONDS
    with connect(name) as link, link.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute(statement, arguments or None)
            if cursor.fetchone()[0]:
                return
            time.sleep(POLL_SECONDS)
    raise AssertionError(f"never came true: {statement}")


def wait_for_blocked(name, count=1):
    """Wait until so many processes wait for a lock that another one holds."""
    waiting = (
        "SELECT count(*) >= %s FROM pg_stat_activity WHERE datname = %s"
        " AND wait_event_type = 'Lock' AND application_name NOT IN ('watcher')"
    )
    wait_until(name, waiting, count, name)


def wait_for_nobody(name):
    """Wait until no process is connected: what a killed one began is rolled back."""
    alone = (
        "SELECT count(*) = 0 FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid()"
    )
    wait_until(name, alone, name)
