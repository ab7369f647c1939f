"""Many who book at once on a server with two workers, and a mail server that hangs."""

import itertools
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from book import shell
from instance import Server
from requests.adapters import HTTPAdapter
from stack import database, testing
from urllib3.util import Retry

CROWD = 50  # and one more, who comes after them
PATIENCE = 15  # seconds; Odoo itself waits a minute for a mail server
FORM_TOKEN = r'name="form_token" value="([^"]+)"'
PREPARE = """
# nothing of this is mailed: the mail server hangs
quiet = ("tracking_disable", "no_reset_password", "mail_auto_subscribe_no_notify")
env = env(context=dict.fromkeys(quiet, True))
env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 10000)
coach = env["res.users"].create({
    "name": "Crowd Coach", "login": "crowd", "email": "crowd@example.com",
    "tz": "Europe/Amsterdam", "notification_type": "email",
    "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
})
hours = env["coaching.coach"].create({"user_id": coach.id})
hours.action_fill_week()
tracks = env["coaching.track"].search([])
tracks.write({"user_ids": [(6, 0, coach.ids)], "notice_hours": 4})
leads = env["crm.lead"].create([
    {
        "name": f"Crowd {n}", "contact_name": f"Crowd {n}",
        "email_from": f"crowd{n}@example.com", "phone": f"+31 6 100000{n:02}",
        "user_id": coach.id, "coaching_track_id": tracks[0].id,
        "coaching_session_state": "requested",
    }
    for n in range(%(crowd)s + 1)
])
env["ir.mail_server"].search([]).unlink()
env["ir.mail_server"].create({
    "name": "Hangs", "smtp_host": "127.0.0.1", "smtp_port": %(port)s,
})
result = [lead._coaching_booking_url().split("/", 3)[3] for lead in leads]
"""


@pytest.fixture(scope="module")
def hanging():
    """Port of a mail server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def crowd(plain_template, hanging):
    """A server with two workers, and the booking links of a crowd."""
    name = testing.database_name("crowd")
    database.copy(plain_template, name)
    links = shell(name, PREPARE % {"crowd": CROWD, "port": hanging})
    with Server(name, "--workers", 2, "--gevent-port", 0) as server:
        yield server, links
    database.drop(name)


def open_page(server, link):
    """A visitor's session, and the page behind a link."""
    session = requests.Session()
    # workers close a connection that idles; browsers then open another one
    session.headers["Connection"] = "close"
    # and where the queue of the listening socket is full they try once more
    again = Retry(total=8, backoff_factor=0.2, allowed_methods=None)
    session.mount("http://", HTTPAdapter(max_retries=again))
    answer = session.get(f"{server.address}/{link}", timeout=120)
    assert answer.status_code == 200, answer.text[:500]
    return session, answer.text


def get_slots(page):
    return re.findall(r'value="(\d{8}T\d{4}Z)"', page)


def post(session, url, page, **values):
    """The answer to a form of the page, redirects not followed."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    values["csrf_token"] = token
    return session.post(url, data=values, allow_redirects=False, timeout=120)


def wait_until_taken(session, url, page, asked):
    """Post for others until the page is old enough for our form: it takes nothing
    that comes as soon as a robot."""
    end = time.monotonic() + PATIENCE
    for number in itertools.count():
        others = asked | {"email": f"other{number}@example.com"}
        if post(session, url, page, **others).status_code != 422:
            return
        assert time.monotonic() < end, "the form takes nothing"


def test_of_fifty_who_book_one_time_one_gets_it(crowd):
    server, links = crowd
    with ThreadPoolExecutor(CROWD) as pool:
        visitors = list(pool.map(lambda link: open_page(server, link), links[:CROWD]))
        slot = get_slots(visitors[0][1])[5]
        together = threading.Barrier(CROWD, timeout=60)

        def book(number):
            session, page = visitors[number]
            together.wait()
            url = f"{server.address}/{links[number]}"
            return post(session, url, page, slot=slot)

        answers = list(pool.map(book, range(CROWD)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [303]
    refused = [answer.text for answer in answers if answer.status_code == 200]
    assert all("no longer free" in page for page in refused)
    assert not any(slot in get_slots(page) for page in refused)
    calls = server.call("coaching.call", "search_read", [], ["state", "event_id"])
    assert len(calls) == 1 and calls[0]["event_id"]
    assert server.call("calendar.event", "search_count", []) == 1
    log = server.log.read_text()
    assert " ERROR " not in log and " CRITICAL " not in log, log[-3000:]


def test_a_hanging_mail_server_changes_nothing_for_the_visitor(crowd):
    server, links = crowd
    waiting = [("state", "=", "outgoing")]
    before = server.call("mail.mail", "search_count", waiting)
    session, page = open_page(server, links[-1])
    form = session.get(f"{server.address}/coaching", timeout=60).text
    slots = get_slots(page)
    seconds = {}

    def timed(what, *arguments, **values):
        begun = time.monotonic()
        answer = post(*arguments, **values)
        seconds[what] = time.monotonic() - begun
        assert answer.status_code == 303, (what, answer.status_code)
        return answer.headers["Location"]

    url = f"{server.address}/{links[-1]}"
    manage = server.address + timed("book", session, url, page, slot=slots[0])
    page = session.get(f"{manage}?move=1", timeout=60).text
    timed("move", session, manage, page, slot=slots[-1], meet_by="video")
    timed("number", session, f"{manage}/how", page, phone="+31 6 87654321")
    timed("cancel", session, f"{manage}/cancel", page)
    asked = {"form_token": re.search(FORM_TOKEN, form).group(1)}
    asked |= {"track": "start", "name": "Vera Prins", "email": "vera@example.com"}
    asked |= {"phone": "06 12345678", "goal": "Growing", "topic": ""}
    wait_until_taken(session, f"{server.address}/coaching", form, asked)
    timed("ask", session, f"{server.address}/coaching", form, **asked)
    assert max(seconds.values()) < PATIENCE, json.dumps(seconds)
    assert server.call("mail.mail", "search_count", waiting) >= before + 6
