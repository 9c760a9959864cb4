"""Several processes that serve on the same sockets: starts one again that dies, and stops them all cleanly.

The parent answers nobody. It holds the sockets, so that connections wait while a process is replaced, and closes its
copies when it is told to stop, so that from then on nobody waits in vain.
"""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

from apps.common.parent import Parent

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
        self._parent = Parent(STOP_SIGNALS)

    def run(self) -> None:
        """Block until a stop signal, and then until every process is gone."""
        self._parent.catch_signals(self._stop)
        while not self._stopping:
            self._reap()
            self._spawn_missing()
            self._parent.sleep(max(0.0, self._spawn_at - time.monotonic()) or None)
        self._finish(time.monotonic() + self._grace_seconds + LEAVING_SECONDS)

    def _finish(self, deadline: float) -> None:
        for sock in self._sockets:
            sock.close()
        self._signal_all(signal.SIGTERM)
        while self._members and time.monotonic() < deadline:
            self._parent.sleep(deadline - time.monotonic())
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
        with self._parent.holding_stops():
            self._members[self._parent.fork(self._serve_out)] = time.monotonic()

    def _serve_out(self, parent_gone: int) -> int:
        self._serve(parent_gone)
        return 0

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

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """However many come, and to the children as well: the first one counts."""
        self._stopping = True

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in self._members:
            os.kill(pid, number)  # not reaped yet, so the number is still its own
