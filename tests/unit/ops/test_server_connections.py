"""Bodies that come slowly, partly or not at all, requests that are in order, and the end of the server."""

import errno
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.support.processes import wait_until
from tests.unit.ops.conftest import REQUEST_TIMEOUT_SECONDS, UPLOAD_LIMIT, RunningServer
from tests.unit.ops.raw import EXPECT, chunk, connected, exchange, length, request


def test_a_body_shorter_than_declared_is_given_up_after_the_timeout(server: RunningServer) -> None:
    started = time.monotonic()
    answer = exchange(server.port, request("POST", "/upload/", length(1000)), b"x" * 999)
    assert (answer.status, answer.json["code"]) == (408, "timed_out")
    assert answer.is_problem
    assert REQUEST_TIMEOUT_SECONDS <= time.monotonic() - started < REQUEST_TIMEOUT_SECONDS + 4
    assert server.probe.paths == []


def test_a_body_that_keeps_coming_slowly_is_taken_and_holds_no_thread(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(threads=1)
    with connected(server.port) as slow:
        slow.send(request("POST", "/upload/", length(5)))
        for _ in range(4):
            slow.send(b"x")
            assert exchange(server.port, request("GET", "/quick/")).status == 200
            assert slow.is_silent_for(REQUEST_TIMEOUT_SECONDS / 2)
        slow.send(b"x")
        assert slow.answer().json["bytes"] == 5


def test_headers_that_drip_in_are_given_up_after_the_timeout(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(b"GET /x/ HTTP/1.1\r\nX: ")
        while connection.is_silent_for(0.1):
            connection.send(b"y")
        assert connection.answer().status == 408


def test_an_idle_connection_is_closed_after_the_timeout_without_a_word(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("GET", "/x/"))
        assert connection.answer().status == 200
        assert connection.rest() == b""


@pytest.mark.parametrize(
    ("header", "body"),
    [
        pytest.param(length(1000), b"x" * 500, id="half a body"),
        pytest.param(length(1000), b"", id="no body"),
        pytest.param("Transfer-Encoding: chunked", chunk(b"x"), id="chunks without the last"),
    ],
)
def test_a_client_that_stops_sending_for_good_in_the_middle_is_told_at_once(
    server: RunningServer, header: str, body: bytes
) -> None:
    started = time.monotonic()
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", header), body)
        connection.finish_sending()
        answer = connection.answer()
        assert connection.rest() == b""
    assert (answer.status, answer.json["code"]) == (400, "truncated")
    assert answer.is_problem
    assert time.monotonic() - started < REQUEST_TIMEOUT_SECONDS
    assert server.probe.paths == []


def test_a_half_closed_connection_still_gets_its_answer(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(5)), b"hello")
        connection.finish_sending()
        assert connection.answer().json["bytes"] == 5


def test_a_body_within_the_limit_is_invited_and_arrives_whole(server: RunningServer) -> None:
    body = os.urandom(UPLOAD_LIMIT)
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(len(body)), EXPECT))
        assert connection.bytes_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(body)
        assert connection.answer().json["sha256"] == hashlib.sha256(body).hexdigest()


def test_bytes_beyond_the_declared_length_are_the_next_request(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(3)) + b"abcdef\r\n\r\n")
        assert connection.answer().json["bytes"] == 3
        answer = connection.answer()
    assert answer.status == 400
    assert answer.is_problem


def test_pipelined_requests_are_answered_in_order(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("GET", "/1/") + request("POST", "/upload/", length(3)) + b"abc" + request("GET", "/3/"))
        assert [connection.answer().json["path"] for _ in range(3)] == ["/1/", "/upload/", "/3/"]


def test_head_gets_the_headers_of_get_and_the_connection_stays_usable(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("HEAD", "/x/"))
        head = connection.answer("HEAD")
        connection.send(request("GET", "/x/"))
        get = connection.answer()
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(get.body)


def test_an_answer_that_has_no_body_ends_no_connection(server: RunningServer) -> None:
    with connected(server.port) as connection:
        for _ in range(2):
            connection.send(request("GET", "/unchanged/"))
            answer = connection.answer()
            assert (answer.status, answer.headers.get("connection")) == (304, None)
        connection.send(request("GET", "/unchanged/", "Connection: close"))
        assert connection.answer().headers["connection"] == "close"
        assert connection.rest() == b""


def test_answers_do_not_say_what_serves_them(server: RunningServer) -> None:
    answer = exchange(server.port, request("GET", "/x/"))
    assert "server" not in answer.headers
    assert "via" not in answer.headers


def test_stopping_lets_requests_end_and_closes_idle_connections(server: RunningServer) -> None:
    with connected(server.port) as idle, connected(server.port) as busy, connected(server.port) as sending:
        idle.send(request("GET", "/x/"))
        assert idle.answer().status == 200
        busy.send(request("GET", "/wait/"))
        sending.send(request("POST", "/upload/", length(4)), b"ab")
        wait_until(lambda: "/wait/" in server.probe.paths, 20, "the request is being worked on")
        server.server.stop()
        assert idle.rest() == b""
        with pytest.raises(OSError, match=os.strerror(errno.ECONNREFUSED)):
            exchange(server.port, request("GET", "/x/"))
        sending.send(b"cd")
        assert sending.answer().json["bytes"] == 4
        server.probe.may_go_on.set()
        answer = busy.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    server.thread.join(5)
    assert not server.thread.is_alive()


def test_stopping_takes_no_longer_than_the_grace(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(grace_seconds=0.5)
    with connected(server.port) as busy, connected(server.port) as sending:
        busy.send(request("GET", "/wait/"))
        sending.send(request("POST", "/upload/", length(4)), b"ab")
        wait_until(lambda: "/wait/" in server.probe.paths, 20, "the request is being worked on")
        server.server.stop()
        server.thread.join(5)
        assert not server.thread.is_alive()


def test_requests_sent_just_before_the_stop_are_answered(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(run=False)
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(server.port)) for _ in range(20)]
        for connection in connections:
            connection.send(request("GET", "/x/"))
        server.stop()
        assert [connection.answer().status for connection in connections] == [200] * 20
