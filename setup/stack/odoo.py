"""Odoo's own command line inside this environment."""

import contextlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from . import cluster, lease, paths, system, tree, venv
from .console import Problem, is_stamped

CONFIG = paths.STATE / "odoo.conf"
# Debian's package is unpacked, not installed, so nobody compiled it: that is more than
# half of what a start of Odoo takes where Python keeps nothing.
BYTECODE = paths.STATE / "bytecode"
# What the machine may say to Python, and is of no use here.
UNHEARD = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
# In a folder of its own: Python looks for modules beside the script, and "odoo" is one.
LAUNCHER = paths.ROOT / "setup" / "launch" / "odoo-bin"


def ensure(added=venv.ALL, programs=()):
    """Have all that Odoo needs; what is there is left alone.

    :param added: what is added to the Python environment
    :param programs: those of Debian's (`system`) that are wanted as well
    """
    packages = system.find_missing(dict(programs))
    paths.STATE.mkdir(exist_ok=True)
    with ThreadPoolExecutor() as together:  # some wait for the network, one computes
        parts = (
            together.submit(tree.ensure),
            together.submit(venv.ensure, added),
            together.submit(system.install, packages),
        )
    for part in parts:
        part.result()
    cluster.ensure()
    _write_config()


@contextlib.contextmanager
def ready(programs=()):
    """Have all that Odoo needs, and keep it up while the body runs."""
    with lease.use():
        with lease.build():
            ensure(programs=programs)
        yield


def python(*arguments):
    """Run Python in this environment, where it finds what the tests share.

    :return: its exit code
    """
    path = os.pathsep.join(map(str, (paths.SETUP, paths.ROOT / "tests")))
    env = {**environment(), "PYTHONPATH": path}
    return subprocess.run([venv.PYTHON, *arguments], env=env, check=False).returncode


def command(*arguments):
    """Return the command line that runs Odoo with `arguments`."""
    return [str(venv.PYTHON), str(LAUNCHER), *(str(part) for part in arguments)]


def environment():
    """Return the environment variables for Odoo and for pytest-odoo."""
    own = {"ODOO_RC": str(CONFIG), "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    heard = cluster.environment().items()
    return {name: value for name, value in heard if name not in UNHEARD} | own


def call(*arguments, log=None):
    """Run Odoo; its output goes to the file `log` when given.

    :raises Problem: when Odoo ends with an error; names the log
    """
    with open(log or os.devnull, "a") as output:
        done = subprocess.run(
            command(*arguments),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise Problem(f"odoo {arguments[0]} failed ({done.returncode}); see {log}")


def addons_path(ours=paths.ADDONS):
    """Return Odoo's option for where addons are.

    :param Path ours: the folder of our own, such as that of an earlier release
    """
    folders = [ours, venv.site_packages() / "odoo" / "addons"]
    if home := paths.odoo_home():
        folders += [home / "addons", home / "odoo" / "addons"]
    return ",".join(map(str, folders))


def _write_config():
    for folder in ("data", "log"):
        (paths.STATE / folder).mkdir(exist_ok=True)
    text = (
        f"[options]\naddons_path = {addons_path()}\ndata_dir = {paths.STATE / 'data'}\n"
        "admin_passwd = admin\nhttp_interface = 127.0.0.1\nmax_cron_threads = 1\n"
    )
    if not is_stamped(CONFIG, text):
        CONFIG.write_text(text)
