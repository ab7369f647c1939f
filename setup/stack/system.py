"""Programs that come from Debian because no wheel carries them."""

import os
import shutil
import sys

from .console import Problem, run, step

# program to look for: the Debian package that has it
PDF = {"wkhtmltopdf": "wkhtmltopdf"}
BROWSER = {"chromium": "chromium", "pdftotext": "poppler-utils"}
OLDEST_PYTHON = (3, 11)


def require(programs):
    """Install the missing `programs`; without root, say the one command that does.

    :raises Problem: when a package is missing and cannot be installed
    """
    if sys.version_info < OLDEST_PYTHON:
        raise Problem("Python 3.11 or newer is needed.")
    missing = sorted({pkg for name, pkg in programs.items() if not shutil.which(name)})
    if not missing:
        return
    command = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if os.geteuid():
        raise Problem(f"missing system packages; run: sudo {command}")
    with step(f"Installing {', '.join(missing)}"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], "apt-get update failed", env=quiet)
        run([*command.split(), "--yes"], f"failed: {command}", env=quiet)
