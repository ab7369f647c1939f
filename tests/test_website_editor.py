"""The public page in the website builder, with a real browser on a real server."""

import pytest

HEADING = "Speak with a coach"
LEGEND = "Where are you now?"
BLOCK = "s_coaching_tracks"


@pytest.fixture
def editor(english_page, server):
    """The page open in the builder, in the website's own language; a translated page
    is translated there, and core's own Dutch breaks its menu of blocks. What was
    changed is taken back."""
    page = english_page
    (admin,) = server.call("res.users", "search", [("login", "=", "admin")])
    before = server.call("res.users", "read", [admin], ["lang"])[0]["lang"]
    views = [("website_id", "!=", False), ("key", "=like", "coaching_leads.%")]
    views.append(("active", "in", (True, False)))
    kept = server.call("ir.ui.view", "search", views)
    server.call("res.users", "write", [admin], {"lang": "en_US"})
    page.goto("/web/login")
    page.fill("#login", "admin")
    page.fill("#password", "admin")
    page.click(".oe_login_form button[type=submit]")
    page.wait_for_url("**/odoo**")
    page.goto("/odoo/action-website.website_preview?path=/coaching")
    get_shown(page).locator(".o_coaching_page h1").wait_for()
    page.click(".o_edit_website_container button")
    # the bundles of the builder are built the first time
    page.wait_for_selector(".o_builder_sidebar_open", timeout=120_000)
    yield page
    server.call("res.users", "write", [admin], {"lang": before})
    made = set(server.call("ir.ui.view", "search", views)) - set(kept)
    server.call("ir.ui.view", "unlink", list(made))


def get_shown(page):
    return page.frame_locator(".o_website_preview iframe:not(.o_ignore_in_tour)")


def type_over(page, element, text):
    element.click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type(text)


def test_texts_and_blocks_are_changed_where_they_stand(editor, browser, server):
    tracks = server.call("coaching.track", "search_read", [], ["code", "description"])
    shown = get_shown(editor)
    type_over(editor, shown.locator(".o_coaching_page h1"), HEADING)
    type_over(editor, shown.locator("#coaching_form legend").first, LEGEND)
    group = "#snippet_groups .o_snippet[name='Contact & Forms']"
    editor.click(f"{group} .o_snippet_thumbnail_area")
    blocks = editor.frame_locator(".modal iframe")
    blocks.locator(f"[data-snippet-id={BLOCK}]").click()
    shown.locator(f"#wrap .{BLOCK}").wait_for()
    editor.click("button[data-action=save]")
    editor.wait_for_selector("body:not(.o_builder_open)")

    visitor = browser.new_context(base_url=server.address).new_page()
    visitor.goto("/coaching")
    assert visitor.inner_text("h1") == HEADING
    assert visitor.locator("#coaching_form legend").first.inner_text() == LEGEND
    links = visitor.locator(f".{BLOCK} a")
    assert links.evaluate_all("all => all.map(link => link.getAttribute('href'))") == [
        f"/coaching?track={track['code']}" for track in tracks
    ]
    visitor.context.close()
    # the tracks' own texts are the records': nothing of them was written
    after = server.call("coaching.track", "search_read", [], ["code", "description"])
    assert after == tracks
