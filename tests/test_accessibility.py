"""axe-core finds nothing serious on our screens and pages.

What core draws around and inside them is left out: its findings are core's to mend.
"""

from importlib.resources import files

import pytest
from test_browser import _log_in

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
SERIOUS = {"serious", "critical"}
# parts that core draws, with faults of core's own
CORE = [
    ".o_control_panel",
    ".o_search_panel",
    ".o_optional_columns_dropdown",
    ".o_list_record_selector",
    ".o_notebook_headers",
    ".o_statusbar_status",
    ".o_kanban_header",
    ".o_kanban_counter",
    ".o-checkbox",
    ".o_field_many2one",
    ".o_field_many2one_avatar_user",
    ".o_field_many2many_tags",
    ".o_field_list_activity",
    ".o_field_kanban_activity",
    ".o_field_color_picker",
    ".o_select_menu",
    ".o_calendar_renderer",
    ".o_calendar_sidebar_container",
    ".o_sidebar_toggler",
    ".o-autocomplete",
    ".o-mail-Chatter",
    ".o_graph_renderer",
    ".o_pivot",
    ".o-grid",
]
# what is opened most; the others take minutes
OFTEN = [
    "/odoo/client-flags",
    "/odoo/client.health/{health}",
    "/odoo/action-coaching_leads.crm_lead_action_today",
]
SCREENS = [
    "/odoo/client-health",
    "/odoo/action-client_health.client_health_trait_action",
    "/odoo/action-client_health.client_health_trait_action/1",
    "/odoo/action-client_health.client_health_incident_action",
    "/odoo/action-client_health.client_health_incident_action/new",
    "/odoo/action-client_health.client_health_promise_action",
    "/odoo/action-client_health.client_health_promise_action/new",
    "/odoo/action-client_health.client_health_payment_action",
    "/odoo/action-client_health.client_health_discount_action",
    "/odoo/action-client_health.client_health_ticket_action",
    "/odoo/action-client_health.client_health_snapshot_action",
    "/odoo/action-client_health.client_farewell_action",
    "/odoo/action-client_health.client_farewell_action/new",
    "/odoo/action-client_health.client_farewell_block_action",
    "/odoo/action-coaching_leads.crm_lead_action_pipeline",
    "/odoo/action-coaching_leads.coaching_track_action",
    "/odoo/action-coaching_leads.coaching_question_action",
    "/odoo/action-coaching_leads.coaching_coach_action",
    "/odoo/action-coaching_leads.coaching_call_action",
    "/odoo/action-coaching_leads.coaching_quarantine_action",
]
PAGES = ["/coaching", "/coaching?track=scale", "/coaching/privacy"]


def _find(page, part):
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"]}
    context = {"include": [[part]], "exclude": [[core] for core in CORE]}
    found = page.evaluate(
        "([context, options]) => axe.run(context, options)", [context, options]
    )
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    "path", [*OFTEN, *(pytest.param(path, marks=pytest.mark.slow) for path in SCREENS)]
)
def test_nothing_serious_on_a_screen(page, server, path):
    domain = [("state", "=", "to_discuss")]
    health = server.call("client.health", "search", domain, limit=1)[0]
    _log_in(page, "admin")
    page.goto(path.format(health=health))
    page.wait_for_selector(".o_action_manager .o_view_controller")
    page.wait_for_selector(".o_loading_indicator", state="detached")
    assert not _find(page, ".o_action_manager")


@pytest.mark.parametrize("screen", ["page", "telephone"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_on_a_page(screen, path, request):
    page = request.getfixturevalue(screen)
    page.goto(path)
    page.wait_for_selector("#coaching_form, #wrap")
    assert not _find(page, "#wrap")


def test_a_fault_would_be_found(page):
    page.goto("/coaching")
    page.evaluate("document.querySelector('#wrap').innerHTML = '<img src=\"data:,\">'")
    assert any(found.startswith("image-alt") for found in _find(page, "#wrap"))
