"""From the decision to a letter in the post, by two managers, without a refusal."""

import pytest
from test_browser import _log_in
from test_own_trait import Finger

MOST_CLICKS = 8


@pytest.fixture(name="second")
def fixture_second(browser, server):
    """The second manager's own browser."""
    context = browser.new_context(
        base_url=server.address, locale="nl-NL", viewport={"width": 1366, "height": 900}
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(name="client")
def fixture_client(server):
    """The health of a client with an address and nothing under way."""
    (group,) = server.call(
        "ir.model.data",
        "search_read",
        [("name", "=", "client_health_group_manager")],
        ["res_id"],
    )
    (joost,) = server.call("res.users", "search", [("login", "=", "joost")])
    server.call("res.users", "write", [joost], {"group_ids": [(4, group["res_id"])]})
    domain = [("state", "!=", "healthy"), ("partner_id.city", "!=", False)]
    for health in server.call("client.health", "search_read", domain, ["partner_id"]):
        whose = [("partner_id", "=", health["partner_id"][0])]
        if not server.call("client.farewell", "search_count", whose):
            return health
    raise AssertionError("everybody has a farewell")


def test_a_letter_is_posted_in_eight_clicks(page, second, client, server):
    server.call(
        "res.partner",
        "create",
        [{"name": "Bureau Helpt Verder", "is_company": True, "city": "Zeist"}],
    )
    _log_in(page, "admin")
    page.goto(f"/odoo/client.health/{client['id']}")
    first = Finger(page)
    first.click("button[name=action_start_farewell]")
    first.click("[name=referral_partner_ids] input")
    page.keyboard.type("Bureau Helpt")
    first.click(".o-autocomplete--dropdown-item:has-text('Bureau Helpt Verder')")
    first.click("button[name=action_ask_approval]")
    page.wait_for_selector("button[name=action_ask_approval]", state="detached")
    page.locator("[name=approval_note] .fa-check").wait_for()
    assert not page.locator(".o_error_dialog, .o_notification_bar.bg-danger").count()
    whose = [("partner_id", "=", client["partner_id"][0])]
    (case,) = server.call("client.farewell", "search_read", whose, ["activity_ids"])
    assert case["activity_ids"], "the other manager was asked"

    _log_in(second, "joost")
    second.goto(f"/odoo/client.farewell/{case['id']}")
    other = Finger(second)
    other.click("button[name=action_approve]")
    other.click(".modal-footer .btn-primary")
    second.wait_for_selector("button[name=action_mark_posted]")

    page.reload()
    first.click("button[name=action_mark_posted]")
    first.click(".modal-footer .btn-primary")
    page.wait_for_selector("button[name=action_done]")
    (case,) = server.call(
        "client.farewell", "read", [case["id"]], ["state", "sent_by_post"]
    )
    assert (case["state"], case["sent_by_post"]) == ("sent", True)
    assert first.clicks + other.clicks <= MOST_CLICKS
