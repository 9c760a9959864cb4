"""One `make up` per DATA_DIR. The lock is the kernel's, so a killed holder never blocks the next start."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from apps.ops.up.errors import AlreadyRunningError

#: Longer than an orderly stop takes: one that is just ending is waited for.
PATIENCE_SECONDS = 15.0


class Lock:
    """Held by an open file; what is written in the file only tells people who holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")

    def acquire(self, *, on_wait: Callable[[str], None], check: Callable[[], None]) -> None:
        """Take the lock, or raise AlreadyRunningError when its holder stays. `check` may end the wait by raising."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        waiting = False
        while not self._try():
            check()
            if not waiting:
                waiting = True
                on_wait(self._path.read_text().strip())
            if time.monotonic() > deadline:
                raise AlreadyRunningError(self._path.parent, self._path.read_text().strip())
            time.sleep(0.1)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
