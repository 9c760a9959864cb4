"""A process that forks others: what it and its children do about signals, and how they hear of each other's end.

Signals only wake it; what follows from them is done in its own loop. It runs no threads, so forking is safe.
"""

import os
import select
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

StopHandler = Callable[[int, FrameType | None], None] | signal.Handlers


class Parent:
    """Of processes that are all forked by `fork`.

    Parameters:
      stop_signals: what it is told to stop by. A child is born with them blocked and not handled: it unblocks them
        when it can handle them.
    """

    def __init__(self, stop_signals: Sequence[signal.Signals]) -> None:
        self._stop_signals = stop_signals
        self._gone_read, self._gone_write = os.pipe()
        self._wake_read, self._wake_write = os.pipe()

    def catch_signals(self, stop: StopHandler) -> None:
        """From here on `sleep` ends at a stop signal, which calls `stop`, and at the end of a child."""
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in self._stop_signals:
            signal.signal(number, stop)

    @contextmanager
    def holding_stops(self) -> Iterator[None]:
        """Around a fork and its bookkeeping. A stop signal in between would miss the child, or be taken in the child
        for the parent's: it waits until both are ready for it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._stop_signals)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._stop_signals)

    def fork(self, body: Callable[[int], int]) -> int:
        """Start a child, within `holding_stops`; returns its pid. `body` is given a pipe that ends when the parent is
        gone, and returns the child's exit code. Raises OSError when there is no process or no memory to be had."""
        pid = os.fork()
        if pid == 0:
            self._be_child(body)
        return pid

    def _be_child(self, body: Callable[[int], int]) -> None:
        """Never returns: what the parent has on its stack is the parent's."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*self._stop_signals, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for end in (self._gone_write, self._wake_read, self._wake_write):
                os.close(end)
            code = body(self._gone_read)
        except BaseException:  # noqa: BLE001 — the edge of a process
            traceback.print_exc()
        finally:
            os._exit(code)

    def sleep(self, seconds: float | None, *, watched: Sequence[int] = ()) -> list[int]:
        """Until a signal arrives, one of `watched` can be read, or the time is over; returns which of them can be."""
        ready, _, _ = select.select([self._wake_read, *watched], [], [], seconds)
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)
        return [end for end in watched if end in ready]
