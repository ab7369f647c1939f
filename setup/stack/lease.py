"""Who uses the state folder: scripts share it, one at a time builds, the last stops.

Locks of the kernel's: they end with the process that holds them, even if killed.
"""

import contextlib
import fcntl
import os

from . import cluster, paths


@contextlib.contextmanager
def use():
    """Keep PostgreSQL up while the body runs; the last user stops it.

    A child process that must keep it up longer inherits the yielded file descriptor.
    """
    paths.STATE.mkdir(exist_ok=True)
    descriptor = os.open(paths.STATE / "in-use", os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        _stop_if_last()


@contextlib.contextmanager
def build():
    """Let one process at a time make something in the state folder."""
    with open(paths.STATE / "building", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def lock(file):
    """Lock an open file, for who inherits it too; return whether it was free."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _stop_if_last():
    # a file opened anew: the lock of a child is that of the descriptor it inherited,
    # and would be turned into ours through it
    with open(paths.STATE / "in-use", "a") as file:
        if lock(file):
            cluster.stop()
