"""Time limits of running tasks: a soft one, which the task may catch, and a hard one, which ends it.

One thread of a process watches all of them, and is started with the first. It raises exceptions in other threads, which
the interpreter delivers between two steps of Python: a limit cannot cut short what C code does, and it must never hit a
thread that has left the task meanwhile. So a watch is closed under the lock that it is fired under.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dramatiq.middleware.threading import Interrupt, raise_thread_exception

from apps.tasks.celery.exceptions import SoftTimeLimitExceeded


class OverrunError(Interrupt):
    """The task has run past its hard limit, and has been ended."""


@dataclass(eq=False)
class Watch:
    """Limits, in seconds, on what one thread does between `start` and `leave`. There SoftTimeLimitExceeded is raised,
    and OverrunError when the hard one is over.

    Attributes:
      overrun: called once in a thread of its own when the hard limit is over.
    """

    soft: float | None
    hard: float | None
    overrun: Callable[[], None]
    thread: int = field(default_factory=threading.get_ident)
    open: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        if self.hard:
            _current().add(self, self.hard, OverrunError)
        if self.soft:
            _current().add(self, self.soft, SoftTimeLimitExceeded)

    def leave(self) -> None:
        """To be called twice, in two `finally` around each other: an exception that arrives on the very threshold of
        the first call ends it before it has done anything, and a limit that stays would end another task."""
        if self.soft or self.hard:
            self._close()
            _current().remove(self)

    def fire(self, error: type[BaseException]) -> None:
        with self.lock:
            if not self.open:
                return
            if error is OverrunError:
                threading.Thread(target=self.overrun, name="overrun", daemon=True).start()
            raise_thread_exception(self.thread, error)  # type: ignore[no-untyped-call]

    def _close(self) -> None:
        """The task has been left. What was raised a moment before and has not arrived is taken back; what arrives
        in here is dropped."""
        while True:
            try:
                with self.lock:
                    self.open = False
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)
            except (SoftTimeLimitExceeded, OverrunError):
                continue
            return


class _Watchman:
    """The thread and what it waits for: of each open watch one or two deadlines, so there are few."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._due: set[tuple[float, type[BaseException], Watch]] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="time-limits", daemon=True).start()

    def add(self, watch: Watch, seconds: float, error: type[BaseException]) -> None:
        with self._changed:
            self._due.add((time.monotonic() + seconds, error, watch))
            self._changed.notify()

    def remove(self, watch: Watch) -> None:
        with self._changed:
            self._due = {due for due in self._due if due[2] is not watch}

    def _run(self) -> None:
        while True:
            error, watch = self._next()
            watch.fire(error)

    def _next(self) -> tuple[type[BaseException], Watch]:
        with self._changed:
            while True:
                first = min(self._due, key=lambda due: due[0], default=None)
                if first is not None and first[0] <= time.monotonic():
                    self._due.remove(first)
                    return first[1], first[2]
                self._changed.wait(first and first[0] - time.monotonic())


_watchman: list[_Watchman] = []
_making = threading.Lock()


def _current() -> _Watchman:
    """This process's: a fork has no threads."""
    with _making:
        if not _watchman or _watchman[0].pid != os.getpid():
            _watchman[:] = [_Watchman()]
        return _watchman[0]
