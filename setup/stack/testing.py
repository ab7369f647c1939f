"""How the tests run: the addons' inside Odoo, the whole project's from outside."""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from . import database, lease, odoo, paths, system, venv
from .console import digest

LANES = 2  # each run has an Odoo of its own beside it
NO_TESTS = 5  # pytest's exit code when its arguments select nothing
PROJECT = "tests"
LINT = "tests/lint"
NOT_SLOW = ("-m", "not slow")  # what takes minutes runs when its file is named
PLAIN = "ODOO_PLAIN_DATABASE"  # the variable that names a copy made for tests/
ADDONS = [f"addons/{addon}" for addon in paths.OUR_ADDONS]
# What tells most in least time, of which nothing needs a browser.
FAST_OUTSIDE = ["tests/lint", "tests/test_doctests.py"]
FAST_BUT = "not pylint"  # which takes as long as all the others together
FAST_INSIDE = [
    "addons/client_health/tests/test_facts_oracle.py",
    "addons/client_health/tests/test_record_facts.py",
    "addons/client_health/tests/test_shipped_rules.py",
    "addons/client_health/tests/test_flag_levels.py",
    "addons/client_health/tests/test_traits.py",
    "addons/coaching_leads/tests/test_slots.py",
    "addons/coaching_leads/tests/test_free_times.py",
    "addons/coaching_leads/tests/test_intake.py",
]


def run(arguments, is_fast=False):
    """Run what `arguments` select and return an exit code.

    :param list arguments: pytest's; without a path everything runs
    :param bool is_fast: run on the database of the last time; without a path, what is
        quick
    """
    chosen = [word for word in arguments if (paths.ROOT / word.split("::")[0]).exists()]
    is_lint = chosen and all(word.startswith(LINT) for word in chosen)
    programs = {} if is_fast or is_lint else {**system.PDF, **system.BROWSER}
    with lease.build():
        odoo.ensure(programs=programs)
    options = [word for word in arguments if word not in chosen]
    if "-m" not in options and not any(".py" in word for word in chosen):
        options += NOT_SLOW
    prepare = _prepare_fast if is_fast else _prepare
    shown = 0
    if is_lint:
        runs = [_get_outside("", arguments)]
    elif chosen:
        runs = _get_chosen(prepare(), options, chosen)
    elif is_fast:
        runs = _get_fast(prepare(), options)
    else:
        runs, shown = _get_whole(prepare, options), 1
    codes = set(_run_together(runs, shown))
    if codes == {NO_TESTS}:
        return NO_TESTS
    return max(codes - {NO_TESTS})


def _get_chosen(name, options, chosen):
    """Return the runs of chosen paths."""
    inside = [word for word in chosen if word.startswith("addons")]
    outside = [word for word in chosen if word not in inside]
    runs = []
    if outside:
        runs.append(_get_outside(name, [*options, *outside]))
    if inside:
        runs.append(get_inside(name, [*options, *inside]))
    return runs


def _get_fast(name, options):
    """Return the runs of what is quick."""
    outside = _get_outside(name, [*options, *FAST_OUTSIDE, "-k", FAST_BUT])
    return [outside, get_inside(name, [*options, *FAST_INSIDE])]


def _get_whole(prepare, options):
    """Yield the runs of everything: lint while a database is made, then the longest.

    Who is done with one takes the next: each has a database of its own.
    """
    yield _get_outside("", [*options, LINT])
    name, second = prepare(), database_name("second")
    database.copy(name, second)
    yield _get_outside(name, [*options, PROJECT, f"--ignore={LINT}"])
    for own, addon in zip((name, second), ADDONS, strict=True):
        yield get_inside(own, [*options, addon])


def _prepare():
    """Have a new database; return its name."""
    name = database_name("test")
    with lease.build():
        database.template()
    database.make_test(name)
    database.leave_uncleaned(name)
    # before anybody works in it: a copy ends the sessions of who does
    os.environ[PLAIN] = database_name("plain")
    database.copy(name, os.environ[PLAIN])
    return name


def _prepare_fast():
    """Have the database of the last time, up to date; return its name."""
    name = database_name("fast")
    with lease.build():
        database.keep(name, database.make_test, database.update_ours)
    database.leave_uncleaned(name)
    return name


def database_name(kind):
    """Return the name of this checkout's test database of a `kind`."""
    return f"{kind}_{digest(str(paths.ROOT))}"


def _get_outside(name, arguments):
    """Return a run of pytest over `tests/`; those start Odoo as a user would."""
    return _pytest("-p", "no:odoo", *arguments, ODOO_TEST_DATABASE=name)


def get_inside(name, arguments):
    """Return a run of the addons' own tests in the database `name`, which has them."""
    flags = (f"--odoo-config={odoo.CONFIG}", f"--odoo-database={name}", "--odoo-http")
    return _pytest("-p", "warm", *flags, *arguments)


def _pytest(*arguments, **variables):
    """Return what `subprocess` needs to run pytest."""
    return {
        "args": [venv.PYTHON, "-m", "pytest", *arguments],
        "env": {**odoo.environment(), **variables},
        "cwd": paths.ROOT,
    }


def _run_together(runs, shown):
    """Run one or two at a time, each as soon as it is known; return their exit codes.

    :param int shown: which one prints as it goes; what the others say is printed when
        all are done
    """
    outputs, running = [], []
    lanes = ThreadPoolExecutor(LANES)
    try:
        for number, run in enumerate(runs):
            output = tempfile.TemporaryFile() if number != shown else None
            outputs.append(output)
            running.append(lanes.submit(_run_one, run, output))
        return [future.result() for future in running]
    finally:
        lanes.shutdown(cancel_futures=True)
        for output in filter(None, outputs):
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout.buffer)
            output.close()
        sys.stdout.flush()


def _run_one(run, output):
    errors = output and subprocess.STDOUT
    return subprocess.run(**run, stdout=output, stderr=errors, check=False).returncode
