"""One connection: its requests in order, its timeouts, and its end.

All but the tasks' writing happens on the server's main loop.
"""

import socket
import time
from typing import Any

from waitress.channel import HTTPChannel

from apps.common import problems
from apps.common.problems import Problem
from apps.ops.server import refusals
from apps.ops.server.parser import RequestParser
from apps.ops.server.tasks import RefusalTask, RequestTask

# A client that is still sending when its request is refused gets this much attention. Closing a socket with unread
# data resets the connection, and the reset can overtake the answer: the client would never learn why.
LINGER_SECONDS = 30
LINGER_IDLE_SECONDS = 5
LINGER_BYTES = 4 * 1024**3


class Channel(HTTPChannel):  # type: ignore[misc]
    """Waitress's, and: lingers after a refusal, answers a full disk (507), silence (408) and an early end (400), drops
    stuck readers."""

    parser_class = RequestParser
    task_class = RequestTask
    error_task_class = RefusalTask

    #: The request that is being received; `requests` are those received and not yet answered.
    request: Any
    #: Set by the task on its thread, before the channel is told to close.
    refused = False
    #: When our side of the connection was closed; what still comes is thrown away.
    lingering_since: float | None = None
    discarded_bytes = 0

    @property
    def is_busy(self) -> bool:
        """Whether a request is being received, worked on or answered."""
        has_output = self.total_outbufs_len or self.close_when_flushed
        return self.lingering_since is None and bool(self.requests or self.request or has_output)

    def readable(self) -> bool:
        return self.lingering_since is not None or super().readable()

    def writable(self) -> bool:
        return self.lingering_since is None and bool(super().writable())

    def handle_read(self) -> None:
        if self._has_ended_early():
            self._refuse(refusals.TRUNCATED)
        else:
            super().handle_read()

    def received(self, data: bytes) -> bool:
        if self.lingering_since is not None:
            self.discarded_bytes += len(data)
            if self.discarded_bytes > LINGER_BYTES:
                self.handle_close()
            return False
        try:
            return bool(super().received(data))
        except OSError as error:
            if problems.problem_of(error) is not problems.STORAGE_FULL:
                raise
            self._refuse(problems.STORAGE_FULL)
            return False

    def write_soon(self, data: Any) -> int:
        """Called by tasks. The time that output waits for its reader begins with it, not with the last request."""
        if not self.total_outbufs_len:
            self.last_activity = time.time()
        return int(super().write_soon(data))

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif self.connected and not self.total_outbufs_len:
            self._start_lingering()

    def expire(self, now: float) -> None:
        """Called about once a second: ends what has taken too long."""
        silence_seconds = now - self.last_activity
        if self.lingering_since is not None:
            if now - self.lingering_since > LINGER_SECONDS or silence_seconds > LINGER_IDLE_SECONDS:
                self.handle_close()
        elif self.total_outbufs_len:
            # A reader that has stopped. Its socket is never writable again, and a task may be waiting for it.
            if silence_seconds > self.adj.channel_timeout:
                self.handle_close()
        elif self.requests:
            return
        elif self.request is None:
            if silence_seconds > self.adj.channel_timeout:
                self.handle_close()
        elif silence_seconds > self.adj.channel_timeout or self._is_dawdling(now):
            self._refuse(refusals.TIMED_OUT)

    def _has_ended_early(self) -> bool:
        """The client has closed its side within a body. It may have kept the other one open, to read an answer."""
        if self.request is None or not self.request.headers_finished or self.lingering_since is not None:
            return False
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return False

    def _is_dawdling(self, now: float) -> bool:
        """Headers that drip in: each byte is activity, but they must be complete in time all the same."""
        request: RequestParser = self.request
        return not request.headers_finished and now - request.started_at > self.adj.channel_timeout

    def _refuse(self, problem: Problem) -> None:
        """Answer the request that is being received."""
        with self.requests_lock:
            request = self.request
            request.refuse(problem)
            self.request = None
            self.requests.append(request)
            if len(self.requests) == 1:
                self.server.add_task(self)

    def _start_lingering(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()
            return
        self.close_when_flushed = False
        self.lingering_since = self.last_activity = time.time()
