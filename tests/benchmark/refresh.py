"""The cost of the refresh, against what PostgreSQL itself needs and against others.

    PYTHONPATH=setup:tests .stack/venv/bin/python tests/benchmark/refresh.py [times …]

For each of `times` (1 and 3 unless told) a book of that many times 20,000 clients,
300,000 invoices and 200,000 tickets is made and measured, about ten minutes for 1 and
half an hour for 3. A time below 1 makes a small book, to try the benchmark itself.
The databases are dropped afterwards. OCA's account_financial_risk is measured too where
its addon is on the path.
"""

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import psycopg2
from ledger import write_ledger
from stack import cluster, database, lease, odoo, testing

HERE = Path(__file__).parent
SIZE = {"clients": 20000, "invoices": 300000, "tickets": 200000}
PRODUCT = """
env["product.product"].create({"name": "Coaching", "list_price": 100.0})
env.cr.commit()
"""
MEASURE = """
import sys
sys.path.insert(0, %r)
import measure
measure.main(env)
"""
ROW = "| {:<46} | {:>12} | {:>12} | {:>8} | {:>8} |"


def measure(times):
    """Make a book and return its figures."""
    name = testing.database_name(f"ledger_{times}".replace(".", "_"))
    print(f"{times} times {SIZE}", flush=True)
    database.make_test(name)
    try:
        _shell(name, PRODUCT)
        sizes = {what: int(number * times) for what, number in SIZE.items()}
        with closing(_connect(name)) as connection:
            write_ledger(connection, date.today(), **sizes)
        output = _shell(name, MEASURE % str(HERE))
    finally:
        database.drop(name)
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


def _shell(name, script):
    done = subprocess.run(
        odoo.command("shell", "-d", name, "--no-http", "--log-level=error"),
        env={**odoo.environment(), "BENCHMARK_LIMIT": str(HERE / "limit.sql")},
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _rows(figures):
    """Yield label, limit, ours, ratio and goal of each row of the table."""
    goals = (
        ("all", "everybody", 1.5),
        ("some", "1,000 clients", 1.75),
        ("one", "1", 3),
    )
    for name, label, goal in goals:
        limit, ours = figures[name]
        yield f"refresh of {label}, s", limit, ours, ours / limit, goal
    yield "first refresh, all records new, s", None, figures["first"], None, None
    yield "refresh with nothing changed, s", None, figures["same"], None, None
    yield "records it wrote or locked", None, figures["written"], None, 0
    yield "queries for 1 client", None, figures["queries_one"], None, 15
    yield "queries for 1,000 clients", None, figures["queries_some"], None, 15
    yield "memory above idle, MB", None, figures["memory"], None, 300
    for peer, seconds in figures["peers"].items():
        yield f"{peer}, 1,000 clients, s", None, seconds, None, None


def show(figures):
    """Print the table of one book."""
    print(ROW.format("what", "limit", "ours/theirs", "ratio", "goal"))
    for label, *values in _rows(figures):
        texts = ["" if value is None else f"{value:.3f}" for value in values]
        print(ROW.format(label, *texts))


def main():
    sizes = [float(size) for size in sys.argv[1:]] or [1.0, 3.0]
    with lease.use():
        odoo.ensure()
        results = {size: measure(size) for size in sizes}
    for size, figures in results.items():
        print(f"\n{size:g} times, {figures['clients']} clients with a record")
        show(figures)
    if {1.0, 3.0} <= set(results):
        growth = results[3.0]["all"][1] / results[1.0]["all"][1]
        print(f"\nthe time at 3 times the rows: {growth:.2f} (goal: 3.3 or less)")


if __name__ == "__main__":
    os.chdir(HERE)
    main()
