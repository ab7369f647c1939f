"""Both addons beside core's apps and OCA's addons that touch the same documents.

It takes many minutes: `setup/test tests/test_beside_others.py`, and every night in CI.
"""

import pytest
from book import modules, run, shell
from conftest import DESKTOP, open_page
from instance import Server
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
env["helpdesk.ticket"].create({
    "name": "Help", "description": "Help", "partner_id": client.id,
})
env["account.move"].create({
    "move_type": "out_invoice", "partner_id": client.id,
    "invoice_line_ids": [(0, 0, {"name": "Advice", "price_unit": 1000})],
}).action_post()
env["client.health.incident"].create({
    "partner_id": client.id, "kind": "conduct", "severe": True, "description": "Loud.",
})
env["client.health"]._refresh()
result = env["client.health.flag"].search_count([("partner_id", "=", client.id)]) > 0
"""


@pytest.fixture(scope="module")
def others():
    """The names of OCA's addons, installed apart, and the folder they are in."""
    pins = venv.REQUIREMENTS / "beside.txt"
    folder = venv.ensure_apart(pins, paths.STATE / "beside")
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
        # core's own demo data: an American company that sells and repairs furniture
        log = paths.STATE / "log" / f"{name}.log"
        odoo.call("db", "init", name, "--force", "--with-demo", log=log)
        run(name, "-i", f"{APPS},{','.join(names)}", "--with-demo")
        yield name
        database.drop(name)


def look_around(server, page):
    """Open the screens that others change too, at a desk; nothing may fail."""
    find = "search"
    client = server.call("res.partner", find, [("name", "=", "Client")], limit=1)
    lead = server.call("crm.lead", find, [("name", "=", "Call")], limit=1)
    sold = [("move_type", "=", "out_invoice")]
    invoice = server.call("account.move", find, sold, limit=1)
    ticket = server.call("helpdesk.ticket", find, [], limit=1)
    page.goto("/web/login")
    page.fill("#login", "admin")
    page.fill("#password", "admin")
    page.click(".oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
    for path, screen in {
        "contacts": ".o_kanban_view, .o_list_view",
        f"account.move/{invoice[0]}": ".o_form_sheet",
        f"helpdesk.ticket/{ticket[0]}": ".o_form_sheet",
        f"crm.lead/{lead[0]}": ".o_form_sheet",
        "client-health": ".o_list_view",
        "client-flags": ".o_list_view, .o_kanban_view",
        "settings": ".o_form_renderer .app_settings_block",
        f"res.partner/{client[0]}": ".o_form_sheet",
    }.items():
        page.goto(f"/odoo/{path}")
        page.wait_for_selector(screen)
    # beside the buttons of all of them, and not under More
    assert page.is_visible(".o-form-buttonbox > button[name=action_open_client_health]")


def test_ours_come_work_update_and_go_beside_others(crowd, browser):
    ours = ",".join(paths.OUR_ADDONS)
    assert run(crowd, "-i", ours) == []
    assert shell(crowd, LEAD) is True
    with (
        Server(crowd) as server,
        open_page(browser, server, viewport=DESKTOP, locale="en-US") as page,
    ):
        look_around(server, page)
    assert run(crowd, "-u", ours) == []
    assert modules(crowd, "uninstall", *paths.OUR_ADDONS) == []
