"""The addons as wheels: what an owner of an Odoo installs with pip."""

import subprocess
import sys
import zipfile

import pytest
from stack import paths

NEEDED = ("__manifest__.py", "i18n/nl.po", "static/description/icon.png")
UNWANTED = ("__pycache__", ".orig", ".rej", ".po~")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Names of the files in the wheel of each addon, and the wheel's metadata."""
    target = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel"]
    for addon in paths.OUR_ADDONS:
        subprocess.run(
            [*build, "--outdir", target, paths.ADDONS / addon],
            check=True,
            capture_output=True,
        )
    return {addon: _read(target, addon) for addon in paths.OUR_ADDONS}


def _read(folder, addon):
    (wheel,) = folder.glob(f"odoo_addon_{addon}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith("/METADATA"))
        return names, archive.read(metadata).decode()


@pytest.mark.parametrize("addon", paths.OUR_ADDONS)
def test_a_wheel_holds_every_file_of_its_addon(wheels, addon):
    names, _metadata = wheels[addon]
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=paths.ADDONS / addon,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    wanted = {f"odoo/addons/{addon}/{name}" for name in tracked if name}
    wanted.discard(f"odoo/addons/{addon}/pyproject.toml")
    assert wanted <= set(names)
    for name in NEEDED:
        assert f"odoo/addons/{addon}/{name}" in names


@pytest.mark.parametrize("addon", paths.OUR_ADDONS)
def test_a_wheel_holds_nothing_else(wheels, addon):
    names, _metadata = wheels[addon]
    assert not [name for name in names if any(part in name for part in UNWANTED)]
    ours = (f"odoo/addons/{addon}/", f"odoo_addon_{addon}-")
    assert not [name for name in names if not name.startswith(ours)]


@pytest.mark.parametrize("addon", paths.OUR_ADDONS)
def test_a_wheel_requires_what_the_manifest_depends_on(wheels, addon):
    _names, metadata = wheels[addon]
    required = {
        line.removeprefix("Requires-Dist: ").split("=")[0].split("<")[0].rstrip(">!")
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist:")
    }
    extra = {"client_health": {"odoo-addon-helpdesk_mgmt_rating"}}
    assert required == {"odoo"} | extra.get(addon, set())
    assert f"Name: odoo-addon-{addon}" in metadata
