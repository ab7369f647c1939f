"""Both addons beside core's apps and OCA's addons that touch the same documents.

It takes many minutes: `setup/test tests/test_beside_others.py`, and every night in CI.
"""

import subprocess
import sys

import pytest
from book import modules, run, shell
from stack import database, odoo, paths, testing, venv

pytestmark = pytest.mark.slow
APPS = (
    "sale_stock,purchase,project,hr_timesheet,point_of_sale,website_sale,mass_mailing,"
    "website_event,l10n_nl"
)
LEAD = """
env["crm.lead"].create({
    "name": "Call", "contact_name": "Anna", "email_from": "anna@example.com",
    "coaching_track_id": env.ref("coaching_leads.coaching_track_scale").id,
    "coaching_goal": "Grow", "coaching_session_state": "requested",
})
client = env["res.partner"].create({"name": "Client", "is_company": True})
env["client.health.incident"].create({
    "partner_id": client.id, "kind": "conduct", "severe": True, "description": "Loud.",
})
env["client.health"]._refresh()
result = env["client.health.flag"].search_count([("partner_id", "=", client.id)]) > 0
"""


@pytest.fixture(scope="module")
def others():
    """The names of OCA's addons, installed apart, and the folder they are in."""
    target = paths.STATE / "beside"
    pins = venv.REQUIREMENTS / "beside.txt"
    install = ["install", "--quiet", "--no-deps", "--require-hashes", "--upgrade"]
    subprocess.run(
        [sys._base_executable, "-m", "pip", *install, "--target", target, "-r", pins],
        check=True,
    )
    folder = target / "odoo" / "addons"
    return folder, sorted(path.parent.name for path in folder.glob("*/__manifest__.py"))


@pytest.fixture(scope="module")
def crowd(others, tmp_path_factory):
    """A database with all the others, and Odoo told where they are."""
    folder, names = others
    config = tmp_path_factory.mktemp("config") / "odoo.conf"
    ours = odoo.addons_path()
    config.write_text(odoo.CONFIG.read_text().replace(ours, f"{ours},{folder}"))
    name = testing.database_name("crowd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(odoo, "CONFIG", config)
        database.copy(database.template(), name)
        run(name, "-i", f"{APPS},{','.join(names)}")
        yield name
        database.drop(name)


def test_ours_come_work_update_and_go_beside_others(crowd):
    ours = ",".join(paths.OUR_ADDONS)
    assert run(crowd, "-i", ours) == []
    assert shell(crowd, LEAD) is True
    assert run(crowd, "-u", ours) == []
    assert modules(crowd, "uninstall", *paths.OUR_ADDONS) == []
