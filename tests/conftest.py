"""What the whole-project tests share: one demo database, one server, one browser."""

import os
import re
from contextlib import contextmanager

import pytest
from instance import Server
from playwright.sync_api import sync_playwright
from stack import database, testing
from watch import Watch

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1366, "height": 900}
TELEPHONE = {"width": 390, "height": 844}
# Dutch in the browser and on the clock, as our users have it.
DUTCH = {"locale": "nl-NL", "timezone_id": "Europe/Amsterdam"}


@pytest.fixture(scope="session")
def demo_template():
    """Name of a database with both addons and the demo book, to copy and not to touch.

    It is kept for the next run as long as the addons stay the same.
    """
    name = testing.database_name("book")
    database.keep(name, database.make_demo, database.make_demo)
    return name


@pytest.fixture(scope="session")
def plain_template():
    """Name of a database with both addons and nothing else, to copy and not to touch.

    Not the one that the addons' own tests run in: making a copy of a database ends
    the sessions of who works in it.
    """
    name = testing.database_name("plain")
    if os.environ.get(testing.PLAIN) != name:
        database.make_test(name)
    yield name
    database.drop(name)


@pytest.fixture(scope="session")
def server(demo_template):
    """A running server on a copy of the demo book, for all tests of the session."""
    name = testing.database_name("whole")
    database.copy(demo_template, name)
    with Server(name) as running:
        yield running
    database.drop(name)


@pytest.fixture(scope="session")
def playwright():
    """What starts browsers: there can be one at a time in a process."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright):
    """Chromium, as Debian has it."""
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(name="page")
def fixture_page(browser, server):
    """A page at desktop size; the test fails on any console error or failed request."""
    with open_page(browser, server, viewport=DESKTOP) as page:
        yield page


@pytest.fixture
def english_page(browser, server):
    """The same for who reads English."""
    with open_page(browser, server, viewport=DESKTOP, locale="en-US") as page:
        yield page


@pytest.fixture
def telephone(browser, server):
    """The same at 390 px with touch."""
    with open_page(browser, server, viewport=TELEPHONE, has_touch=True) as page:
        yield page


@pytest.fixture
def plain_page(browser, server):
    """A page without JavaScript."""
    plain = {"viewport": TELEPHONE, "java_script_enabled": False}
    with open_page(browser, server, **plain) as page:
        yield page


@contextmanager
def open_page(browser, server, **options):
    """A page of a server in a context of its own; it fails on any console error."""
    context = browser.new_context(base_url=server.address, **DUTCH | options)
    # the first page of all waits for the asset bundles to be built
    context.set_default_timeout(120_000)
    # core's themes load fonts from elsewhere; the tests need no network
    elsewhere = re.compile(rf"^https?://(?!{re.escape(server.address[7:])})")
    context.route(elsewhere, lambda route: route.fulfill(body=""))
    page = context.new_page()
    watch = Watch(page)
    yield page
    context.close()
    watch.assert_clean()
