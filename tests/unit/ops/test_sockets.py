"""Listening, and what is said when that cannot be."""

import resource
import socket
from pathlib import Path

import pytest

from apps.ops.server import adjustments, sockets
from apps.ops.server.adjustments import Adjustments
from tests.unit.ops.conftest import LIMITS

INFINITY = resource.RLIM_INFINITY


def test_a_host_may_stand_for_several_addresses() -> None:
    opened = sockets.listen("localhost", 0)
    try:
        families = {sock.family for sock in opened}
        assert socket.AF_INET in families
        assert families <= {socket.AF_INET, socket.AF_INET6}
    finally:
        for sock in opened:
            sock.close()


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(sockets.CannotListenError, match=f"Port {port} of 127.0.0.1 is taken.*set PORT"):
            sockets.listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1"])
def test_an_address_of_another_machine_is_named_with_what_to_do(host: str) -> None:
    with pytest.raises(sockets.CannotListenError, match=f"Cannot listen on {host}.*Set HOST"):
        sockets.listen(host, 8000)


def test_a_port_that_is_not_for_this_user_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(sockets.CannotListenError, match=r"Port 80 may not be used.*Set PORT"):
        sockets.listen("127.0.0.1", 80)


def test_a_port_can_be_listened_on_again_at_once() -> None:
    first = sockets.listen("127.0.0.1", 0)[0]
    port = first.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        accepted, _ = first.accept()
        accepted.close()  # our side goes first, so it is the one that keeps the port in memory
        first.close()
    sockets.listen("127.0.0.1", port)[0].close()


@pytest.mark.parametrize(
    ("soft", "hard", "asked_for", "connections"),
    [
        (1024, 524288, 4096, 1000),
        (1024, INFINITY, 4096, 1000),
        (1024, 2048, 2048, 682),
        (256, 256, None, 85),
        (65536, 65536, None, 1000),
        (INFINITY, INFINITY, None, 1000),
    ],
    ids=["usual", "no bound", "low bound", "lower bound", "enough", "unlimited"],
)
def test_connections_are_as_many_as_descriptors_allow(
    soft: int, hard: int, asked_for: int | None, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(adjustments.resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(adjustments.resource, "setrlimit", lambda _which, limits: asked.append(limits))
    made = Adjustments(threads=1, request_timeout_seconds=1, body_limits=LIMITS, spool_dir=Path("/tmp"))
    assert made.connection_limit == connections
    assert asked == ([] if asked_for is None else [(asked_for, hard)])
