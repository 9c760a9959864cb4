"""Many requests on one connection whose client reads nothing, and connections that end at a bad moment."""

import socket
import struct
import time
from collections.abc import Callable

import pytest

from apps.ops.server import tcp
from apps.ops.server.channel import MOST_PIPELINED
from tests.support.processes import wait_until
from tests.unit.ops.conftest import BODIES, FILE, RunningServer
from tests.unit.ops.raw import EXPECT, connected, exchange, length, request

NUMBER = 80


@pytest.mark.parametrize("path", ["/medium/", "/file/"])
def test_one_answer_at_a_time_waits_for_a_reader(server: RunningServer, path: str) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(request("GET", path) * NUMBER)
        wait_until(lambda: any(one.next_waits for one in server.channels), 20, "an answer waits")
        answered = len(server.probe.paths)
        assert exchange(server.port, request("GET", "/quick/")).status == 200

        assert answered < NUMBER / 2
        assert len(server.probe.paths) == answered + 1
        (channel,) = [one for one in server.channels if one.next_waits]
        assert len(channel.outbufs) <= 3
        assert channel.total_outbufs_len < 600_000


def test_the_answers_come_in_order_once_they_are_read(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(b"".join(request("GET", path) for path in ("/medium/", "/1/", "/file/", "/2/") * 20))
        wait_until(lambda: any(one.next_waits for one in server.channels), 20, "an answer waits")
        for _ in range(20):
            assert connection.answer().body == BODIES["/medium/"]
            assert connection.answer().json["path"] == "/1/"
            assert connection.answer().body == FILE
            assert connection.answer().json["path"] == "/2/"


def test_so_many_requests_at_once_and_the_connection_ends(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("GET", "/quick/") * (MOST_PIPELINED + 50))
        answers = [connection.answer() for _ in range(MOST_PIPELINED)]
        assert connection.rest() == b""
    assert [one.headers.get("connection") for one in answers] == [None] * (MOST_PIPELINED - 1) + ["close"]
    assert len(server.probe.paths) == MOST_PIPELINED


def test_an_invitation_does_not_meddle_with_the_answer_before_it(server: RunningServer) -> None:
    """The task sends it while the loop may be sending the answer."""
    for _ in range(200):
        with connected(server.port) as connection:
            connection.send(request("GET", "/file/") + request("POST", "/upload/", length(1), EXPECT))
            assert connection.answer().body == FILE
            assert connection.bytes_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.send(b"x")
            assert connection.answer().json["bytes"] == 1


def test_connections_that_are_reset_while_they_are_looked_at_do_no_harm(
    start_server: Callable[..., RunningServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task's thread finds the reset, and closes the socket that the loop is looking at."""
    server = start_server()

    def closed_meanwhile(_channel: object, _now: float) -> None:
        raise AttributeError("of a socket that is None by now")

    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(10)))
        wait_until(lambda: server.connections, 20, "it is connected")
        monkeypatch.setattr("apps.ops.server.channel.Channel.expire", closed_meanwhile)
        wait_until(lambda: not server.connections, 20, "it was looked at")
        monkeypatch.undo()
        assert exchange(server.port, request("GET", "/quick/")).status == 200


def test_of_a_closed_socket_nothing_is_unread() -> None:
    closed = socket.socket()
    closed.close()
    assert [tcp.unread_bytes(one) for one in (None, closed)] == [0, 0]


def test_a_reset_between_two_requests_ends_that_connection_alone(server: RunningServer) -> None:
    """The task sends the invitation for the second one's body into a connection that is gone."""
    invited = request("POST", "/upload/", length(1), EXPECT)
    ends_at = time.monotonic() + 3
    while time.monotonic() < ends_at:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(request("GET", "/quick/") + invited)
        client.close()
    assert exchange(server.port, request("GET", "/quick/")).status == 200
    assert server.thread.is_alive()
