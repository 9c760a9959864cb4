"""The folder in which the processes of one server add up what they measure.

A server that is killed cannot remove its own. The lock on it tells the next one that nobody holds it any more.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "understudy-metrics-"


class MetricsFolder:
    """A new folder, held by this process and those that it forks until the last of them is gone.

    Those that nobody holds are removed first.
    """

    def __init__(self) -> None:
        parent = _shared_memory()
        for leftover in parent.glob(f"{PREFIX}*"):
            _remove_if_left(leftover)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            if _hold(self.path):
                break

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _hold(folder: Path) -> bool:
    """Until this process ends. Another server may be about to remove it, or have done so."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    fcntl.flock(lock, fcntl.LOCK_EX)
    if os.fstat(lock).st_nlink:
        return True
    os.close(lock)
    return False


def _remove_if_left(folder: Path) -> None:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another user's, or just removed
        return
    try:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _shared_memory() -> Path:
    """Where files are memory, if the system has such a place: what the processes measure is written with each
    request, and gone with the server."""
    return Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())  # noqa: S108 — a folder of its own
