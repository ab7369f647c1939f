"""The addons as wheels: what an owner of an Odoo installs with pip."""

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from stack import paths, release, tree, venv
from stack.console import digest

NEEDED = (
    "LICENSE",
    "README.md",
    "__manifest__.py",
    "i18n/nl.po",
    "migrations/shipped.py",
    "static/description/icon.png",
)
UNWANTED = ("__pycache__", ".orig", ".rej", ".po~", "/tests/")
PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"
WHERE = """
import sys
from odoo.modules.module import Manifest
from odoo.tools import config
config.parse_config(["--addons-path", sys.argv[1]])
print(*(Manifest.for_addon(name).path for name in sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The wheel of each addon."""
    found = release.build(tmp_path_factory.mktemp("wheels"))
    return dict(zip(sorted(paths.OUR_ADDONS), found, strict=True))


@pytest.fixture(params=paths.OUR_ADDONS)
def addon(request):
    return request.param


@pytest.fixture
def names(wheels, addon):
    """The names of the files in the wheel of an addon."""
    with zipfile.ZipFile(wheels[addon]) as archive:
        return archive.namelist()


def test_a_wheel_holds_every_file_of_its_addon_but_the_tests(names, addon):
    known = release.git("ls-tree", "-r", "--name-only", f"HEAD:addons/{addon}")
    wanted = {
        f"odoo/addons/{addon}/{name}"
        for name in known.splitlines()
        if "tests/" not in name and name != "pyproject.toml"
    }
    assert wanted <= set(names)
    for name in NEEDED:
        assert f"odoo/addons/{addon}/{name}" in names


def test_a_wheel_holds_nothing_else(names, addon):
    assert not [name for name in names if any(part in name for part in UNWANTED)]
    ours = (f"odoo/addons/{addon}/", f"odoo_addon_{addon}-")
    assert not [name for name in names if not name.startswith(ours)]


def test_a_wheel_requires_what_the_manifest_depends_on(wheels, addon):
    with zipfile.ZipFile(wheels[addon]) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = archive.read(name).decode()
    required = {
        line.removeprefix("Requires-Dist: ").split("=")[0].split("<")[0].rstrip(">!")
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist:")
    }
    addons = {"client_health": {"odoo-addon-helpdesk_mgmt_rating"}}.get(addon, set())
    manifest = ast.literal_eval((paths.ADDONS / addon / "__manifest__.py").read_text())
    packages = set(manifest.get("external_dependencies", {}).get("python", []))
    assert required == {"odoo"} | addons | packages
    assert f"Name: odoo-addon-{addon}" in metadata
    assert f"Version: {release.get_version()}\n" in metadata


def test_a_wheel_is_the_same_wherever_it_is_built(wheels, tmp_path):
    """From another clone, of no history, by somebody who lets nobody read files."""
    clone = tmp_path / "clone"
    clone.mkdir()
    release.git("archive", "--output", tmp_path / "all.tar", "HEAD")
    subprocess.run(["tar", "-xf", tmp_path / "all.tar", "-C", clone], check=True)
    moment = release.git("log", "-1", "--format=%cI")
    author = {"NAME": "Anna", "EMAIL": "anna@example.com", "DATE": moment}
    env = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in author.items()
    }
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        git = ["git", *command]
        subprocess.run(git, cwd=clone, env={**os.environ, **env}, check=True)
    (clone / ".stack").mkdir()
    (clone / ".stack" / "venv").symlink_to(venv.VENV.resolve())
    code = "from stack import release; release.build()"
    build = [sys.executable, "-c", code]
    subprocess.run(build, cwd=clone / "setup", check=True, umask=0o077)
    for wheel in wheels.values():
        assert digest(clone / "dist" / wheel.name) == digest(wheel)


def test_an_odoo_from_source_finds_what_pip_installed(wheels, tmp_path):
    """As README.md says it: Odoo is no package of that Python, so ``--no-deps``."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True
    )
    install = ["install", "--no-deps", "--no-index", "--quiet", *wheels.values()]
    pip = [sys._base_executable, "-m", "pip", "--python", python]
    subprocess.run([*pip, *install], check=True)
    purelib = subprocess.check_output([python, "-c", PURELIB], text=True).strip()
    # what else Odoo needs, and Odoo, stand elsewhere
    (Path(purelib) / "elsewhere.pth").write_text(f"{venv.site_packages()}\n")
    addons = ",".join([f"{purelib}/odoo/addons", f"{venv.site_packages()}/odoo/addons"])
    found = subprocess.check_output(
        [python, "-c", WHERE, addons, *paths.OUR_ADDONS],
        env={**os.environ, "PYTHONPATH": str(tree.python_path())},
        text=True,
    )
    assert found.split() == [
        f"{purelib}/odoo/addons/{name}" for name in paths.OUR_ADDONS
    ]
