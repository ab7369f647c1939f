"""Databases: templates keyed by what they are built from, and quick copies of them."""

import ast
import shutil
import subprocess

from . import odoo, paths, tree, venv
from .console import Problem, digest, is_stamped, step

LOGS = paths.STATE / "log"
FILES = paths.STATE / "data" / "filestore"
# Dutch users first: a Dutch company and chart of accounts, Dutch beside English.
INIT = ("--country", "nl")
LANGUAGES = ("--load-language", "nl_NL,en_US")
RUN_ONCE = ("--stop-after-init", "--no-http", "--max-cron-threads", "0")
# The demo is a Dutch book of its own; core's demo data (an American one) would hide it.
# Odoo gives an addon its demo data where all that it depends on have theirs.
DEMO = (
    "UPDATE ir_module_module SET demo = true WHERE state = 'installed'",
    "UPDATE res_partner SET lang = 'nl_NL'",
)

# What tells one database from another; a copy's own, as Odoo's copies have it.
IDENTITY = (
    "UPDATE ir_config_parameter SET value = gen_random_uuid()::text"
    " WHERE key IN ('database.uuid', 'database.secret')"
)
# OdooBot's first greeting covers the whole screen of a telephone.
QUIET = "UPDATE res_users SET odoobot_state = 'disabled'"

UNCLEANED = """
DO $$ DECLARE t regclass; BEGIN
   FOR t IN SELECT oid FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
   LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', t); END LOOP;
END $$
"""


def dependencies():
    """Return the names of the addons that ours depend on, from their manifests."""
    found = set()
    for addon in paths.OUR_ADDONS:
        manifest = paths.ADDONS / addon / "__manifest__.py"
        found |= set(ast.literal_eval(manifest.read_text())["depends"])
    return sorted(found - set(paths.OUR_ADDONS))


def template():
    """Return the name of a template with what ours depend on, building it once."""
    locks = [venv.REQUIREMENTS / "odoo.txt", venv.REQUIREMENTS / "oca.txt"]
    parts = (tree.key(), *locks, *dependencies(), *INIT, *LANGUAGES)
    name = f"template_{digest(*parts)}"
    if not exists(name):
        with step("Building the template database (once)"):
            work = f"{name}_new"
            log = LOGS / f"{name}.log"
            odoo.call("db", "init", work, "--force", *INIT, log=log)
            _install(work, dependencies(), log)
            odoo.call("db", "rename", work, name, log=log)
    return name


def make_demo(name):
    """Make `name` a database with both addons and their demo data, in Dutch."""
    copy(template(), name)
    for statement in DEMO:
        execute(name, statement)
    install_ours(name)
    execute(name, QUIET)


def make_test(name):
    """Make `name` a database with both addons and no demo data, in English."""
    copy(template(), name)
    install_ours(name)


def leave_uncleaned(name):
    """Keep autovacuum out of the database `name`, whose rows tests roll back.

    It would note that the tables are empty, and PostgreSQL would plan the next test's
    book as if it had a single row: minutes for what takes a moment.
    """
    execute(name, UNCLEANED)


def keep(name, make, renew):
    """Have the database `name` of the last time, renewed where our addons changed.

    :param make: makes it where it is not there
    :param renew: brings it up to date, or makes it anew
    """
    stamp = paths.STATE / f"{name}.stamp"
    key = digest(template(), *paths.sources())
    known = stamp.is_file() and exists(name)
    if known and is_stamped(stamp, key):
        return
    # until it is done, so that what is cut short is done again
    stamp.write_text("") if known else stamp.unlink(missing_ok=True)
    (renew if known else make)(name)
    stamp.write_text(key)


def copy(source, name):
    """Make `name` a copy of the database `source`, with its files.

    In SQL: Odoo's own command takes seconds only to load itself.
    """
    drop(name)
    sessions = f"FROM pg_stat_activity WHERE datname = '{source}'"
    execute("postgres", f"SELECT pg_terminate_backend(pid) {sessions}")
    execute("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    execute(name, IDENTITY)
    if (FILES / source).is_dir():
        shutil.copytree(FILES / source, FILES / name)


def drop(name):
    """Drop the database `name` and its files, if it is there."""
    execute("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(FILES / name, ignore_errors=True)


def install_ours(name):
    """Install both addons in the database `name`."""
    with step("Installing client_health and coaching_leads"):
        _install(name, paths.OUR_ADDONS, LOGS / f"{name}.log")


def update_ours(name):
    """Update both addons in the database `name`."""
    update = ("-u", ",".join(paths.OUR_ADDONS))
    with step("Updating client_health and coaching_leads"):
        odoo.call("server", "-d", name, *update, *RUN_ONCE, log=LOGS / f"{name}.log")


def exists(name):
    """Return whether there is a database `name`."""
    quoted = name.replace("'", "''")
    found = execute("postgres", f"SELECT 1 FROM pg_database WHERE datname='{quoted}'")
    return found.strip() == "1"


def execute(database, statement):
    """Run one SQL statement and return its first column's values, a line each."""
    code = (
        "import sys, psycopg2; c = psycopg2.connect(dbname=sys.argv[1]);"
        "c.autocommit = True; r = c.cursor(); r.execute(sys.argv[2]);"
        "print(*(x[0] for x in (r.fetchall() if r.description else ())), sep='\\n')"
    )
    done = subprocess.run(
        [venv.PYTHON, "-c", code, database, statement],
        env=odoo.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1]
        raise Problem(f"PostgreSQL does not answer: {said}")
    return done.stdout


def _install(name, addons, log):
    wanted = ",".join(addons)
    odoo.call("server", "-d", name, "-i", wanted, *LANGUAGES, *RUN_ONCE, log=log)
