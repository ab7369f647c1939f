"""Programs that come from Debian because no wheel carries them."""

import os
import shutil
import sys

from .console import Problem, run, step

# program to look for: the Debian package that has it
PDF = {"wkhtmltopdf": "wkhtmltopdf"}
BROWSER = {"chromium": "chromium", "pdftotext": "poppler-utils"}
OLDEST_PYTHON = (3, 11)


def find_missing(programs):
    """Return the packages of the `programs` that are not there.

    :raises Problem: without root, which installing takes; names the one command
    """
    if sys.version_info < OLDEST_PYTHON:
        raise Problem("Python 3.11 or newer is needed.")
    missing = sorted({pkg for name, pkg in programs.items() if not shutil.which(name)})
    if missing and os.geteuid():
        raise Problem(f"missing system packages; run: sudo {_command(missing)}")
    return missing


def install(packages):
    """Install Debian's `packages`."""
    if packages:
        with step(f"Installing {', '.join(packages)}"):
            command = _command(packages)
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            run(["apt-get", "update"], "apt-get update failed", env=quiet)
            run([*command.split(), "--yes"], f"failed: {command}", env=quiet)


def _command(packages):
    return f"apt-get install --no-install-recommends {' '.join(packages)}"
