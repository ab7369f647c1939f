"""The Python environment: pinned wheels, and a path file that leads to Odoo."""

import sys

from . import paths, tree
from .console import digest, fresh, run, step

VENV = paths.STATE / "venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = paths.SETUP / "requirements"
ADDED = ("addons", "lint")  # a change of these leaves the rest as it is


def site_packages():
    """Return the folder where pip puts packages (and OCA's addons)."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return VENV / "lib" / version / "site-packages"


def ensure():
    """Have an environment with what the requirement files pin."""
    files = [REQUIREMENTS / f"{name}.txt" for name in ("odoo", "oca", "test")]
    key = digest(*files, sys.version, str(VENV.resolve()))
    stamp = VENV / "stamp"
    if not (stamp.is_file() and stamp.read_text() == key):
        with step("Installing Python packages"):
            fresh(VENV)
            # Debian's python3 lacks ensurepip unless python3-venv is installed:
            # the pip that is there fills an environment that has none.
            make = [sys.executable, "-m", "venv", "--without-pip", VENV]
            run(make, "cannot make a Python environment")
            _install(*files)
            stamp.write_text(key)
    for name in ADDED:
        _add(REQUIREMENTS / f"{name}.txt")
    (site_packages() / "odoo-tree.pth").write_text(f"{tree.python_path()}\n")


def _add(file):
    """Have what one more file pins, without making the environment anew."""
    stamp = VENV / f"stamp-{file.stem}"
    if not (stamp.is_file() and stamp.read_text() == digest(file)):
        with step(f"Installing Python packages for {file.stem}"):
            _install(file)
            stamp.write_text(digest(file))


def _install(*files):
    # Python keeps its bytecode elsewhere (see odoo.BYTECODE): pip need make none
    install = ["install", "--no-deps", "--require-hashes", "--no-compile", "--quiet"]
    wanted = [part for file in files for part in ("-r", file)]
    run(
        [sys.executable, "-m", "pip", "--python", PYTHON, *install, *wanted],
        "cannot install the Python packages",
    )
