"""A trait of one's own, without code, clicked in a real browser."""

import re

import pytest
from test_browser import _assert_fits, _log_in

MOST_CLICKS = 6
SAVED = ".o_form_status_indicator_buttons.invisible"


class Finger:
    """Clicks, counted: choosing from a list is one as well."""

    def __init__(self, page):
        self.page = page
        self.clicks = 0

    def click(self, place):
        self.clicks += 1
        (self.page.locator(place) if isinstance(place, str) else place).first.click()

    def choose(self, place, value):
        self.clicks += 1
        self.page.locator(place).first.select_option(value=value)


@pytest.mark.parametrize("screen", ["page", "telephone"])
def test_a_trait_of_ones_own_in_six_clicks(screen, request, server):
    page = request.getfixturevalue(screen)
    name = f"Meldt vaak iets ({screen})"
    rule = ".o_field_widget[name=flag_domain]"
    _log_in(page, "admin")
    page.goto("/odoo/action-client_health.client_health_trait_action")
    finger = Finger(page)
    finger.click(".o_list_button_add, .o-kanban-button-new")
    field = page.locator(".o_field_widget[name=name] :is(input, textarea)")
    if screen == "telephone":  # where core opens no keyboard unasked
        finger.click(field)
    else:
        page.wait_for_selector(".o_field_widget[name=name] :focus")
    page.keyboard.type(name)
    finger.click(f"{rule} .o_client_health_add")
    finger.choose(f"{rule} select", "ticket_count")
    page.wait_for_selector(f"{rule} .o_client_health_spread")
    finger.click(f"{rule} input")
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Tab")
    expected = server.call("client.health", "search_count", [("ticket_count", ">=", 4)])
    joins = page.locator("[data-level=flag] [data-change=joins]")
    # until then it tells who joins by the value that stood there
    joins.filter(has_text=re.compile(rf"^\s*{expected}\b")).wait_for()
    _assert_fits(page)
    finger.click(".o_form_button_save")
    page.wait_for_selector(SAVED, state="attached")
    assert finger.clicks <= MOST_CLICKS

    fields = ["code", "icon", "flag_domain", "watch_domain", "flag_match_count"]
    (trait,) = server.call(
        "client.health.trait", "search_read", [("name", "=", name)], fields
    )
    assert trait["code"] == f"meldt_vaak_iets_{screen}"
    assert trait["flag_domain"].replace('"', "'") == "[('ticket_count', '>=', 4)]"
    assert not trait["watch_domain"]
    assert trait["flag_match_count"] == expected > 0
    server.call("client.health.trait", "unlink", [trait["id"]])


def test_a_rule_that_can_never_match_says_so_while_typing(page, server):
    _log_in(page, "admin")
    page.goto("/odoo/action-client_health.client_health_trait_action/new")
    rule = page.locator(".o_field_widget[name=watch_domain]")
    rule.locator(".o_client_health_add").click()
    rule.locator("select").first.select_option(value="ticket_count")
    rule.locator(".o_client_health_add").click()
    rule.locator("select").nth(3).select_option(value='"<"')
    page.wait_for_selector(".alert-warning [name=rule_warning]:visible")


def test_a_share_is_typed_as_a_percentage(page, server):
    (trait,) = server.call(
        "client.health.trait",
        "create",
        [{"name": "Share", "flag_domain": "[('late_share', '>=', 0.5)]"}],
    )
    _log_in(page, "admin")
    page.goto(f"/odoo/action-client_health.client_health_trait_action/{trait}")
    number = page.locator(".o_field_widget[name=flag_domain] input")
    assert number.input_value() == "50"
    number.fill("12,5")
    number.press("Tab")
    page.locator(".o_field_widget[name=flag_domain]").get_by_text("12,5 %").wait_for()
    page.click(".o_client_health_icons button:has(.fa-phone)")
    page.click(".o_form_button_save")
    page.wait_for_selector(SAVED, state="attached")
    fields = ["flag_domain", "icon"]
    (read,) = server.call("client.health.trait", "read", [trait], fields)
    assert "0.125" in read["flag_domain"]
    assert read["icon"] == "fa-phone"
    server.call("client.health.trait", "unlink", [trait])
