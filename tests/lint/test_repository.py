"""Files that others' tools read: what they say is so."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted(ROOT.glob("addons/*/__manifest__.py"))
READ_BY_PEOPLE = ("README.md", "CONTRIBUTING.md", "SECURITY.md")


def names(file):
    lines = (ROOT / file).read_text().splitlines()
    return {line for line in lines if not line.startswith("#")}


def test_requirements_are_those_of_the_manifests():
    needed = set()
    for manifest in MANIFESTS:
        outside = ast.literal_eval(manifest.read_text()).get("external_dependencies")
        needed |= set((outside or {}).get("python", ()))
    assert names("requirements.txt") == needed


def test_requirements_of_the_addons_are_pinned():
    pinned = needs_of_odoo() | names("setup/requirements/addons.in")
    assert names("requirements.txt") <= pinned


def test_requirements_of_tests_are_what_the_addons_tests_import():
    imported = set()
    for path in ROOT.glob("addons/*/tests/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.split(".")[0])
    core = {"odoo"} | needs_of_odoo()
    assert names("test-requirements.txt") == imported - core - sys.stdlib_module_names


def needs_of_odoo():
    """Return the modules that Odoo itself needs, under the names of their packages."""
    text = (ROOT / "setup/requirements/odoo.in").read_text().lower().replace("-", "_")
    renamed = {"dateutil", "psycopg2"}
    return {line for line in text.splitlines() if line and line[0] != "#"} | renamed


@pytest.mark.parametrize("file", READ_BY_PEOPLE)
def test_what_a_page_points_to_is_there(file):
    text = (ROOT / file).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    scripts = re.findall(r"(?<![\w/])(?:setup|tests)/[\w/.]+\w", text)
    missing = [path for path in {*links, *scripts} if not (ROOT / path).exists()]
    assert not missing
