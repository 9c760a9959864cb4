"""Several processes that serve on the same sockets: starts one again that dies, and stops them all cleanly.

The parent answers nobody. It holds the sockets, so that connections wait while a process is replaced, and closes its
copies when it is told to stop, so that from then on nobody waits in vain.
"""

import logging
import os
import select
import signal
import socket
import time
import traceback
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: A process that lived shorter is started again after a pause that doubles each time, up to the longest.
SHORT_LIFE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 8.0
#: Beyond the grace: what a process may take to leave before it is killed.
LEAVING_SECONDS = 2.0


class Pool:
    """Keeps `size` processes running until SIGTERM or SIGINT.

    Parameters:
      serve: the body of a process. It is given a pipe that ends when the parent is gone, unblocks STOP_SIGNALS when
        it can handle them, and returns when it has served to the end.
    """

    def __init__(
        self, *, size: int, sockets: list[socket.socket], serve: Callable[[int], None], grace_seconds: float
    ) -> None:
        self._size = size
        self._sockets = sockets
        self._serve = serve
        self._grace_seconds = grace_seconds
        #: Process → when (time.monotonic) it was started.
        self._members: dict[int, float] = {}
        self._stopping = False
        self._short_lives = 0
        self._spawn_at = 0.0
        self._parent_read, self._parent_write = os.pipe()
        self._wake_read, self._wake_write = os.pipe()

    def run(self) -> None:
        """Block until a stop signal, and then until every process is gone."""
        self._catch_signals()
        while not self._stopping:
            self._reap()
            self._spawn_missing()
            self._sleep(max(0.0, self._spawn_at - time.monotonic()) or None)
        self._finish(time.monotonic() + self._grace_seconds + LEAVING_SECONDS)

    def _finish(self, deadline: float) -> None:
        for sock in self._sockets:
            sock.close()
        self._signal_all(signal.SIGTERM)
        while self._members and time.monotonic() < deadline:
            self._sleep(deadline - time.monotonic())
            self._reap()
        self._signal_all(signal.SIGKILL)

    def _spawn_missing(self) -> None:
        if time.monotonic() < self._spawn_at:
            return
        while len(self._members) < self._size and not self._stopping:
            try:
                self._spawn()
            except OSError as error:  # out of processes or memory: those that run go on
                logger.error("cannot start a web process", extra={"action": "fork_failed", "reason": str(error)})  # noqa: TRY400
                self._spawn_at = time.monotonic() + LONGEST_PAUSE_SECONDS
                return

    def _spawn(self) -> None:
        """A stop signal between the fork and the child's own handlers would be taken for the parent's: it waits."""
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                self._be_child()
            self._members[pid] = time.monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _be_child(self) -> None:
        """Never returns: what the parent has on its stack is the parent's."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*STOP_SIGNALS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for end in (self._parent_write, self._wake_read, self._wake_write):
                os.close(end)
            self._serve(self._parent_read)
            code = 0
        except BaseException:  # noqa: BLE001 — the edge of a process
            traceback.print_exc()
        finally:
            os._exit(code)

    def _reap(self) -> None:
        for pid, started_at in list(self._members.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self._members[pid]
                self._departed(started_at, os.waitstatus_to_exitcode(status))

    def _departed(self, started_at: float, code: int) -> None:
        if self._stopping:
            return
        logger.error("a web process died", extra={"action": "web_died", "exit_code": code})
        short = time.monotonic() - started_at < SHORT_LIFE_SECONDS
        self._short_lives = self._short_lives + 1 if short else 0
        pause = min(0.1 * 2 ** min(self._short_lives, 10), LONGEST_PAUSE_SECONDS) if short else 0.0
        self._spawn_at = time.monotonic() + pause

    def _catch_signals(self) -> None:
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """However many come, and to the children as well: the first one counts."""
        self._stopping = True

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in self._members:
            os.kill(pid, number)  # not reaped yet, so the number is still its own

    def _sleep(self, seconds: float | None) -> None:
        """Until a signal arrives or the time is over."""
        ready, _, _ = select.select([self._wake_read], [], [], seconds)
        if ready:
            os.read(self._wake_read, 4096)
