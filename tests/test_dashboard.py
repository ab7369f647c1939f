"""The dashboard in a real browser: what is counted, and what a click opens."""

import pytest
from test_browser import _log_in

SHEET = ".o_spreadsheet_dashboard_action"
# the chart's own words for where a bar is: the middle of the first one, near the axis
BAR = {"x": 95, "y": 268}


@pytest.fixture(name="dashboard")
def fixture_dashboard(page, server):
    _log_in(page, "admin")
    page.goto("/odoo/action-client_health.client_health_dashboard_action")
    page.wait_for_selector(".o-figure canvas")
    # drawn, and its numbers have come
    page.wait_for_timeout(3000)
    return page


def _open_bar(page, index):
    page.locator(".o-figure canvas").nth(index).click(position=BAR)
    page.wait_for_selector(".o_list_view .o_data_row")


@pytest.mark.parametrize("index", [5, 6])
def test_a_bar_opens_its_list(dashboard, server, index):
    _open_bar(dashboard, index)
    rows = dashboard.locator(".o_data_row").count()
    assert 0 < rows < server.call("client.health", "search_count", [])


def test_a_number_per_trait_opens_its_flags(dashboard):
    # cells are drawn, not elements: the one of the first trait's amount
    sheet = dashboard.locator(".o-grid-overlay, .o-grid").first
    sheet.click(position={"x": 320, "y": 640})
    dashboard.wait_for_selector(".o_list_view .o_data_row, .o_pivot")


def test_company_and_period_can_be_chosen(dashboard):
    dashboard.click(".o_dashboard_search_bar_toggler, .o_searchview_dropdown_toggler")
    assert dashboard.get_by_text("Kompas Online").count()
