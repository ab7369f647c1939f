"""Client Health beside OCA addons that touch the same ground, in both orders.

Elsewhere its tests of what they do are skipped: here they run, every night in CI and by
name: `setup/test tests/test_beside_oca.py`.
"""

import subprocess
from pathlib import Path

import pytest
from book import run
from stack import database, odoo, paths, testing, venv

pytestmark = pytest.mark.slow
PINS = Path(__file__).with_name("beside_oca.txt")
BOTH = (
    "account_debit_note,account_reconcile_oca,helpdesk_mgmt_merge,partner_statement,"
    "privacy_partner_to_be_forgotten"
)
FIXED, TRIPLE = "account_invoice_fixed_discount", "account_invoice_triple_discount"
FILES = (
    "test_client_lifecycle.py",
    "test_ledger_cases.py",
    "test_ledger_more.py",
    "test_sale_facts.py",
    "test_ticket_facts.py",
)
SKIPPED = (
    "debit_note_is_a_debt",
    "ocas_erasure",
    "ocas_merge",
    "ocas_reconciliation",
    "ocas_statement",
)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A configuration of Odoo that knows the wheels beside ours."""
    text = odoo.CONFIG.read_text()
    wheels = venv.ensure_apart(PINS, paths.STATE / "oca")
    file = tmp_path_factory.mktemp("oca") / "odoo.conf"
    file.write_text(text.replace("addons_path = ", f"addons_path = {wheels},"))
    return file


@pytest.fixture
def beside():
    """A name for a database of this module, which is dropped afterwards."""
    name = testing.database_name("oca")
    yield name
    database.drop(name)


def _assert_right(name, config, *more):
    """Assert that the tests of what the other addons do pass, none left out."""
    tests = (*SKIPPED, *more)
    files = [f"addons/client_health/tests/{file}" for file in FILES]
    chosen = ["-k", " or ".join(tests), "-p", "no:cacheprovider"]
    inside = testing.get_inside(name, [f"--odoo-config={config}", *files, *chosen])
    done = subprocess.run(**inside, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout[-5000:]
    assert f"{len(tests)} passed" in done.stdout
    assert " skipped" not in done.stdout


def test_ours_is_installed_where_they_are(beside, config):
    database.copy(database.template(), beside)
    assert run(beside, "-c", config, "-i", f"{BOTH},{FIXED}") == []
    assert run(beside, "-c", config, "-i", "client_health") == []
    _assert_right(beside, config, "ocas_fixed_discount")


def test_they_are_installed_where_ours_is(plain_template, beside, config):
    database.copy(plain_template, beside)
    assert run(beside, "-c", config, "-i", f"{BOTH},{TRIPLE}") == []
    _assert_right(beside, config, "ocas_triple_discount")
