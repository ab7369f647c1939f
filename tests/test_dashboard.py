"""The dashboard in a real browser: what a click on a bar or a number opens."""

import contextlib
import re

import pytest
from playwright.sync_api import TimeoutError
from test_browser import _log_in

# the cards come first; then, where the page is at its top, what is in sight
CARD_OF_CLIENTS = 0
FLAGS_PER_TRAIT = 5
CLIENTS_PER_STATE = 6


@pytest.fixture(name="dashboard")
def fixture_dashboard(page, server):
    _log_in(page, "admin")
    page.goto("/odoo/action-client_health.client_health_dashboard_action")
    page.wait_for_selector(".o-figure canvas")
    page.wait_for_timeout(5000)  # drawn on a canvas: there is nothing to wait for
    return page


@pytest.mark.parametrize(
    ("figure", "places"),
    [
        # a bar a trait: what was decided before may have left one empty
        (FLAGS_PER_TRAIT, [(x, 200) for x in (120, 195, 270, 345, 420)] * 2),
        (CLIENTS_PER_STATE, [(417, 150)] * 3),
    ],
)
def test_a_bar_opens_what_it_counts(dashboard, server, figure, places):
    rows = dashboard.locator(".o_list_view .o_data_row")
    for x, y in places:
        spot = {"x": x, "y": y}
        dashboard.locator(".o-figure canvas").nth(figure).click(position=spot)
        with contextlib.suppress(TimeoutError):
            rows.first.wait_for(timeout=5000)
            break
    assert 0 < rows.count() < server.call("client.health", "search_count", [])


def test_a_card_and_a_number_open_their_lists(dashboard):
    # cells are drawn too: this is what the first trait's clients owe
    dashboard.locator(".o-grid-overlay").click(position={"x": 310, "y": 625})
    dashboard.wait_for_selector(".o_list_view .o_data_row")
    dashboard.go_back()
    dashboard.locator(".o-figure canvas").nth(CARD_OF_CLIENTS).click()
    dashboard.wait_for_selector(".o_list_view .o_data_row")


def test_company_and_period_can_be_chosen(dashboard):
    dashboard.click(".o_searchview_dropdown_toggler")
    for label in (re.compile("^(Period|Periode)$"), re.compile("^(Company|Bedrijf)$")):
        dashboard.locator(".o-dropdown--menu").get_by_text(label).first.wait_for()
