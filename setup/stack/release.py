"""A release: both addons at one version, with what changed, as wheels anyone can build.

A wheel of ours is the same, byte for byte, wherever it is built: it is made from the
commit, dated as it is, in a folder without history.
"""

import ast
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import paths, tree, venv
from .console import Problem, run

DIST = paths.ROOT / "dist"
CHANGELOG = paths.ROOT / "CHANGELOG.md"
# What only a developer needs is left out.
SHIPPED = ("LICENSE", "addons", ":(exclude,glob)**/tests/**")


def check():
    """Return the version that is ready to be tagged.

    :raises Problem: when something is missing or does not agree
    """
    if git("status", "--porcelain"):
        raise Problem("there are changes that are not committed.")
    version = get_version()
    if not re.search(rf"(?m)^## {re.escape(version)}\b", CHANGELOG.read_text()):
        raise Problem(f"CHANGELOG.md has no section “## {version}”.")
    tagged = git("tag", "--list", version) and git("rev-list", "-n1", version)
    if tagged and tagged != git("rev-parse", "HEAD"):
        raise Problem(f"{version} is the tag of another commit; raise the version.")
    write_texts("--check")
    return version


def get_version():
    """Return the one version of both addons."""
    manifests = [paths.ADDONS / addon / "__manifest__.py" for addon in paths.OUR_ADDONS]
    versions = {ast.literal_eval(path.read_text())["version"] for path in manifests}
    if len(versions) > 1:
        raise Problem(f"the addons have versions of their own: {sorted(versions)}")
    return versions.pop()


def write_texts(*options):
    """Bring up to date what the addons know of their earlier texts and rules.

    :param options: ``--check`` to change nothing
    :raises Problem: when they were to be checked and are not up to date
    """
    tree.ensure()
    venv.ensure()
    command = [venv.PYTHON, "-m", "stack.superseded", *options]
    if subprocess.run(command, cwd=paths.SETUP, check=False).returncode:
        raise Problem("texts of before are missing; run setup/release --texts")


def build(target=DIST):
    """Build the wheel of each addon, as it was last committed.

    :return: their paths
    """
    dated = {**os.environ, "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct")}
    with tempfile.TemporaryDirectory() as work:
        archive = Path(work, "archive.tar")
        git("-c", "tar.umask=0022", "archive", "-o", archive, "HEAD", *SHIPPED)
        run(["tar", "-xpf", archive, "-C", work], "cannot unpack the addons")
        for addon in paths.OUR_ADDONS:
            folder = Path(work, "addons", addon)
            shutil.copy(Path(work, "LICENSE"), folder)
            make = [venv.PYTHON, "-m", "build", "--no-isolation", "--wheel", folder]
            problem = f"cannot build {addon}"
            run([*make, "--outdir", target], problem, env=dated, umask=0o022)
    return sorted(target.glob(f"odoo_addon_*-{get_version()}-*.whl"))


def git(*arguments):
    """Return what git says.

    :raises Problem: when it fails
    """
    command = ["git", "-C", paths.ROOT, *arguments]
    return run(command, f"git {arguments[0]} failed").strip()
