"""One connection: its requests in order, its timeouts, and its end.

All but the tasks' writing happens on the server's main loop.
"""

import shutil
import socket
import time
from typing import Any

from waitress.channel import HTTPChannel

from apps.common import problems
from apps.common.problems import Problem
from apps.ops.server import pace, refusals
from apps.ops.server.adjustments import Adjustments
from apps.ops.server.pace import Pace
from apps.ops.server.parser import RequestParser
from apps.ops.server.tasks import RefusalTask, RequestTask

# A client that is still sending when its request is refused gets this much attention. Closing a socket with unread
# data resets the connection, and the reset can overtake the answer: the client would never learn why.
LINGER_SECONDS = 30
LINGER_IDLE_SECONDS = 5
LINGER_BYTES = 4 * 1024**3
#: Of the times that a sender has, so many for a reader. A system that has once taken megabytes ahead of its reader says
#: nothing until it has read a good part of them: at 5 KB/s for more than a minute. A reader holds no thread.
READER_PATIENCE = 5


class Channel(HTTPChannel):  # type: ignore[misc]
    """Waitress's, and: lingers after a refusal, answers a full disk (507), silence (408) and an early end (400), ends
    those who send or read too slowly, and lets an answer wait on the disk for its reader, not the thread."""

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
    received_bytes = 0
    sent_bytes = 0
    #: The next request of the connection is there, and begins when the answer before it has left.
    next_waits = False

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Adjustments, map: Any = None) -> None:  # noqa: A002
        super().__init__(server, sock, addr, adj, map=map)
        self._pace = Pace(self.creation_time)
        self._confirmed_bytes = 0

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
        self.received_bytes += len(data)
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
        try:
            written = int(super().write_soon(data))
        except OSError:  # a full disk: what is in the file now is not what was written
            self.will_close = True
            self.server.pull_trigger()
            raise
        with self.outbuf_lock:
            if getattr(self.outbufs[-1], "overflowed", False):
                self.current_outbuf_count = 1  # Waitress would begin another file: a descriptor for each 16 MiB
        return written

    def send(self, data: bytes, do_close: bool = True) -> int:  # noqa: FBT001, FBT002 — Waitress's signature
        sent = int(super().send(data, do_close))
        self.sent_bytes += sent
        return sent

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Waitress lets the thread wait here until enough was read. The disk can hold the answer just as well, as long
        as the largest body still fits beside it."""
        if (
            self.total_outbufs_len > self.adj.outbuf_high_watermark
            and shutil.disk_usage(self.adj.spool_dir).free < self.adj.spool_reserve_bytes
        ):
            super()._flush_outbufs_below_high_watermark()

    def may_begin(self) -> bool:
        """Whether the next request may be worked on. One answer at a time waits for its reader, in memory or with its
        files open, however many requests were sent."""
        with self.outbuf_lock:
            self.next_waits = bool(self.total_outbufs_len)
            return not self.next_waits

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed):
            super().handle_write()
            if self.next_waits and self.connected and self.may_begin():
                self.server.add_task(self)
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
            if self._has_slow_reader(now):
                self.handle_close()
        elif self.requests or self.request is None:
            self._pace.rest(now, self._moved_bytes)
            if self.request is not None:
                self.request.started_at = now  # nothing of it is read before the others are answered
            if not self.requests and silence_seconds > self.adj.channel_timeout:
                self.handle_close()
        elif silence_seconds > self.adj.channel_timeout or self._is_dawdling(now):
            self._refuse(refusals.TIMED_OUT)

    @property
    def _moved_bytes(self) -> int:
        """Received, or read by the other side as far as its system has said so."""
        return self.received_bytes + self.sent_bytes - pace.unread_bytes(self.socket)

    def _has_slow_reader(self, now: float) -> bool:
        """Reads nothing, or next to nothing. A socket that is writable again only after megabytes tells neither."""
        moved_bytes = self._moved_bytes
        if moved_bytes != self._confirmed_bytes:
            self._confirmed_bytes, self.last_activity = moved_bytes, now
        if now - self.last_activity > READER_PATIENCE * self.adj.channel_timeout:
            return True
        return self._pace.is_too_slow(now, moved_bytes, READER_PATIENCE * self.adj.pace_window_seconds)

    def _has_ended_early(self) -> bool:
        """The client has closed its side within a body. It may have kept the other one open, to read an answer."""
        if self.request is None or not self.request.headers_finished or self.lingering_since is not None:
            return False
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return False

    def _is_dawdling(self, now: float) -> bool:
        """Each byte that drips in is activity, but headers must be complete in time, and a body must come on."""
        request: RequestParser = self.request
        if not request.headers_finished:
            self._pace.rest(now, self._moved_bytes)
            return bool(now - request.started_at > self.adj.channel_timeout)
        return self._pace.is_too_slow(now, self._moved_bytes, self.adj.pace_window_seconds)

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
