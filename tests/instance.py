"""A running Odoo for the tests, and what they ask it."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
import xmlrpc.client

import requests
from stack import odoo, paths

START_SECONDS = 120
STOP_SECONDS = 20


class Server:
    """Odoo on one database and a free port, while the ``with`` block runs.

    :param options: more of Odoo's command line, such as the number of workers
    """

    variables = {}

    def __init__(self, database, *options):
        self.database = database
        self.options = options
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = paths.STATE / "log" / f"{database}-server.log"

    def __enter__(self):
        serve = ("-d", self.database, "--db-filter", f"^{self.database}$")
        port = ("--http-port", self.port, "--http-interface", "127.0.0.1")
        # no crons: nothing changes but by what a test does
        alone = ("--max-cron-threads", "0", *self.options)
        command = odoo.command("server", *serve, *port, *alone)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command,
                env={**odoo.environment(), **self.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_up()
        return self

    def __exit__(self, *_error):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _wait_until_up(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/web/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.process.kill()
        raise AssertionError(f"the server did not start; see {self.log}")

    def call(self, model, method, *args, user="admin", **kwargs):
        """Call a public method as a user would over RPC; password and login are equal.

        :return: what the method returns
        """
        common = xmlrpc.client.ServerProxy(f"{self.address}/xmlrpc/2/common")
        uid = common.authenticate(self.database, user, user, {})
        models = xmlrpc.client.ServerProxy(
            f"{self.address}/xmlrpc/2/object", allow_none=True
        )
        return models.execute_kw(self.database, uid, user, model, method, args, kwargs)

    def session(self, user):
        """A logged-in HTTP session (password and login are equal)."""
        session = requests.Session()
        login = {"db": self.database, "login": user, "password": user}
        answer = session.post(
            f"{self.address}/web/session/authenticate",
            json={"jsonrpc": "2.0", "params": login},
            timeout=30,
        )
        assert answer.json()["result"]["uid"], f"{user} cannot log in"
        return session


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
