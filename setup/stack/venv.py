"""The Python environment: pinned wheels, and a path file that leads to Odoo."""

import sys

from . import paths, tree
from .console import digest, fresh, is_stamped, run, step

VENV = paths.STATE / "venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = paths.SETUP / "requirements"
# A change of what is added leaves the rest as it is; tests and lint need the last two.
TO_RUN = ("addons",)
ALL = (*TO_RUN, "test", "lint")


def site_packages():
    """Return the folder where pip puts packages (and OCA's addons)."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return VENV / "lib" / version / "site-packages"


def ensure(added=ALL):
    """Have an environment with what the requirement files pin."""
    files = [REQUIREMENTS / f"{name}.txt" for name in ("odoo", "oca")]
    key = digest(*files, sys.version, str(VENV.resolve()))
    if not is_stamped(VENV / "stamp", key):
        with step("Installing Python packages"):
            fresh(VENV)
            # Debian's python3 lacks ensurepip unless python3-venv is installed:
            # the pip that is there fills an environment that has none.
            make = [sys.executable, "-m", "venv", "--without-pip", VENV]
            run(make, "cannot make a Python environment")
            _install(files)
            (VENV / "stamp").write_text(key)
    for name in added:
        _add(REQUIREMENTS / f"{name}.txt", VENV / f"stamp-{name}")
    (site_packages() / "odoo-tree.pth").write_text(f"{tree.python_path()}\n")


def ensure_apart(pins, folder):
    """Have what the file `pins` says in a folder of its own, which Odoo is told of.

    :return: where Odoo's addons are in it
    """
    if not is_stamped(folder / "stamp", digest(pins)):
        _add(pins, fresh(folder) / "stamp", "--target", folder)
    return folder / "odoo" / "addons"


def _add(file, stamp, *options):
    """Have what one more file pins, without making the environment anew."""
    if not is_stamped(stamp, digest(file)):
        with step(f"Installing Python packages for {file.stem}"):
            _install([file], *options)
            stamp.write_text(digest(file))


def _install(files, *options):
    # Python keeps its bytecode elsewhere (see odoo.BYTECODE): pip need make none
    install = ["install", "--no-deps", "--require-hashes", "--no-compile", "--quiet"]
    wanted = [part for file in files for part in ("-r", file)]
    # the environment has no pip of its own
    pip = [sys._base_executable, "-m", "pip", "--python", PYTHON]
    run([*pip, *install, *options, *wanted], "cannot install the Python packages")
