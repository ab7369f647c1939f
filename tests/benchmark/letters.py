"""Fifty farewell letters in one go against fifty printed one by one.

    PYTHONPATH=setup:tests .stack/venv/bin/python tests/benchmark/letters.py

One of the batch fails on purpose: the other fifty have to be there, and the progress
that a user sees has to grow with each letter.
"""

import json
import sys
from pathlib import Path

from refresh import run_shell
from stack import database, lease, odoo, testing
from table import Row, show

HERE = Path(__file__).parent
GOAL = 1.2  # times the processor time of single ones
INSIDE = """
import sys
sys.path.insert(0, %r)
import printing
printing.main(env)
"""


def measure():
    """Print letters in a database of their own and return the figures."""
    name = testing.database_name("letters")
    database.make_test(name)
    try:
        output = run_shell(name, INSIDE % str(HERE))
    finally:
        database.drop(name)
    [line] = [line for line in output.splitlines() if line.startswith("FIGURES ")]
    return json.loads(line.removeprefix("FIGURES "))


def get_rows():
    """Return the row of the letters."""
    figures = measure()
    return [
        Row.ratio(
            f"{figures['count']} letters: s in one go, one by one",
            figures["together"],
            figures["single"],
            GOAL,
        )
    ]


def main():
    with lease.use():
        odoo.ensure()
        return 0 if show("letters", get_rows()) else 1


if __name__ == "__main__":
    sys.exit(main())
