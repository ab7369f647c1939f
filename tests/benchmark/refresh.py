"""The refresh, and what we cost Odoo's own documents, on books of some sizes.

A book of one time is 20,000 clients, 300,000 invoices and 200,000 tickets; its database
is dropped afterwards. Beside ours are measured: the limit query, core, a naive loop and
OCA's account_financial_risk.
"""

import json
import subprocess
from contextlib import closing
from datetime import date
from pathlib import Path

import psycopg2
from ledger import write_ledger
from stack import cluster, database, odoo, paths, testing
from table import Row

HERE = Path(__file__).parent
SIZE = {"clients": 20000, "invoices": 300000, "tickets": 200000}
PEER = "account_financial_risk"
PEER_FOLDER = paths.STATE / "benchmark"  # where setup/benchmark puts it
PRODUCT = """
less = env["product.product"].create({"name": "Deduction", "default_code": "BENCH"})
env.company.write({
    "client_health_discount_product_ids": [(6, 0, less.ids)],
    "client_health_hourly_cost": 60.0,
    "client_health_late_interest": 8.0,
})
env["product.product"].create({"name": "Coaching", "list_price": 100.0})
env["account.account"].create(
    {"name": "Doubtful", "code": "BENCH", "account_type": "asset_receivable"}
)
env["res.company"].create({"name": "Branch", "parent_id": env.company.id})
env.cr.commit()
"""
INSIDE = """
import sys
sys.path.insert(0, %r)
import inside
inside.%s(env)
"""
GROWTH_GOAL = 3.3  # times the time, for 3 times the rows


def measure(times):
    """Make a book and return its figures.

    :param float times: its size; below 1 to try the benchmark itself
    """
    name = testing.database_name(f"book_{times}".replace(".", "_"))
    print(f"A book of {times:g} times {SIZE}", flush=True)
    database.make_test(name)
    try:
        run_shell(name, PRODUCT)
        sizes = {what: int(number * times) for what, number in SIZE.items()}
        with closing(_connect(name)) as connection:
            write_ledger(connection, date.today(), **sizes)
        print("  measuring …", flush=True)
        figures = _measure(name, "main")
        figures["peer"] = _measure_peer(name)
    finally:
        database.drop(name)
    return figures


def _measure_peer(name):
    """Install the OCA addon beside ours, in this database, and measure it."""
    config = odoo.CONFIG.read_text()
    [own] = [line for line in config.splitlines() if line.startswith("addons_path")]
    both = f"{own.partition('= ')[2]},{PEER_FOLDER / 'odoo' / 'addons'}"
    path = ("--addons-path", both)
    install = ("-i", PEER, *database.RUN_ONCE, *path)
    odoo.call("server", "-d", name, *install, log=database.LOGS / f"{name}.log")
    return _measure(name, "main_with_peer", *path)


def _measure(name, function, *options):
    output = run_shell(name, INSIDE % (str(HERE), function), *options)
    [line] = [line for line in output.splitlines() if line.startswith("FIGURES ")]
    return json.loads(line.removeprefix("FIGURES "))


def _connect(name):
    variables = cluster.environment()
    return psycopg2.connect(
        dbname=name,
        host=variables.get("PGHOST"),
        port=variables.get("PGPORT"),
        user=variables.get("PGUSER"),
        password=variables.get("PGPASSWORD"),
    )


def run_shell(name, script, *options):
    """Run a script in Odoo's shell and return what it printed."""
    done = subprocess.run(
        odoo.command("shell", "-d", name, "--no-http", "--log-level=error", *options),
        env=odoo.environment(),
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def get_rows(figures):
    """Return the rows of one book."""
    return [
        Row.plain("facts for which the limit query differs", figures["different"], 0),
        Row.ratio("refresh of everybody: s, limit query", *figures["all"], 1.4),
        Row.ratio("refresh of 1,000 clients: s, limit query", *figures["some"], 1.75),
        Row.ratio("refresh of 1 client: s, limit query", *figures["one"], 3),
        Row.plain("refresh of 1 client: queries", figures["queries_one"], 15),
        Row.plain("refresh of 1,000 clients: queries", figures["queries_some"], 15),
        Row.plain("nothing changed: rows written or locked", figures["written"], 0),
        Row.plain("nothing changed: s", figures["same"]),
        Row.plain("first refresh, all records new: s", figures["first"]),
        Row.plain("memory above idle: MB", figures["memory"], 150),
        *_get_screen_rows(figures["views"]),
        *_get_document_rows(figures),
        *_get_peer_rows(figures),
    ]


def _get_screen_rows(views):
    goals = {"form": 2, "list": 1, "kanban": 1}
    for view, goal in goals.items():
        name = "partner form" if view == "form" else f"partner {view} of 80"
        yield Row.extra(f"{name}: queries, stock", *views[view]["queries"], goal)
        yield Row.ratio(f"{name}: s, stock", *views[view]["seconds"])


def _get_document_rows(figures):
    names = {
        "post": "posting an invoice",
        "pay": "registering a payment",
        "ticket": "creating a ticket",
    }
    for key, name in names.items():
        ours, inserts, stock = figures[key]
        yield Row.plain(f"{name}: our inserts", inserts, 2)
        yield Row.extra(f"{name}: queries, stock", ours, stock, None)
    yield Row.plain("marking 1,000 clients: locks on contacts", figures["locks"], 0)
    ours = figures["post"][0]
    yield Row.extra(
        "posting with OCA account_financial_risk: queries, us",
        figures["peer"]["post"][0],
        ours,
        None,
    )


def _get_peer_rows(figures):
    refresh = figures["some"][0]
    for peer, seconds in {**figures["peers"], **figures["peer"]["peers"]}.items():
        yield Row.ratio(f"1,000 clients: our s, {peer}", refresh, seconds)


def get_growth_row(small, large):
    """Return how the time of everybody grows from a book to one of 3 times."""
    return Row.ratio(
        "everybody at 3 times the rows: s, 1 time",
        large["all"][0],
        small["all"][0],
        GROWTH_GOAL,
    )
