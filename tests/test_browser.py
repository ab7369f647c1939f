"""The two main jobs, clicked through in a real browser."""

import re

import pytest
from contrast import find_pale, measure

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
    """Have the session of a user; nothing is loaded that a test does not look at."""
    (name,) = _ask(page, "/web/database/list")
    who = {"db": name, "login": login, "password": login}
    assert _ask(page, "/web/session/authenticate", **who)["uid"]


def _ask(page, path, **params):
    answer = page.request.post(path, data={"jsonrpc": "2.0", "params": params})
    return answer.json()["result"]


def test_a_user_logs_in(page):
    page.goto("/web/login")
    page.fill("#login", "sanne")
    page.fill("#password", "sanne")
    page.click(".oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def test_a_colleague_decides_on_a_flag(page, server):
    partner_id, flag_id = _find_flag(server, "leeuw", "late_payer")
    _log_in(page, "sanne")
    page.goto(f"/odoo/res.partner/{partner_id}")
    flag = page.locator(".o_client_health_flag:has(.fa-clock-o)")

    flag.click()
    page.click(".modal [name=deciding] [data-fact=late_count]")
    page.wait_for_selector(".o_list_view .o_data_row")
    assert page.locator(".o_data_row").count() >= 3

    page.go_back()
    flag.click()
    page.wait_for_selector(".modal [name=deciding] button")
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


@pytest.mark.parametrize("screen", ["page", "telephone"])
def test_without_a_reason_the_field_asks_for_it(screen, request, server):
    page = request.getfixturevalue(screen)
    partner_id, flag_id = _find_flag(server, "brandsma", "grumpy")
    decided = ["decision", "decision_date", "decision_reason"]
    before = server.call("client.health.flag", "read", [flag_id], decided)
    assert before[0]["decision"] != "dismissed"
    _log_in(page, "joost")
    page.goto(f"/odoo/res.partner/{partner_id}")
    page.click(".o_client_health_flag")
    dismiss = page.locator(".modal button[name=action_dismiss]")
    _assert_on_first_screen(page, page.locator(".modal [name=reason] textarea"))
    _assert_on_first_screen(page, dismiss)
    dismiss.click()
    page.wait_for_selector(".modal .o_client_health_why.o_field_invalid")
    page.wait_for_selector(".modal .o_client_health_missing:visible")
    assert not page.locator(".o_error_dialog").count()
    assert server.call("client.health.flag", "read", [flag_id], decided) == before


def _assert_on_first_screen(page, part):
    part.wait_for()
    box = part.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= page.viewport_size["height"]


COUNT = """
window.ourClicks = 0;
addEventListener("click", (ev) => (window.ourClicks += ev.isTrusted), true);
"""


def _count_clicks(page):
    """Return how often a person clicked since the page was loaded."""
    return page.evaluate("window.ourClicks")


@pytest.fixture
def inbox(request, server):
    """The inbox in one language on one screen, with one flag that waits in it."""
    screen, lang = request.param
    page = request.getfixturevalue(screen)
    partner_id, flag_id = _find_flag(server, "vandijk", "integrity")
    (sanne,) = server.call("res.users", "search", [("login", "=", "sanne")])
    (before,) = server.call("res.users", "read", [sanne], ["lang"])
    server.call("res.users", "write", [sanne], {"lang": lang})
    page.add_init_script(COUNT)
    _log_in(page, "sanne")
    page.goto("/odoo/client-flags")
    # the sentence tells which: three promises of three were not kept
    rows = page.locator(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
    row = rows.filter(has_text=re.compile(r"Van Dijk.*3 (van|of) 3", re.DOTALL))
    row.wait_for()
    _assert_fits(page)
    yield page, row, flag_id
    server.call("res.users", "write", [sanne], {"lang": before["lang"]})


EVERYWHERE = pytest.mark.parametrize(
    "inbox",
    [("page", "nl_NL"), ("telephone", "nl_NL"), ("page", "en_US")],
    indirect=True,
)


def _read_decision(server, flag_id):
    fields = ["decision", "decision_reason"]
    (flag,) = server.call("client.health.flag", "read", [flag_id], fields)
    return flag["decision"], flag["decision_reason"]


def _hold_toast(page):
    """Put the pointer on what was decided, which keeps it from closing."""
    page.hover(".o_client_health_decided")


def _undo(page, row, server, flag_id):
    """Take back by the toast, and see the row again."""
    row.wait_for(state="detached")
    page.click(".o_client_health_decided button:has(.fa-undo)")
    page.wait_for_selector(".o_client_health_decided", state="detached")
    row.wait_for()
    assert _read_decision(server, flag_id) == ("none", False)


@EVERYWHERE
def test_a_row_is_confirmed_in_one_click_and_taken_back(inbox, server):
    page, row, flag_id = inbox
    row.locator("button[name=action_confirm_row]").click()
    _hold_toast(page)
    assert _count_clicks(page) == 1
    assert _read_decision(server, flag_id) == ("confirmed", False)
    _undo(page, row, server, flag_id)


@EVERYWHERE
def test_a_row_is_dismissed_in_two_clicks_and_taken_back(inbox, server):
    page, row, flag_id = inbox
    row.locator("button[name=action_open_dismiss]").click()
    page.click(".modal button[name=action_dismiss_ours]")
    _hold_toast(page)
    assert _count_clicks(page) == 2
    page.wait_for_selector(".modal", state="detached")
    decision, reason = _read_decision(server, flag_id)
    assert decision == "dismissed"
    assert reason in ("The cause was ours.", "De oorzaak lag bij ons.")
    _undo(page, row, server, flag_id)


@EVERYWHERE
def test_a_row_is_put_off_in_two_clicks_and_taken_back(inbox, server):
    page, row, flag_id = inbox
    counter = page.locator(".o_client_health_counter .badge")
    count = int(counter.inner_text())
    row.locator("button[name=action_open_later]").click()
    page.click(".modal button[name=action_snooze_week]")
    _hold_toast(page)
    assert _count_clicks(page) == 2
    row.wait_for(state="detached")
    counter.filter(has_text=re.compile(rf"^{count - 1}$")).wait_for()
    _undo(page, row, server, flag_id)
    counter.filter(has_text=re.compile(rf"^{count}$")).wait_for()


@pytest.mark.parametrize("inbox", [("page", "nl_NL")], indirect=True)
def test_a_row_is_worked_through_by_keys(inbox, server):
    page, row, flag_id = inbox
    row.locator(".o_data_cell").first.focus()
    page.keyboard.press("d")
    page.wait_for_selector(".modal button[name=action_dismiss_ours]")
    page.keyboard.press("Escape")
    page.wait_for_selector(".modal", state="detached")
    row.locator(".o_data_cell").first.focus()
    page.keyboard.press("c")
    page.wait_for_selector(".o_client_health_decided")
    assert _count_clicks(page) == 0
    assert _read_decision(server, flag_id) == ("confirmed", False)
    row.wait_for(state="detached")
    server.call("client.health.flag", "action_undo", [flag_id], user="sanne")


def test_the_counter_opens_the_inbox_from_anywhere(page, server):
    _log_in(page, "sanne")
    page.goto("/odoo/discuss")
    page.click(".o_client_health_counter button")
    page.wait_for_selector("button[name=action_confirm_row]")


@pytest.mark.parametrize("screen", ["page", "telephone"])
def test_a_promise_is_settled_in_one_click(screen, request, server):
    page = request.getfixturevalue(screen)
    partner_id, _flag_id = _find_flag(server, "vandijk", "integrity")
    what = f"Belt terug ({screen})"
    vals = {
        "partner_id": partner_id,
        "description": what,
        "date_promised": "2098-01-01",
    }
    (promise,) = server.call("client.health.promise", "create", [vals])
    page.add_init_script(COUNT)
    _log_in(page, "sanne")
    page.goto("/odoo/client-promises")
    row = page.locator(".o_data_row, .o_kanban_record").filter(has_text=what)
    row.locator("button[name=action_kept]").click()
    row.locator("button[name=action_kept]").wait_for(state="detached")
    assert _count_clicks(page) == 1
    (kept,) = server.call("client.health.promise", "read", [promise], ["state"])
    assert kept["state"] == "kept"
    server.call("client.health.promise", "unlink", [promise])


@pytest.mark.parametrize("screen", ["page", "telephone"])
def test_a_talk_ends_with_its_outcome(screen, request, server):
    page = request.getfixturevalue(screen)
    _partner_id, flag_id = _find_flag(server, "brandsma", "grumpy")
    (flag,) = server.call("client.health.flag", "read", [flag_id], ["health_id"])
    _log_in(page, "sanne")
    page.goto(f"/odoo/client.health/{flag['health_id'][0]}")
    page.click("button[name=action_talk_first]")
    page.click(".modal button[name=action_schedule_plan]")
    page.wait_for_selector(".modal", state="detached")
    for step in ("agreed", "done", "better"):
        page.click(f".alert button[name=action_step_{step}]")
    # the last one leads to the decision, with what came of it as the reason
    page.wait_for_selector(".modal [name=reason] textarea")
    assert page.input_value(".modal [name=reason] textarea")
    page.keyboard.press("Escape")
    page.goto("/odoo/client-flags")
    page.wait_for_selector("button[name=action_confirm_row]")


def test_nothing_is_cut_in_the_list_of_clients(page, server):
    _log_in(page, "sanne")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/odoo/client-health")
    page.wait_for_selector(".o_data_row")
    cut = page.evaluate(
        """() => [...document.querySelectorAll(
            ".o_list_table th, .o_list_table td, .o_list_table .badge"
        )].filter(
            (part) => part.offsetWidth > 40 && part.scrollWidth > part.clientWidth + 1
        ).map((part) => part.innerText)"""
    )
    assert not cut
    _assert_fits(page)


def test_the_inbox_fits_a_tablet(page, server):
    page.set_viewport_size({"width": 768, "height": 1024})
    _log_in(page, "admin")
    page.goto("/odoo/client-flags")
    button = page.locator(".o_data_row button[name=action_open_later]").first
    button.wait_for()
    assert button.bounding_box()["x"] + button.bounding_box()["width"] <= 768
    assert page.locator(".o_data_row .o_field_client_health_why").first.is_visible()
    page.set_viewport_size({"width": 1366, "height": 900})
    page.reload()
    page.locator(".o_data_row [name=revenue_amount]").first.wait_for()


@EVERYWHERE
def test_a_talk_is_planned_from_a_row(inbox, server):
    page, row, flag_id = inbox
    (flag,) = server.call("client.health.flag", "read", [flag_id], ["health_id"])
    steps = [("res_model", "=", "client.health"), ("res_id", "=", flag["health_id"][0])]
    before = server.call("mail.activity", "search_count", steps)
    row.locator("button[name=action_talk_first]").click()
    page.click(".modal button[name=action_schedule_plan]")
    page.wait_for_selector(".modal", state="detached")
    assert server.call("mail.activity", "search_count", steps) == before + 3
    page.goto(f"/odoo/client.health/{flag['health_id'][0]}")
    page.wait_for_selector(".alert .fa-comments-o")


def test_a_flag_is_decided_by_keyboard_alone(page, server):
    partner_id, flag_id = _find_flag(server, "sokken", "time_demander")
    _log_in(page, "sanne")
    page.goto(f"/odoo/res.partner/{partner_id}")
    page.wait_for_selector(".o_client_health_flag")
    page.locator(".o_form_sheet input:visible").first.focus()
    _tab_to(page, "button.o_client_health_flag")

    page.keyboard.press("Space")
    page.wait_for_selector(".modal [name=deciding] button")
    page.keyboard.press("Escape")
    page.wait_for_selector(".modal", state="detached")
    page.wait_for_selector("button.o_client_health_flag:focus")

    page.keyboard.press("Enter")
    page.wait_for_selector(".modal [name=reason] textarea:focus")
    page.keyboard.type(REASON)
    page.keyboard.press("Tab")
    page.wait_for_selector(".modal [name=dismiss_until] input:focus")
    page.keyboard.press("Control+A")
    page.keyboard.type("12/31/2098")
    _tab_to(page, ".modal button[name=action_dismiss]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".modal", state="detached")
    page.wait_for_selector(".o_client_health_flag.o_client_health_quiet")
    decided = ["decision", "decision_reason", "decision_until"]
    (flag,) = server.call("client.health.flag", "read", [flag_id], decided)
    del flag["id"]
    assert flag == dict(zip(decided, ("dismissed", REASON, "2098-12-31"), strict=True))


def _tab_to(page, selector, most=40):
    """Press Tab until an element has the focus."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_a_screen_reader_hears_level_and_decision(page, server):
    partner_id, _flag_id = _find_flag(server, "vandijk", "late_payer")
    # six fall due in a year; what was settled in it counts too, by the day of the month
    (facts,) = server.call(
        "client.health",
        "search_read",
        [("partner_id", "=", partner_id)],
        ["late_count", "instalment_due_count"],
    )
    late, due = facts["late_count"], facts["instalment_due_count"]
    assert late >= 6
    _log_in(page, "sanne")
    page.goto(f"/odoo/res.partner/{partner_id}")
    row = page.get_by_role("group", name="Client health")
    flag = row.get_by_role(
        "button", name=re.compile("Often pays late.*Flag.*Confirmed")
    )
    flag.wait_for()
    assert row.get_by_role("link").count() == 0
    health = page.get_by_role("button", name=re.compile(r"\d+ · To discuss\s+Health"))
    assert health.count() == 1

    flag.click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("region", name="Why").wait_for()
    assert panel.get_by_role("heading", name="Often pays late").count() == 1
    heard = panel.aria_snapshot()
    assert re.search(rf"{late} of {due} (invoices|instalments|times)\b.*\d+ %", heard)
    assert "Met:" not in heard  # folded away, and not read out before it is opened
    panel.get_by_text("All conditions").click()
    assert "Met: Instalments Late:" in panel.aria_snapshot()
    assert panel.get_by_role("textbox", name="Reason").count() == 1
    for name in ("Confirm", "Dismiss", "Evidence", "Talk first", "Close"):
        assert panel.get_by_role("button", name=name).count()

    page.goto("/odoo/client-health")
    page.wait_for_selector(".o_data_row")
    assert page.get_by_role("columnheader", name="State").count() == 1


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/odoo/res.partner/{partner}", "[name=client_health]"),
        ("/odoo/client.health/{health}", ".o_form_sheet"),
        ("/odoo/client-health", ".o_list_table tbody"),
        ("/odoo/client-flags", ".o_list_table tbody"),
    ],
)
def test_texts_stand_out_from_their_ground(page, server, path, parts):
    partner, _flag_id = _find_flag(server, "fitpunt", "haggler")
    domain = [("partner_id", "=", partner)]
    (health,) = server.call("client.health", "search", domain)
    _log_in(page, "sanne")
    page.goto(path.format(partner=partner, health=health))
    page.wait_for_selector(".o_client_health_flag, .o_data_row")
    part = page.locator(parts).first
    assert measure(part)
    assert not find_pale(part)
    if flags := page.locator(".o_client_health_flag").all():
        flags[0].click()
        page.wait_for_selector(".modal [name=deciding] button")
        page.click(".modal summary")
        assert not find_pale(page.locator(".modal-body"))


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
