"""Client Health beside apps that it uses where they are.

Elsewhere its tests of orders, hours and tills are skipped: here they run, and the book
that is counted twice has time sheets.
"""

import subprocess

import pytest
from book import run
from stack import database, testing

pytestmark = pytest.mark.slow
APPS = "sale_stock,sale_timesheet,sale_loyalty,point_of_sale"
FILES = (
    "test_effort_facts.py",
    "test_facts_oracle.py",
    "test_farewell_figures.py",
    "test_payment_facts.py",
    "test_sale_facts.py",
)
SKIPPED = {
    "orders_that_run": 1,
    "paid_in_advance": 1,
    "hours_of_the_window": 1,
    "shops_till": 1,
    "TestBesideSales": 8,
    "TestTimesheets": 4,
    "every_fact_is_what_slow": 1,
    "each_number_is_what_its_evidence": 1,
}
"""Which tests, and how many each name selects."""


@pytest.fixture
def shop():
    """A database with the apps and Client Health."""
    name = testing.database_name("shop")
    database.copy(database.template(), name)
    assert run(name, "-i", f"{APPS},client_health") == []
    database.leave_uncleaned(name)
    yield name
    database.drop(name)


def test_beside_sales_stock_timesheets_and_till(shop):
    files = [f"addons/client_health/tests/{file}" for file in FILES]
    options = ["-k", " or ".join(SKIPPED), "-p", "no:cacheprovider"]
    tests = testing.get_inside(shop, [*files, *options])
    done = subprocess.run(**tests, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout[-5000:]
    assert f"{sum(SKIPPED.values())} passed" in done.stdout
    assert " skipped" not in done.stdout
