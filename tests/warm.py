"""A pytest plugin: templates stay compiled from one test inside Odoo to the next.

Odoo forgets all its caches after each test, and most of what a page or a form takes
is to compile the same templates and to list the same assets again. Those of a class
that changes any of them are forgotten as ever, records always.
"""

from unittest.mock import patch

import pytest
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

WARM = {"assets", "templates", "groups"}
COLD = ("default", "stable", "routing")


class Caches:
    """Stands between the tests and the caches of a registry."""

    def __init__(self, registry):
        self.registry = registry
        self.is_changed = False
        self.forget, self.forget_all = registry.clear_cache, registry.clear_all_caches

    def clear_cache(self, *names):
        """Clear what a test changed, and remember that it did."""
        self.is_changed |= not WARM.isdisjoint(names)
        self.forget(*names)

    def clear_all_caches(self):
        """Clear what a test may have left."""
        if self.is_changed:
            self.forget_all()
        else:
            self.forget(*COLD)

    def end_class(self):
        """Clear what a class changed, whose changes are taken back now."""
        self.clear_all_caches()
        self.is_changed = False


@pytest.fixture(scope="session", name="warm_caches")
def fixture_warm_caches(load_registry):
    registry = Registry(get_db_name())
    caches = Caches(registry)
    with (
        patch.object(registry, "clear_cache", caches.clear_cache),
        patch.object(registry, "clear_all_caches", caches.clear_all_caches),
    ):
        yield caches


@pytest.fixture(scope="class", autouse=True)
def _end_class(warm_caches):
    yield
    warm_caches.end_class()
