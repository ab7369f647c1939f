"""Running Odoo's command line against a database, and reading what it logged."""

import json
import re
import subprocess

from stack import database, odoo

RESULT = "result of the test: "
# What core itself says on this stack, whatever is installed.
CORE_SAYS = (
    'extension "pg_trgm" is not available',
    "missing --http-interface",
)
LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) ")
LOUD = ("WARNING", "ERROR", "CRITICAL")


def run(name, *arguments):
    """Run Odoo's server command on the database ``name`` until it stops.

    :return: the lines logged at WARNING or worse, without those of core
    """
    return _run("server", "-d", name, *arguments, *database.RUN_ONCE)


def modules(name, action, *addons):
    """Have Odoo's ``module`` command install, upgrade or uninstall addons."""
    return _run("module", action, "-d", name, *addons)


def shell(name, code, *options):
    """Run Python in Odoo's shell; what it assigns to ``result`` is returned.

    The changes it makes are committed.

    :param options: of the command, besides the database
    """
    end = f"import json\nenv.cr.commit()\nprint({RESULT!r} + json.dumps(result))\n"
    quiet = ("--no-http", "--log-level", "warn")
    command = odoo.command("shell", "-d", name, *quiet, *options)
    done = subprocess.run(
        command,
        env=odoo.environment(),
        input=f"{code}\n{end}",
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if RESULT in line:
            return json.loads(line.split(RESULT, 1)[1])
    raise AssertionError(f"the shell gave no result:\n{done.stdout}\n{done.stderr}")


def _run(*arguments):
    done = subprocess.run(
        odoo.command(*arguments),
        env=odoo.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout[-3000:]
    return list(loud_entries(done.stdout))


def loud_entries(log):
    """The log's entries at WARNING or worse; an entry goes on to the next time."""
    for entry in re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,)", log):
        found = LINE.match(entry)
        loud = found and found["level"] in LOUD
        if loud and not any(known in entry for known in CORE_SAYS):
            yield entry
