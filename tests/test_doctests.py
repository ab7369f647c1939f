"""The examples in the addons' docstrings are true."""

import doctest
import importlib

import odoo.addons
import pytest
from stack import paths

odoo.addons.__path__.append(str(paths.ADDONS))
FOUND = sorted(
    path
    for path in paths.ADDONS.rglob("*.py")
    if ">>> " in path.read_text() and "tests" not in path.parts
)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_examples_are_true(path):
    name = ".".join(path.relative_to(paths.ADDONS).with_suffix("").parts)
    done = doctest.testmod(importlib.import_module(f"odoo.addons.{name}"))
    assert done.attempted
    assert not done.failed
