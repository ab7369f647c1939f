"""The demo server: one database, one process, until Ctrl-C or `--stop`."""

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request

from . import database, lease, odoo, paths, system, venv
from .console import Problem, step

DATABASE = "demo"
PID_FILE = paths.STATE / "demo.pid"  # locked by the server as long as it runs
LOG = paths.STATE / "log" / "demo.log"
START_SECONDS = 120
STOP_SECONDS = 30
WELCOME = """
  Odoo is at    {address}/odoo           admin / admin (Nederlands)
                                         sanne / sanne (English, no manager)
  The website   {address}/coaching
  Three things to try:
  1. Klantbeeld > Te beslissen: open a flag, read why, look at the evidence, confirm it
     or dismiss it with a reason.
  2. Open that client's contact form: the flags stand above the name; in the action menu
     start a farewell and print its letter.
  3. Ask for a free call on {address}/coaching, then find it in CRM.
"""


def run(arguments):
    """Start or stop the demo as the command line says."""
    parser = argparse.ArgumentParser(prog="setup/demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8069)
    parser.add_argument("--detach", action="store_true", help="return when it is up")
    parser.add_argument("--stop", action="store_true", help="stop a detached server")
    options = parser.parse_args(arguments)
    if options.stop:
        print("Stopped." if stop() else "Nothing was running.")
        return 0
    with lease.use() as descriptor:
        return _serve(options, descriptor)


def stop():
    """Stop the demo server and return whether there was one."""
    if not PID_FILE.is_file():
        return False
    with open(PID_FILE) as file:
        if lease.lock(file):
            return False
        pid = int(file.read())
        os.kill(pid, signal.SIGTERM)
        hard = threading.Timer(STOP_SECONDS, os.kill, (pid, signal.SIGKILL))
        hard.start()
        fcntl.flock(file, fcntl.LOCK_EX)
        hard.cancel()
    with lease.use():
        pass  # the last one out stops PostgreSQL
    return True


def _serve(options, descriptor):
    with open(PID_FILE, "a+") as file:
        if not lease.lock(file):
            raise Problem("the demo runs already; stop it with: setup/demo --stop")
        _tell_pid(file, os.getpid())
        _check_port(options.port)
        with lease.build():
            odoo.ensure(venv.TO_RUN, system.PDF)
            database.keep(DATABASE, database.make_demo, database.update_ours)
        process = _start(options.port, [descriptor, file.fileno()])
        _tell_pid(file, process.pid)
    try:
        _wait_until_up(process, options.port)
    except BaseException:
        stop()
        raise
    print(WELCOME.format(address=f"http://localhost:{options.port}"), flush=True)
    if options.detach:
        print("  Stop it with: setup/demo --stop")
        return 0
    print("  Ctrl-C stops it.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        process.wait()
    stop()
    return 0


def _tell_pid(file, pid):
    file.truncate(0)
    print(pid, file=file, flush=True)


def _check_port(port):
    try:
        socket.create_server(("", port)).close()
    except OSError as error:
        other = f"setup/demo --port {port + 1}"
        raise Problem(f"port {port} is taken; choose another: {other}") from error


def _start(port, descriptors):
    """Start the server in a session of its own: Ctrl-C reaches it through `stop`."""
    serve = ("-d", DATABASE, "--db-filter", f"^{DATABASE}$", "--http-port", port)
    with open(LOG, "a") as log:
        return subprocess.Popen(
            odoo.command("server", *serve),
            env=odoo.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=descriptors,
            start_new_session=True,
        )


def _wait_until_up(process, port):
    with step("Starting Odoo"):
        for _attempt in range(START_SECONDS * 2):
            if process.poll() is not None:
                break
            # The login page, so that the first visitor finds its assets made.
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://localhost:{port}/web/login", timeout=60)
                return
            time.sleep(0.5)
    raise Problem(f"Odoo did not come up; see {LOG}")
