"""One connection: its requests in order, its timeouts, and its end.

All but the tasks' writing, and the beginning of the next request after theirs, happens on the server's main loop.
"""

import shutil
import socket
import time
from typing import Any

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import ClientDisconnected, HTTPChannel

from apps.common import problems
from apps.common.problems import Problem
from apps.ops.server import refusals, tcp
from apps.ops.server.adjustments import Adjustments
from apps.ops.server.pace import Pace
from apps.ops.server.parser import RequestParser
from apps.ops.server.spool import BLOCK_BYTES, MOST_UNREAD_BYTES, Spool
from apps.ops.server.tasks import RefusalTask, RequestTask

# A client that is still sending when its request is refused gets this much attention. Closing a socket with unread
# data resets the connection, and the reset can overtake the answer: the client would never learn why.
LINGER_SECONDS = 30
LINGER_IDLE_SECONDS = 5
LINGER_BYTES = 4 * 1024**3
#: Of the times that a sender has, so many for a reader. A system that has once taken megabytes ahead of its reader says
#: nothing until it has read a good part of them: at 5 KB/s for more than a minute. A reader holds no thread.
READER_PATIENCE = 5
#: A thread that waits for its reader looks so often whether the disk has room by now; being read wakes it at once.
READER_LOOK_SECONDS = 1.0
#: Requests of a connection that are there at the same time. With the last of them the connection ends.
MOST_PIPELINED = 100


class Channel(HTTPChannel):  # type: ignore[misc]
    """Waitress's, and: lingers after a refusal, answers a full disk (507), silence (408) and an early end (400), ends
    those who send or read too slowly, and lets an answer wait on the disk for its reader, not the thread."""

    parser_class = RequestParser
    task_class = RequestTask
    error_task_class = RefusalTask

    #: The request that is being received; `requests` are those received and not yet answered.
    request: Any
    #: The client may be sending still when the connection is to end. Set by the task on its thread, before the channel
    #: is told to close, or because there are too many requests.
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
        self.outbufs: list[Any] = [Spool()]
        self._pace = Pace(self.creation_time)
        self._confirmed_bytes = 0

    @property
    def is_busy(self) -> bool:
        """Whether a request is being received, worked on or answered."""
        if self.lingering_since is not None:
            return False
        # In the order in which one becomes the other.
        return bool(self.request or self.requests or self.total_outbufs_len or self.close_when_flushed)

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
            taken = bool(super().received(data))
        except OSError as error:
            if problems.problem_of(error) is not problems.STORAGE_FULL:
                raise
            self._refuse(problems.STORAGE_FULL)
            return False
        self._limit_pipelined()
        return taken

    def write_soon(self, data: Any) -> int:
        """Called by tasks: in blocks, each of which is sent on its way before the next, so that only what the client
        has not read is kept."""
        if isinstance(data, ReadOnlyFileBasedBuffer):
            return self._write_block(data)
        return sum(self._write_block(data[at : at + BLOCK_BYTES]) for at in range(0, len(data), BLOCK_BYTES))

    def _write_block(self, block: Any) -> int:
        with self.outbuf_lock:
            self._wait_for_reader()
            if not self.connected:
                raise ClientDisconnected
            if not self.total_outbufs_len:
                self.last_activity = time.time()  # the time that output waits for its reader begins with it
            self._append(block)
            self._flush_exception(self._flush_some, do_close=False)
            if self.total_outbufs_len or self.will_close:
                self.server.pull_trigger()
        return len(block)

    def _append(self, block: Any) -> None:
        """A file goes into the list by itself, what cannot be stored ends the connection: with a part of it missing
        nothing more may be sent."""
        try:
            if isinstance(block, ReadOnlyFileBasedBuffer):
                self.outbufs += [block, Spool()]
            else:
                self.outbufs[-1].append(block)
        except OSError:
            self._drop_output()
            self.will_close = True
            self.server.pull_trigger()
            raise
        self.total_outbufs_len += len(block)

    def _drop_output(self) -> None:
        for outbuf in self.outbufs:
            outbuf.close()
        self.outbufs = [Spool()]
        self.total_outbufs_len = 0

    def _wait_for_reader(self) -> None:
        """While the disk has room for the largest body beside it, an answer waits there and not in its thread."""
        while (
            self.connected
            and self.total_outbufs_len > MOST_UNREAD_BYTES
            and shutil.disk_usage(self.adj.spool_dir).free < self.adj.spool_reserve_bytes
        ):
            self.server.pull_trigger()
            self.outbuf_lock.wait(READER_LOOK_SECONDS)

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Between the requests of a connection: what Waitress waits for here, `may_begin` does without a thread."""

    def _flush_some(self, do_close: bool = True) -> Any:  # noqa: FBT001, FBT002 — Waitress's signature
        """With the lock that it has in most places: a task may be sending an invitation (100) in this moment."""
        with self.outbuf_lock:
            return super()._flush_some(do_close=do_close)

    def send(self, data: bytes, do_close: bool = True) -> int:  # noqa: FBT001, FBT002 — Waitress's signature
        sent = int(super().send(data, do_close))
        self.sent_bytes += sent
        return sent

    def may_begin(self) -> bool:
        """Whether the next request may be worked on. One answer at a time waits for its reader, in memory or with its
        files open, however many requests were sent."""
        with self.outbuf_lock:
            self.next_waits = bool(self.total_outbufs_len)
            return not self.next_waits

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed):
            super().handle_write()
            if self.next_waits and self.connected:
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
        if self.request is not None and (self.requests or self.total_outbufs_len):
            self.request.started_at = now  # nothing of it is read before the others are answered
        if self.lingering_since is not None:
            if now - self.lingering_since > LINGER_SECONDS or silence_seconds > LINGER_IDLE_SECONDS:
                self.handle_close()
        elif self.total_outbufs_len:
            if self._has_slow_reader(now):
                self.handle_close()
        elif self.requests or self.request is None:
            self._pace.rest(now, self._moved_bytes)
            if not self.requests and silence_seconds > self.adj.channel_timeout:
                self.handle_close()
        elif silence_seconds > self.adj.channel_timeout or self._is_dawdling(now):
            self._refuse(refusals.TIMED_OUT)

    @property
    def _moved_bytes(self) -> int:
        """Received, or read by the other side as far as its system has said so."""
        return self.received_bytes + self.sent_bytes - tcp.unread_bytes(self.socket)

    def _has_slow_reader(self, now: float) -> bool:
        """Reads nothing, or next to nothing. A socket that is writable again only after megabytes tells neither."""
        moved_bytes = self._moved_bytes
        if moved_bytes != self._confirmed_bytes:
            self._confirmed_bytes, self.last_activity = moved_bytes, now
        if now - self.last_activity > READER_PATIENCE * self.adj.channel_timeout:
            return True
        return self._pace.is_too_slow(now, moved_bytes, READER_PATIENCE * self.adj.pace_window_seconds)

    def _limit_pipelined(self) -> None:
        with self.requests_lock:
            if len(self.requests) > MOST_PIPELINED:
                for request in self.requests[MOST_PIPELINED:]:
                    request.close()
                del self.requests[MOST_PIPELINED:]
                self.request = None
                self.requests[-1].headers["CONNECTION"] = "close"
                self.refused = True  # so that the client can read the answers before the end

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
