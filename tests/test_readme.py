"""README.md's own commands, word for word, as somebody runs them who has an Odoo.

`setup/test tests/test_readme.py`, and every night in CI.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from stack import database, odoo, paths, testing, tree, venv

pytestmark = pytest.mark.slow
README = (paths.ROOT / "README.md").read_text()
STATES = "SELECT name FROM ir_module_module WHERE state = 'installed'"


def read_commands(title):
    """Return the indented block that follows a title or a sentence of the page."""
    text = README.split(title, 1)[1]
    block = re.search(r"(?m)^((?: {4}.*\n)+)", text)[1]
    return "\n".join(line[4:] for line in block.splitlines())


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """A clone, and a Python that runs an Odoo, in which pip was told what it says."""
    home = tmp_path_factory.mktemp("newcomer")
    clone = home / "clone"
    ignore = shutil.ignore_patterns(".git", ".stack", "dist", "__pycache__")
    shutil.copytree(paths.ROOT, clone, symlinks=True, ignore=ignore)
    python = home / "venv" / "bin" / "python3"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", home / "venv"], check=True
    )
    _write(
        home / "bin" / "pip", sys._base_executable, "-m pip --python", python, '"$@"'
    )
    run_in(home, clone, read_commands("the Python that runs your Odoo:"))
    purelib = next(home.glob("venv/lib/python*/site-packages"))
    # what else Odoo needs stands elsewhere
    (purelib / "elsewhere.pth").write_text(f"{venv.site_packages()}\n")
    once = '"$@" --stop-after-init --no-http --max-cron-threads=0'
    _write(home / "bin" / "odoo", python, odoo.LAUNCHER, once)
    _write(home / "odoo" / "odoo-bin", python, odoo.LAUNCHER, once)
    (home / "odoo" / "addons").symlink_to(tree.python_path() / "odoo" / "addons")
    config = odoo.CONFIG.read_text()
    (home / "odoo.conf").write_text(re.sub(r"(?m)^addons_path.*\n", "", config))
    return home


def _write(path, *words):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nexec {' '.join(map(str, words))}\n")
    path.chmod(0o755)


def run_in(home, folder, commands):
    """Run commands of the page in a folder, with the newcomer's programs."""
    env = {
        **odoo.environment(),
        "PATH": f"{home}/bin:{home}/venv/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(tree.python_path()),
        "ODOO_RC": str(home / "odoo.conf"),
    }
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, f"{commands}\n{done.stdout}\n{done.stderr[-5000:]}"


@pytest.mark.parametrize("title", ["**Odoo from source**", "**Odoo from a package**"])
def test_who_follows_the_page_has_both_addons(newcomer, title):
    name = testing.database_name("newcomer")
    database.copy(database.template(), name)
    commands = read_commands(title).replace("NAME", name)
    commands = commands.replace("/path/to/odoo", str(newcomer / "odoo"))
    run_in(newcomer, newcomer, commands)
    assert set(paths.OUR_ADDONS) <= set(database.execute(name, STATES).split())
    database.drop(name)
