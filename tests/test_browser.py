"""The two main jobs, clicked through in a real browser."""

import re

import pytest

REASON = "Heeft gebeld: de overschrijving komt vrijdag binnen."
WISH = "Meer rust, en toch groeien."


def _find_flag(server, code, trait):
    """Return the ids of a demo client and of its flag."""
    _module, partner_id = server.call(
        "ir.model.data",
        "search_read",
        [("module", "=", "client_health"), ("name", "=", f"res_partner_{code}_demo")],
        ["res_id"],
    )[0].values()
    domain = [("partner_id", "=", partner_id), ("trait_id.code", "=", trait)]
    (flag_id,) = server.call("client.health.flag", "search", domain)
    return partner_id, flag_id


def _log_in(page, login):
    page.goto("/web/login")
    page.fill("#login", login)
    page.fill("#password", login)
    page.click(".oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def test_a_colleague_decides_on_a_flag(page, server):
    partner_id, flag_id = _find_flag(server, "leeuw", "late_payer")
    _log_in(page, "sanne")
    page.goto(f"/odoo/res.partner/{partner_id}")
    flag = page.locator(".o_client_health_flag:has(.fa-clock-o)")

    flag.click()
    page.click(".modal button[name=action_open_evidence]")
    page.wait_for_selector(".o_list_view .o_data_row")
    assert page.locator(".o_data_row").count() >= 3

    page.go_back()
    flag.click()
    page.wait_for_selector(".modal [name=explanation_html]")
    page.fill(".modal [name=reason] textarea", REASON)
    page.click(".modal button[name=action_dismiss]")
    page.wait_for_selector(".modal", state="detached")
    page.wait_for_selector(".o_client_health_flag.o_client_health_quiet")

    (decided,) = server.call(
        "client.health.flag",
        "read",
        [flag_id],
        ["decision", "decision_reason", "decision_user_id"],
    )
    assert decided["decision"] == "dismissed"
    assert decided["decision_reason"] == REASON
    assert decided["decision_user_id"][1] == "Sanne Bakker"


def test_without_a_reason_a_flag_is_not_dismissed(page, server):
    partner_id, flag_id = _find_flag(server, "brandsma", "grumpy")
    _log_in(page, "joost")
    page.goto(f"/odoo/res.partner/{partner_id}")
    page.click(".o_client_health_flag")
    page.click(".modal button[name=action_dismiss]")
    page.wait_for_selector(".o_error_dialog")
    (flag,) = server.call("client.health.flag", "read", [flag_id], ["decision"])
    assert flag["decision"] == "none"


def test_flags_fit_on_a_telephone(telephone, server):
    partner_id, _flag_id = _find_flag(server, "vandijk", "late_payer")
    _log_in(telephone, "sanne")
    telephone.goto(f"/odoo/res.partner/{partner_id}")
    telephone.wait_for_selector(".o_client_health_flag")
    assert telephone.locator(".o_client_health_flag").count() == 3
    _assert_fits(telephone)


@pytest.mark.parametrize("screen", ["page", "telephone", "plain_page"])
def test_a_prospect_asks_for_a_call(screen, request, server):
    page = request.getfixturevalue(screen)
    mail = f"prospect.{screen}@example.com"
    page.goto("/coaching?track=scale")
    assert page.is_checked("#track_scale")
    _assert_fits(page)
    _fill_form(page, mail)
    # the page is read for two seconds at least; a robot is faster
    page.wait_for_timeout(2500)
    page.click("#coaching_form button[type=submit]")
    page.wait_for_url(re.compile(r"/coaching/\w+"))

    (lead,) = server.call(
        "crm.lead",
        "search_read",
        [("email_from", "=", mail)],
        ["coaching_track_id", "coaching_goal", "coaching_session_state"],
    )
    assert lead["coaching_goal"] == WISH
    assert lead["coaching_session_state"] == "requested"
    track = server.call(
        "coaching.track", "read", [lead["coaching_track_id"][0]], ["code"]
    )
    assert track[0]["code"] == "scale"


def _fill_form(page, mail):
    page.fill("#coaching_goal", WISH)
    page.fill("#coaching_name", "Vera Prins")
    page.fill("#coaching_phone", "06 12345678")
    page.fill("#coaching_email", mail)


def _assert_fits(page):
    """Nothing sticks out at the side."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


@pytest.mark.parametrize("path", ["/", "/coaching", "/coaching/privacy", "/web/login"])
def test_a_page_of_the_website_loads_without_an_error(page, path):
    """The fixture fails the test on a console error or a failed request."""
    page.goto(path)
    page.wait_for_load_state("load")


def test_a_prospect_who_came_through_the_trap_leaves_no_lead(page, server):
    page.goto("/coaching?track=start")
    _fill_form(page, "robot@example.com")
    page.evaluate("document.querySelector('#coaching_topic').value = 'spam'")
    page.wait_for_timeout(2500)
    page.click("#coaching_form button[type=submit]")
    page.wait_for_url(re.compile(r"/coaching/\w+"))
    domain = [("email_from", "=", "robot@example.com")]
    assert server.call("crm.lead", "search_count", domain) == 0
