"""A release: both addons at one version, with what changed, as wheels anyone can build.

A wheel of ours is the same, byte for byte, wherever it is built: it is made from the
files that git knows, dated as the commit is, in a folder without history.
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
# What only a developer needs.
LEFT_OUT = {"tests"}
TEXTS = [venv.PYTHON, "-m", "stack.superseded"]


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
    versions = set()
    for addon in paths.OUR_ADDONS:
        manifest = (paths.ADDONS / addon / "__manifest__.py").read_text()
        versions.add(ast.literal_eval(manifest)["version"])
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
    command = [*TEXTS, *options, *paths.OUR_ADDONS]
    if subprocess.run(command, cwd=paths.SETUP, check=False).returncode:
        raise Problem("texts of before are missing; run setup/release --texts")


def build(target=DIST):
    """Build the wheel of each addon.

    :return: their paths
    """
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        for addon in paths.OUR_ADDONS:
            _export(addon, Path(work) / addon)
            make = [venv.PYTHON, "-m", "build", "--no-isolation", "--wheel"]
            run(
                [*make, "--outdir", target, Path(work) / addon],
                f"cannot build {addon}",
                env={
                    **os.environ,
                    "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct"),
                },
                umask=0o022,
            )
    return sorted(target.glob(f"odoo_addon_*-{get_version()}-*.whl"))


def get_files(addon):
    """Return the files of an addon that git knows or would add, less the tests."""
    known = ("ls-files", "--cached", "--others", "--exclude-standard", ".")
    found = map(Path, git(*known, cwd=paths.ADDONS / addon).splitlines())
    return [name for name in found if LEFT_OUT.isdisjoint(name.parts)]


def _export(addon, target):
    for name in get_files(addon):
        (target / name).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(paths.ADDONS / addon / name, target / name)
        (target / name).chmod(0o644)
    shutil.copyfile(paths.ROOT / "LICENSE", target / "LICENSE")
    (target / "LICENSE").chmod(0o644)


def git(*arguments, cwd=paths.ROOT):
    """Return what git says.

    :raises Problem: when it fails
    """
    return run(["git", *arguments], f"git {arguments[0]} failed", cwd=cwd).strip()
