"""How the tests run: the addons' inside Odoo, the whole project's from outside."""

import subprocess

from . import database, lease, odoo, paths, system, venv
from .console import digest

NO_TESTS = 5  # pytest's exit code when its arguments select nothing
PROJECT = "tests"


def run(arguments):
    """Run what `arguments` select and return an exit code.

    :param list arguments: pytest's; without a path everything runs
    """
    system.require({**system.PDF, **system.BROWSER})
    with lease.build():
        odoo.ensure()
    chosen = [word for word in arguments if (paths.ROOT / word.split("::")[0]).exists()]
    options = [word for word in arguments if word not in chosen]
    inside = [word for word in chosen if word.startswith("addons")]
    outside = [word for word in chosen if word not in inside]
    name = database_name("test")
    with lease.build():
        database.template()
    database.make_test(name)
    codes = []
    if outside or not chosen:
        codes.append(_run_outside(name, outside or [PROJECT], options))
    if inside or not chosen:
        addons = [f"addons/{addon}" for addon in paths.OUR_ADDONS]
        codes.append(_run_inside(name, inside or addons, options))
    if set(codes) == {NO_TESTS}:
        return NO_TESTS
    return max(code for code in codes if code != NO_TESTS)


def database_name(kind):
    """Return the name of this checkout's test database of a `kind`."""
    return f"{kind}_{digest(str(paths.ROOT))}"


def _run_outside(name, targets, options):
    """Run pytest over `tests/`; those start Odoo themselves, as a user would."""
    return _pytest("-p", "no:odoo", *options, *targets, ODOO_TEST_DATABASE=name)


def _run_inside(name, targets, options):
    """Run the addons' own tests in the database `name`, which holds the addons."""
    flags = (f"--odoo-config={odoo.CONFIG}", f"--odoo-database={name}", "--odoo-http")
    return _pytest(*flags, *options, *targets)


def _pytest(*arguments, **variables):
    command = [venv.PYTHON, "-m", "pytest", *arguments]
    environment = {**odoo.environment(), **variables}
    done = subprocess.run(command, env=environment, cwd=paths.ROOT, check=False)
    return done.returncode
