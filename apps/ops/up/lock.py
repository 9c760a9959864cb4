"""One `make up` per DATA_DIR. The lock is the kernel's, so a killed holder never blocks the next start."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from apps.ops.up.errors import AlreadyRunningError

#: One that is stopping is waited for: longer than an orderly stop takes.
STOPPING_PATIENCE_SECONDS = 16.0
#: One that runs may not have noticed yet that its `make` was killed.
RUNNING_PATIENCE_SECONDS = 3.0


class Lock:
    """Held by an open file; what is written in the file only tells others who holds it, and whether it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")

    def acquire(self, *, on_wait: Callable[[str], None], check: Callable[[], None]) -> None:
        """Take the lock, or raise AlreadyRunningError when its holder stays. `check` may raise to end the wait."""
        started = time.monotonic()
        told = False
        while not self._try():
            check()
            owner, _, state = self._path.read_text().partition(" ")
            if not told:
                on_wait(owner)
                told = True
            patience_seconds = STOPPING_PATIENCE_SECONDS if state else RUNNING_PATIENCE_SECONDS
            if time.monotonic() - started > patience_seconds:
                raise AlreadyRunningError(self._path.parent, owner)
            time.sleep(0.1)
        self._write(str(os.getpid()))

    def is_held(self) -> bool:
        """By anybody. Who asks does not have it afterwards."""
        if not self._try():
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def say_stopping(self) -> None:
        self._write(f"{os.getpid()} stopping")

    def _write(self, text: str) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
