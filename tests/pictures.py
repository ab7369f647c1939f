"""Takes the pictures of the guide anew, from a demo database: ``setup/pictures``.

A picture of the same name in another language ends in ``_nl``. All show the same
database, so what is on one is on the other.
"""

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from conftest import CHROMIUM, CHROMIUM_FLAGS, DUTCH
from instance import Server
from playwright.sync_api import sync_playwright
from stack import database, paths, testing

LANGUAGES = {"en": "en_US", "nl": "nl_NL"}
IN_BOTH = ("to_decide", "partner", "trait", "dashboard", "balance", "what_if")
MOST_BYTES = 200_000
TELEPHONE_WIDTH = 600
HEALTH = "/odoo/action-client_health."
COACHING = "/odoo/action-coaching_leads."
COSTLY = ("Webwinkel Sokkenland", "Stichting Wijkcentrum De Brug")


class Taker:
    """Takes pictures in one language.

    :param server: a running demo server
    :param browser: Playwright's
    :param str language: ``en`` or ``nl``
    """

    def __init__(self, server, browser, language):
        self.server, self.browser, self.language = server, browser, language
        (admin,) = server.call("res.users", "search", [("login", "=", "admin")])
        server.call("res.users", "write", [admin], {"lang": LANGUAGES[language]})

    @contextmanager
    def page(self, width, height, login=True):
        """A page, logged in as the administrator."""
        size = {"width": width, "height": height}
        context = self.browser.new_context(
            base_url=self.server.address,
            viewport=size,
            has_touch=width < TELEPHONE_WIDTH,
            **DUTCH,
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        if login:
            page.goto("/web/login")
            page.fill("#login", "admin")
            page.fill("#password", "admin")
            page.click(".oe_login_form button[type=submit]")
            page.wait_for_selector(".o_main_navbar")
        yield page
        context.close()

    def take(self, addon, name, size, url, *clicks, wait=".o_view_controller"):
        """Open a screen, click, and keep what is seen.

        :param tuple size: width and height
        :param clicks: selectors, clicked one after another; each must be there
        :param str wait: what must be there before the first click
        """
        with self.page(*size) as page:
            page.goto(url)
            page.wait_for_selector(wait)
            for place in clicks:
                page.locator(place).first.click()
                self._settle(page)
            self._settle(page)
            if wait.startswith(".o-figure"):
                page.wait_for_timeout(6000)  # drawn on a canvas
            page.mouse.move(size[0] / 2, 60)
            page.evaluate("document.activeElement?.blur()")
            self._keep(addon, name, page.screenshot())

    def take_page(self, name, size, url, is_whole=False):
        """Keep a page of the website, as a visitor sees it."""
        with self.page(*size, login=False) as page:
            page.goto(url)
            page.wait_for_selector("#coaching_form")
            page.add_style_tag(content="footer { display: none }")
            self._keep("coaching_leads", name, page.screenshot(full_page=is_whole))

    def take_letter(self):
        """Keep the first page of a draft of a letter, as it is printed."""
        wanted = [("partner_id.lang", "=", LANGUAGES["nl"])]
        (case,) = self.server.call("client.farewell", "search", wanted, limit=1)
        self.server.call(
            "client.farewell", "write", [case], {"lang": LANGUAGES[self.language]}
        )
        session = self.server.session("admin")
        path = "report/pdf/client_health.report_farewell_letter"
        answer = session.get(f"{self.server.address}/{path}/{case}", timeout=120)
        with tempfile.TemporaryDirectory() as folder:
            pdf = Path(folder) / "letter.pdf"
            pdf.write_bytes(answer.content)
            command = ["pdftoppm", "-png", "-singlefile", "-scale-to", "1123", pdf]
            subprocess.run([*command, pdf.with_suffix("")], check=True)
            png = pdf.with_suffix(".png").read_bytes()
        self._keep("client_health", f"farewell_letter_{self.language}", png)

    def _settle(self, page):
        page.wait_for_selector(".o_loading_indicator", state="detached")
        page.wait_for_timeout(1000)

    def _keep(self, addon, name, png):
        if self.language == "nl" and not name.endswith("_nl"):
            name += "_nl"
        file = paths.ADDONS / addon / "static" / "description" / f"{name}.png"
        file.write_bytes(png)
        too_big = " – too big" * (len(png) > MOST_BYTES)
        print(f"{file.name}: {len(png) // 1000} kB{too_big}")


def take_health(taker):
    """Client Health's screens; in Dutch those that its Dutch guide shows."""
    call = taker.server.call
    (health,) = call("client.health", "search", [("state", "=", "to_discuss")])
    [read] = call("client.health", "read", [health], ["partner_id"])
    partner = f"/odoo/contacts/{read['partner_id'][0]}"
    (trait,) = call("client.health.trait", "search", [("code", "=", "time_demander")])
    (costly,) = call("client.health", "search", [("partner_id.name", "=", COSTLY[1])])
    by_hour = ".o_list_table th[data-name=revenue_per_hour]"
    row = ".o_data_row:has-text('{}') .o_list_record_selector input"
    flag = ".o_client_health_flag"
    figure = ".o-figure canvas"
    screens = {
        "to_decide": ((1366, 700), "/odoo/client-flags"),
        "partner": ((1366, 640), partner),
        "partner_390": ((390, 844), partner),
        "why": ((1366, 900), partner, f"{flag}:has(.fa-clock-o)"),
        "form": ((1366, 900), f"{HEALTH}client_health_action/{costly}"),
        "clients": ((1366, 640), "/odoo/client-health"),
        "trait": ((1366, 900), f"{HEALTH}client_health_trait_action/{trait}"),
        "what_if": (
            (1366, 640),
            "/odoo/client-health",
            by_hour,
            *(row.format(name) for name in (*COSTLY, "Transportbedrijf Snelders")),
            ".o_cp_action_menus .fa-cog",
            ".o-dropdown--menu .o_menu_item:last-child",
        ),
    }
    for name, (size, url, *clicks) in screens.items():
        if taker.language == "en" or name in IN_BOTH:
            taker.take("client_health", f"health_{name}", size, url, *clicks)
    for name, height, action in (
        ("dashboard", 1830, "client_health_dashboard_action"),
        ("balance", 1180, "client_health_balance_dashboard_action"),
    ):
        size = (1366, height)
        taker.take(
            "client_health", f"health_{name}", size, f"{HEALTH}{action}", wait=figure
        )
    taker.take_letter()


def take_coaching(taker):
    """Coaching Leads' screens, and its public page."""
    size, call = (1000, 633), taker.server.call
    prefix = "" if taker.language == "en" else "/nl"
    taker.take_page("form_desktop", (1200, 860), f"{prefix}/coaching")
    taker.take_page("form_telephone", (390, 844), f"{prefix}/coaching", is_whole=True)
    if taker.language == "nl":
        return
    requested = [("coaching_session_state", "=", "requested")]
    (lead,) = call("crm.lead", "search", requested, limit=1)
    screens = {
        "today": f"{COACHING}crm_lead_action_today",
        "lead": f"{COACHING}crm_lead_action_pipeline/{lead}",
        "pipeline": f"{COACHING}crm_lead_action_pipeline",
        "calendar": f"{COACHING}coaching_call_action",
    }
    for name, url in screens.items():
        taker.take("coaching_leads", f"call_{name}", size, url)
    taker.take(
        "coaching_leads",
        "call_dashboard",
        size,
        f"{COACHING}coaching_dashboard_action",
        wait=".o-figure canvas",
    )


def main():
    """Make a demo database, take the pictures and drop it."""
    name = testing.database_name("pictures")
    database.make_demo(name)
    try:
        with Server(name) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=CHROMIUM_FLAGS
            )
            for language in LANGUAGES:
                taker = Taker(server, browser, language)
                take_health(taker)
                take_coaching(taker)
            browser.close()
    finally:
        database.drop(name)
    print(f"Taken on {date.today()}.")


if __name__ == "__main__":
    sys.exit(main())
