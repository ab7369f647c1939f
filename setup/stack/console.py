"""What the scripts say: a line per step with its time, and one-line errors."""

import contextlib
import hashlib
import shutil
import signal
import subprocess
import sys
import time


class Problem(Exception):
    """Something the user can do something about; its text is the whole message."""


@contextlib.contextmanager
def step(title):
    """Print `title` when the work starts and its seconds when it is done."""
    print(f"· {title} …", flush=True)
    start = time.monotonic()
    yield
    print(f"  {title}: {time.monotonic() - start:.0f} s", flush=True)


def run(command, problem, **options):
    """Run `command` quietly; on failure raise `Problem` with the last lines it said.

    :param list command: program and arguments
    :param str problem: what to tell the user, one line
    """
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | options
    line = [str(part) for part in command]
    done = subprocess.run(
        line, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise Problem(f"{problem}\n{tail}" if tail else problem)
    return done.stdout


def digest(*parts):
    """Return a short key of texts, bytes and files; another for any change."""
    key = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if hasattr(part, "read_bytes") else part
        key.update(data if isinstance(data, bytes) else str(data).encode())
        key.update(b"\0")
    return key.hexdigest()[:12]


def is_stamped(stamp, key):
    """Return whether the file `stamp` says that what has this `key` was made."""
    return stamp.is_file() and stamp.read_text() == key


def fresh(folder):
    """Return `folder` as a new empty folder; what an interrupted run left is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main(function):
    """Run a script's `function(arguments)` and turn what goes wrong into one line."""
    # `kill` ends a script as Ctrl-C does, so that servers are stopped on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(function(sys.argv[1:]))
    except (Problem, OSError) as error:
        sys.exit(f"{sys.argv[0].rsplit('/', 1)[-1]}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
