"""Clients that send or read so slowly that only a few bytes a second move, and those who are merely slow."""

import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.ops.server.adjustments import Adjustments
from apps.ops.server.channel import READER_PATIENCE
from apps.ops.server.limits import BodyLimit
from apps.ops.server.spool import MEMORY_BYTES
from tests.support.processes import wait_until
from tests.unit.ops.conftest import BODIES, RunningServer
from tests.unit.ops.raw import Connection, connected, exchange, length, request

LARGE_BYTES = 40_000_000


@contextmanager
def reading_little(server: RunningServer) -> Iterator[Connection]:
    """A client of /large/ whose system takes little ahead of it."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", server.port))
        connection = Connection(sock)
        try:
            connection.send(request("GET", "/large/"))
            yield connection
        finally:
            connection.close()


def test_a_body_that_drips_in_is_given_up(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(pace_window_seconds=1.0)
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(1000)))
        while connection.is_silent_for(0.1):
            connection.send(b"x")
        answer = connection.answer()
    assert (answer.status, answer.json["code"]) == (408, "timed_out")
    assert server.probe.paths == []


def test_a_fast_beginning_excuses_no_drip(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(pace_window_seconds=1.0)
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(900_000)), b"x" * 800_000)
        while connection.is_silent_for(0.1):
            connection.send(b"x")
        assert connection.answer().status == 408


def test_a_body_that_comes_slowly_but_comes_is_taken(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(pace_window_seconds=1.0)
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(3000)))
        for _ in range(30):
            assert connection.is_silent_for(0.1)
            connection.send(b"x" * 100)
        assert connection.answer().json["bytes"] == 3000


def test_headers_that_come_slowly_leave_the_body_its_time(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(request_timeout_seconds=20, pace_window_seconds=5.0)
    head = request("POST", "/upload/", length(2))
    with connected(server.port) as connection:
        for piece in (head[:10], head[10:20], head[20:30], head[30:]):
            connection.send(piece)
            assert connection.is_silent_for(1)
        connection.send(b"x")
        assert connection.is_silent_for(2)
        connection.send(b"x")
        assert connection.answer().json["bytes"] == 2


def test_a_long_timeout_is_one_for_slow_clients_as_well(tmp_path: Path) -> None:
    def window(timeout_seconds: int) -> float:
        limits = (BodyLimit("", 1, copies=1),)
        return Adjustments(
            threads=1, request_timeout_seconds=timeout_seconds, body_limits=limits, spool_dir=tmp_path
        ).pace_window_seconds

    assert [window(seconds) for seconds in (5, 60, 600)] == [60, 60, 600]


def test_requests_that_take_long_to_answer_are_not_slow(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(pace_window_seconds=0.5)
    with connected(server.port) as connection:
        connection.send(request("GET", "/wait/"))
        assert connection.is_silent_for(3)
        server.probe.may_go_on.set()
        assert connection.answer().status == 200


def test_the_time_before_a_request_does_not_count(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(request_timeout_seconds=20, pace_window_seconds=3.0)
    with connected(server.port) as connection:
        assert connection.is_silent_for(4)
        connection.send(request("POST", "/upload/", length(2)), b"x")
        assert connection.is_silent_for(1.5), "looked at, and its time is not over"
        connection.send(b"x")
        assert connection.answer().json["bytes"] == 2


def test_a_reader_who_drips_is_dropped(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(request_timeout_seconds=20, pace_window_seconds=1.0 / READER_PATIENCE)
    with reading_little(server) as connection:
        deadline = time.monotonic() + 15
        connection.socket.recv(10)
        while server.connections and time.monotonic() < deadline:
            connection.socket.recv(10)
            time.sleep(0.1)
        assert not server.connections


def test_a_reader_who_stops_is_dropped_after_the_timeout(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(request_timeout_seconds=1)
    with reading_little(server):
        wait_until(lambda: server.probe.paths, 20, "the request has reached the application")
        wait_until(lambda: not server.connections, 20, "the reader was dropped")


def test_a_reader_slower_than_the_systems_buffers_is_served(start_server: Callable[..., RunningServer]) -> None:
    """The socket takes megabytes, and is writable again only when a third of them is gone: here after seconds."""
    server = start_server(request_timeout_seconds=1, pace_window_seconds=1.0)
    with reading_little(server) as connection:
        connection.socket.recv(1)
        ends_at = time.monotonic() + 5
        while time.monotonic() < ends_at:
            connection.socket.recv(20_000)
            time.sleep(0.1)
        assert server.connections == 1


def test_readers_who_stop_hold_no_thread(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(threads=1, request_timeout_seconds=20)
    with reading_little(server) as one, reading_little(server) as other:
        wait_until(lambda: len(server.probe.paths) == 2, 20, "both have been answered by the only thread")
        assert exchange(server.port, request("GET", "/quick/")).status == 200
        assert len(server.spooled_bytes) == 2, "one file for each answer"
        assert sum(server.spooled_bytes) > LARGE_BYTES
        assert [reader.answer().body == BODIES["/large/"] for reader in (one, other)] == [True, True]
        assert server.spooled_bytes == [], "gone with what was in it"


def test_where_the_disk_has_no_room_the_thread_waits_for_the_reader(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(threads=1, request_timeout_seconds=20, body_limits=(BodyLimit("", 10**18, copies=1),))
    with reading_little(server) as reader:
        wait_until(lambda: server.channels and server.channels[0].total_outbufs_len, 20, "part of the answer waits")
        with connected(server.port) as next_one:
            next_one.send(request("GET", "/quick/"))
            assert next_one.is_silent_for(1)
            assert max(channel.total_outbufs_len for channel in server.channels) <= MEMORY_BYTES
            assert server.spooled_bytes == []
            assert reader.answer().body == BODIES["/large/"]
            assert next_one.answer().status == 200


def test_a_disk_that_is_full_cuts_an_answer_short_and_makes_none_wrong(
    start_server: Callable[..., RunningServer], small_files: int
) -> None:
    server = start_server(threads=1, request_timeout_seconds=20)
    with reading_little(server) as reader:
        wait_until(lambda: server.channels and server.channels[0].will_close, 20, "the disk is full")
        read = reader.rest()
        assert exchange(server.port, request("GET", "/quick/")).status == 200
    _, _, body = read.partition(b"\r\n\r\n")
    assert small_files < len(body) < LARGE_BYTES
    assert BODIES["/large/"].startswith(body)


@pytest.fixture
def small_files() -> Iterator[int]:
    """No file can be longer than this: a disk that is full as soon as it is needed."""
    most_bytes = 1_000_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    yield most_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
