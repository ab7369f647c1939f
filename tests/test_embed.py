"""The public form in a frame on another site, in a browser that keeps no cookies."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import CHROMIUM, CHROMIUM_FLAGS, DUTCH, TELEPHONE

HOST_PAGE = """<!doctype html><title>Elsewhere</title><h1>Another site</h1>
<script src="{server}/coaching_leads/static/src/embed/embed.js"
        data-track="scale" data-lang="nl" async></script>
<p>Below the form</p>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_line):
        """Say nothing: the tests' output is for the tests."""


@pytest.fixture
def elsewhere(server, tmp_path):
    """Port of another site that has our script on its page."""
    (tmp_path / "index.html").write_text(HOST_PAGE.format(server=server.address))
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield other.server_port
        other.shutdown()


@pytest.fixture
def visitor(playwright):
    """A telephone whose browser gives frames of other sites no cookies."""
    chromium = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[*CHROMIUM_FLAGS, "--test-third-party-cookie-phaseout"],
    )
    context = chromium.new_context(viewport=TELEPHONE, **DUTCH)
    context.set_default_timeout(60_000)
    context.route(re.compile(r"^https://"), lambda route: route.fulfill(body=""))
    yield context.new_page()
    chromium.close()


def allow(server, origins):
    """Let these sites, and no others, show the form in a frame."""
    sites = server.call("website", "search", [])
    server.call("website", "write", sites, {"coaching_embed_origins": origins})


def test_a_prospect_asks_for_a_call_on_another_site(server, elsewhere, visitor):
    allow(server, f"http://localhost:{elsewhere}")
    # localhost and 127.0.0.1 are two sites to a browser
    visitor.goto(f"http://localhost:{elsewhere}/?utm_source=Partner")
    form = visitor.frame_locator("iframe")
    assert form.locator("#track_scale").is_checked()
    form.locator("#coaching_goal").fill("Groeien")
    form.locator("#coaching_name").fill("Vera Prins")
    form.locator("#coaching_phone").fill("06 12345678")
    form.locator("#coaching_email").fill("embedded@example.com")
    # the page is read for two seconds at least; a robot is faster
    visitor.wait_for_timeout(2500)
    # the frame is 1200 px high until the form has told how high it is
    height = "document.querySelector('iframe').offsetHeight"
    visitor.wait_for_function(f"{height} > 1300")
    high = visitor.evaluate(height)
    form.locator("#coaching_form button[type=submit]").click()
    form.locator("a[href*='/coaching/call/']").wait_for()
    visitor.wait_for_function(f"{height} < {high - 300}")

    assert visitor.context.cookies() == []
    (lead,) = server.call(
        "crm.lead",
        "search_read",
        [("email_from", "=", "embedded@example.com")],
        ["source_id", "lang_id", "coaching_tz"],
    )
    assert lead["source_id"][1] == "Partner"
    assert lead["coaching_tz"] == "Europe/Amsterdam"


def test_a_site_that_is_not_allowed_shows_no_form(server, elsewhere, visitor):
    allow(server, "https://www.example.com")
    visitor.goto(f"http://localhost:{elsewhere}/")
    visitor.wait_for_function("document.querySelector('iframe')")
    frame = visitor.frames[-1]
    frame.wait_for_load_state()
    assert frame.locator("#coaching_form").count() == 0
