"""Bodies that are too large or do not fit: refused early, and so that the client learns why."""

from pathlib import Path

import pytest

from apps.ops.server import channel as channels
from apps.ops.server import parser as parsers
from tests.support.processes import wait_until
from tests.unit.ops.conftest import UPLOAD_LIMIT, RunningServer
from tests.unit.ops.descriptors import open_below
from tests.unit.ops.raw import EXPECT, chunk, connected, exchange, length, request


@pytest.mark.parametrize("headers", [[], [EXPECT]], ids=["unasked", "expecting 100"])
def test_a_declared_length_above_the_limit_is_refused_before_any_of_the_body(
    server: RunningServer, headers: list[str]
) -> None:
    answer = exchange(server.port, request("POST", "/upload/", length(UPLOAD_LIMIT + 1), *headers))
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")
    assert answer.is_problem
    assert str(UPLOAD_LIMIT) in answer.json["detail"]
    assert answer.headers["connection"] == "close"
    assert server.probe.paths == []


def test_a_refused_client_that_expects_100_gets_no_invitation(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(10**12), EXPECT))
        assert connection.bytes_until(b"\r\n").startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/upload/", UPLOAD_LIMIT, 200),
        ("/upload/more/", UPLOAD_LIMIT, 200),
        ("//upload/", UPLOAD_LIMIT, 200),
        ("/%75pload/", UPLOAD_LIMIT, 200),
        ("http://test/upload/", UPLOAD_LIMIT, 200),
        ("/upload", UPLOAD_LIMIT, 413),
        ("/elsewhere/", 50_000, 200),
        ("/elsewhere/", 50_001, 413),
    ],
)
def test_the_limit_of_a_body_depends_on_the_path(server: RunningServer, path: str, size: int, status: int) -> None:
    assert exchange(server.port, request("POST", path, length(size)), b"x" * size).status == status


def test_a_client_still_sending_a_refused_body_can_read_the_answer(server: RunningServer) -> None:
    size = 50_000_000
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(size)))
        assert connection.send_all_of(size) == size
        answer = connection.answer()
        assert answer.status == 413
        assert connection.rest() == b""


def test_the_attention_for_a_refused_body_is_bounded(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "LINGER_BYTES", 1_000_000)
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(10**9)))
        assert connection.send_all_of(10**9) < 10**8


def test_a_refused_client_that_stays_is_left_after_a_while(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "LINGER_IDLE_SECONDS", 0)
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(10**9)))
        connection.answer()
        listener = server.server._listeners[0]
        wait_until(lambda: not listener.active_channels, 20, "the connection is dropped")


def test_what_follows_a_refused_request_is_not_taken_for_a_request(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(10**9)) + request("GET", "/smuggled/"))
        connection.answer()
        connection.send(request("GET", "/smuggled/"))
        assert connection.rest() == b""
    assert server.probe.paths == []


def test_a_chunked_body_is_refused_as_soon_as_it_is_too_large(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", "Transfer-Encoding: chunked"))
        connection.send(*[chunk(b"x" * 100_000)] * 10)
        assert connection.is_silent_for(0.2)
        connection.send(chunk(b"x"))
        answer = connection.answer()
    assert answer.status == 413
    assert answer.is_problem


def test_a_chunk_that_alone_would_be_too_large_is_refused_by_its_size(server: RunningServer) -> None:
    answer = exchange(server.port, request("POST", "/upload/", "Transfer-Encoding: chunked"), b"FFFFFFFFF\r\n")
    assert answer.status == 413


def test_a_body_that_will_not_fit_on_the_disk_is_507_before_any_of_it(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 2 * 500_000 - 1})
    monkeypatch.setattr(parsers.shutil, "disk_usage", lambda _path: usage)
    answer = exchange(server.port, request("POST", "/upload/", length(500_000), EXPECT))
    assert (answer.status, answer.json["code"]) == (507, "storage_full")
    assert answer.is_problem
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(499_999), EXPECT))
        assert connection.bytes_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_while_a_body_comes_in_is_507(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_args: open("/dev/full", "w+b"))  # noqa: PTH123, SIM115
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(900_000)))
        connection.send_all_of(900_000)
        answer = connection.answer()
    assert (answer.status, answer.json["code"]) == (507, "storage_full")
    assert server.probe.paths == []


def test_large_bodies_are_spooled_to_the_given_folder_and_leave_nothing_there(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("POST", "/upload/", length(900_000)), b"x" * 800_000)
        wait_until(lambda: len(open_below(server.spool_dir)) == 1, 20, "the body is in a file of the folder")
    wait_until(lambda: not open_below(server.spool_dir), 20, "the file is closed with its connection")
    assert list(server.spool_dir.iterdir()) == []
