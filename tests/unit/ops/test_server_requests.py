"""What is not HTTP, what the application throws, and whose forwarded headers are believed."""

from collections.abc import Callable

import pytest

from tests.unit.ops.conftest import RunningServer
from tests.unit.ops.raw import EXPECT, connected, exchange, length, request

CHUNKED = request("POST", "/upload/", "Transfer-Encoding: chunked")
NOT_HTTP = {
    "no request line": (b"nonsense\r\n\r\n", 400),
    "method in small letters": (b"get / HTTP/1.1\r\n\r\n", 400),
    "bare line feed": (b"GET / HTTP/1.1\r\nX: a\nb\r\n\r\n", 400),
    "header without colon": (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
    "half a bracket": (b"GET http://[/ HTTP/1.1\r\n\r\n", 400),
    "length that is no number": (request("POST", "/upload/", "Content-Length: x"), 400),
    "negative length": (request("POST", "/upload/", "Content-Length: -1", EXPECT), 400),
    "two lengths": (request("POST", "/upload/", "Content-Length: 5, 5"), 400),
    "length of 5000 digits": (request("POST", "/upload/", f"Content-Length: {'9' * 5000}", EXPECT), 400),
    "chunk size that is no number": (CHUNKED + b"xyz\r\n", 400),
    "chunk longer than its size": (CHUNKED + b"3\r\nabcdef\r\n", 400),
    "negative chunk size": (CHUNKED + b"-3\r\n", 400),
    "chunk size without end": (CHUNKED + b"0" * 5000, 400),
    "trailer without end": (CHUNKED + b"0\r\n" + b"X: y\r\n" * 20000, 400),
    "unknown transfer encoding": (request("POST", "/upload/", "Transfer-Encoding: gzip, chunked"), 501),
    "two ends of one body": (
        request("POST", "/upload/", "Transfer-Encoding: chunked", length(3)) + b"0\r\n\r\n" + request("GET", "/x/"),
        400,
    ),
    "chunks in HTTP/1.0": (
        CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host", b"Connection: keep-alive\r\nHost")
        + request("GET", "/x/"),
        400,
    ),
    "huge header": (request("GET", "/", f"X: {'y' * 70000}"), 431),
    "huge address": (b"GET /" + b"y" * 70000, 431),
}


@pytest.mark.parametrize(("sent", "status"), NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_is_not_http_is_answered_with_a_problem_and_the_end(
    server: RunningServer, sent: bytes, status: int
) -> None:
    with connected(server.port) as connection:
        connection.send(sent)
        answer = connection.answer()
        assert connection.rest() == b""
    assert answer.status == status
    assert answer.is_problem
    assert server.probe.paths == []


def test_blank_lines_before_a_request_are_skipped(server: RunningServer) -> None:
    assert exchange(server.port, b"\r\n\r\n", request("GET", "/x/")).status == 200


def test_a_crash_of_the_application_is_a_problem_without_its_reason(server: RunningServer) -> None:
    answer = exchange(server.port, request("GET", "/crash/"))
    assert answer.status == 500
    assert answer.is_problem
    assert b"secret" not in answer.body


def test_a_refused_head_gets_no_body(server: RunningServer) -> None:
    with connected(server.port) as connection:
        connection.send(request("HEAD", "/upload/", length(10**9)))
        status_and_headers = connection.rest()
    assert status_and_headers.startswith(b"HTTP/1.1 413 ")
    assert status_and_headers.endswith(b"\r\n\r\n")


FORWARDED = (
    "X-Forwarded-For: 203.0.113.1, 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: example.org",
    "X-Forwarded-Port: 443",
)


@pytest.mark.parametrize("trusted", ["", "192.0.2.1"], ids=["no proxy", "another proxy"])
def test_forwarded_headers_of_a_stranger_are_not_believed(
    start_server: Callable[..., RunningServer], trusted: str
) -> None:
    seen = exchange(start_server(trusted_proxy=trusted).port, request("GET", "/", *FORWARDED)).json
    assert (seen["REMOTE_ADDR"], seen["HTTP_HOST"], seen["wsgi.url_scheme"]) == ("127.0.0.1", "test", "http")
    assert seen["forwarded"] == []


@pytest.mark.parametrize("trusted", ["*", "127.0.0.1"])
def test_forwarded_headers_of_the_trusted_proxy_tell_the_client(
    start_server: Callable[..., RunningServer], trusted: str
) -> None:
    seen = exchange(start_server(trusted_proxy=trusted).port, request("GET", "/", *FORWARDED)).json
    assert (seen["REMOTE_ADDR"], seen["HTTP_HOST"], seen["wsgi.url_scheme"]) == (
        "198.51.100.7",
        "example.org",
        "https",
    )


@pytest.mark.parametrize("header", ["X-Forwarded-Proto: gopher", 'X-Forwarded-For: "x', "X-Forwarded-For: :.80"])
def test_a_malformed_header_of_the_trusted_proxy_is_a_problem(
    start_server: Callable[..., RunningServer], header: str
) -> None:
    answer = exchange(start_server(trusted_proxy="*").port, request("GET", "/", header))
    assert answer.status == 400
    assert answer.is_problem
