"""The folder in which the processes of one server add up what they measure: made, held, and removed with the server.

A server that is killed cannot remove its own. The lock on it tells the next one that nobody holds it any more.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "understudy-metrics-"
LOCK = "lock"
#: Locks of this process and of those that it forks. They are given up by the system, when the last of them is gone.
_held: list[int] = []


def make() -> Path:
    """A new folder, held from here on, after removing those that nobody holds."""
    parent = _shared_memory()
    for leftover in parent.glob(f"{PREFIX}*/{LOCK}"):
        _remove_if_left(leftover)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    descriptor = os.open(folder / "new", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    _held.append(descriptor)
    (folder / "new").rename(folder / LOCK)  # held before anybody can find it
    return folder


def _remove_if_left(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:  # another user's, or just removed
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)


def _shared_memory() -> Path:
    """Where files are memory, if the system has such a place: what the processes measure is written with each
    request, and gone with the server."""
    return Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())  # noqa: S108 — a folder of its own
