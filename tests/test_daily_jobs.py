"""What colleagues do every day, at a desk and on a telephone, in Dutch."""

import pytest
from test_browser import _log_in

FACTS = "Schold een collega uit aan de telefoon."
REASON = "Met allebei gebeld; afspraken gemaakt."


@pytest.fixture(params=["page", "telephone"])
def screen(request):
    return request.getfixturevalue(request.param)


def _fits(page):
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def _click_in_header(page, name):
    """Click a button of a form's header, which a telephone folds into a menu."""
    button = page.locator(f"button[name={name}]:visible")
    page.wait_for_selector(".o_form_sheet")
    if not button.count():
        page.locator(".o_statusbar_buttons button:visible").last.click()
    button.first.click()


def _record(server, model, domain):
    found = server.call(model, "search", domain, limit=1)
    assert found, f"the demo book has no {model} for this"
    return found[0]


def test_deciding_on_two_flags_together(page, server):
    _log_in(page, "sanne")
    waiting = server.call(
        "client.health.flag", "search_count", [("needs_decision", "=", True)]
    )
    page.goto("/odoo/client-flags")
    page.wait_for_selector(".o_data_row")
    boxes = page.locator(".o_data_row .o_list_record_selector input")
    boxes.nth(0).click()
    boxes.nth(1).click()
    page.click(".o_control_panel button[name=action_open_why]")
    page.wait_for_selector(".modal .o_data_row")
    assert page.locator(".modal .o_data_row").count() == 2
    page.fill(".modal [name=reason] textarea", REASON)
    page.click(".modal button[name=action_confirm]")
    page.wait_for_selector(".modal", state="detached")
    assert waiting - 2 == server.call(
        "client.health.flag", "search_count", [("needs_decision", "=", True)]
    )


def test_a_telephone_decides_from_the_list_too(telephone, server):
    _log_in(telephone, "sanne")
    telephone.goto("/odoo/client-flags")
    telephone.click(".o_kanban_record:not(.o_kanban_ghost)")
    telephone.wait_for_selector(".modal [name=flag_reason]")
    telephone.wait_for_selector(".modal [name=deciding] button")
    # the decision stands on the first screen
    assert telephone.is_visible(".modal button[name=action_confirm]")
    assert telephone.is_visible(".modal button[name=action_dismiss_once]")
    assert _fits(telephone)
    telephone.click(".modal-footer button[special=cancel], .modal .btn-close")


def test_logging_an_incident_on_a_ticket(screen, server):
    ticket = _record(server, "helpdesk.ticket", [("partner_id", "!=", False)])
    _log_in(screen, "sanne")
    screen.goto(f"/odoo/helpdesk.ticket/{ticket}")
    _click_in_header(screen, "action_log_incident")
    screen.check(".modal [name=kind] [data-value=conduct]")  # none is chosen
    screen.fill(".modal [name=description] textarea", FACTS)
    screen.click(".modal .o_form_button_save")
    screen.wait_for_selector(".modal", state="detached")
    (incident,) = server.call(
        "client.health.incident",
        "search_read",
        [("ticket_id", "=", ticket), ("description", "=", FACTS)],
        ["kind", "user_id"],
        order="id desc",
        limit=1,
    )
    assert incident["kind"] == "conduct"
    assert incident["user_id"][1] == "Sanne Bakker"


def test_noting_a_promise_on_an_invoice(screen, server):
    invoice = _record(
        server,
        "account.move",
        [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "=", "not_paid"),
            ("client_health_promise_ids", "=", False),
        ],
    )
    _log_in(screen, "admin")
    screen.goto(f"/odoo/account.move/{invoice}")
    _click_in_header(screen, "action_note_promise")
    # a date is a button until it is clicked
    screen.locator(".modal [name=date_promised]").locator("input, button").first.click()
    field = screen.locator(".modal [name=date_promised] input")
    field.fill("31-12-2098")
    field.press("Tab")
    screen.click(".modal .o_form_button_save")
    screen.wait_for_selector(".modal", state="detached")
    (promise,) = server.call(
        "client.health.promise",
        "search_read",
        [("move_id", "=", invoice)],
        ["date_promised", "state", "amount"],
    )
    assert promise["date_promised"] == "2098-12-31"
    assert promise["state"] == "open"
    assert promise["amount"] > 0


def test_a_changed_threshold_shows_how_many_clients_match(page, server):
    trait = _record(server, "client.health.trait", [("code", "=", "late_payer")])
    _log_in(page, "admin")
    page.goto(f"/odoo/action-client_health.client_health_trait_action/{trait}")
    effect = page.locator(".o_client_health_effect").first
    before = effect.inner_text()
    # every alternative out of reach: who has the flag now leaves it
    for value in page.locator(".o_field_widget[name=flag_domain] input").all():
        value.fill("100000")
        value.press("Tab")
    page.wait_for_function(
        "text => document.querySelector('.o_client_health_effect').innerText != text",
        arg=before,
    )
    page.click(".o_form_button_cancel")


def test_reading_the_dashboard(screen):
    _log_in(screen, "admin")
    screen.goto("/odoo/action-client_health.client_health_dashboard_action")
    screen.wait_for_selector(".o-figure canvas, .o_mobile_dashboard canvas")
    screen.locator("canvas").nth(4).wait_for(state="attached")
