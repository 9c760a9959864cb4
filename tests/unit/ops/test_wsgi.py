"""What is refused before Django sees it."""

import encodings
import json
from typing import Any

import pytest

from apps.ops.management.commands import serve
from apps.ops.server import bodies
from apps.ops.server.wsgi import with_forwarded_headers


def ask(content_type: str, **headers: str) -> str:
    """The status of the answer."""
    told: list[str] = []

    def application(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return []

    environ = {"PATH_INFO": "/", "CONTENT_TYPE": content_type, **headers}
    bodies.readable(application)(environ, lambda status, _headers: told.append(status))
    return told[0]


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br, gzip", 415), ("identity", 200), ("", 200)])
def test_a_body_that_was_compressed_on_the_way_is_refused(encoding: str, status: int) -> None:
    assert ask("text/csv", HTTP_CONTENT_ENCODING=encoding).startswith(str(status))


def test_a_query_with_a_nul_is_refused() -> None:
    environ = {"PATH_INFO": "/admin/files/file/", "QUERY_STRING": "status__exact=%00"}
    told: list[str] = []
    (body,) = serve._application("")(environ | {"REQUEST_METHOD": "GET"}, lambda status, _headers: told.append(status))
    assert (told, json.loads(body)["code"]) == (["400 Bad Request"], "malformed_request")


def test_a_refusal_has_the_form_that_the_errors_of_its_path_have() -> None:
    environ = {"PATH_INFO": "/api/v1/deals/", "QUERY_STRING": ""}
    environ |= {"HTTP_CONTENT_ENCODING": "gzip", "HTTP_X_REQUEST_ID": "seen"}
    headers: dict[str, str] = {}

    (body,) = bodies.readable(serve._application(""))(environ, lambda _, given: headers.update(given))

    assert (json.loads(body)["Status"], json.loads(body)["code"]) == ("Error", "unsupported_encoding")
    assert (headers["Accept-Encoding"], headers["X-Request-ID"]) == ("identity", "seen")


def test_no_long_name_of_a_charset_is_kept() -> None:
    known = len(encodings._cache)  # type: ignore[attr-defined]
    assert ask(f"text/csv; charset={'x' * 1000}") == "400 Bad Request"
    assert len(encodings._cache) == known  # type: ignore[attr-defined]
    assert ask("text/csv; charset=windows-1251") == "200 OK"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("198.51.100.7, ::FFFF:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:5000", "::ffff:192.0.2.1"),
        ("2001:db8::ffff:1", "2001:db8::ffff:1"),
    ],
)
def test_a_client_has_the_address_that_the_proxy_tells(forwarded: str, address: str) -> None:
    seen: list[str] = []

    def application(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    with_forwarded_headers(application, "*")(environ, lambda *_: None)
    assert seen == [address]


@pytest.mark.parametrize("header", [{"CONTENT_TYPE": "text/csv; charset=base64"}, {"HTTP_X_FORWARDED_PROTO": "gopher"}])
def test_a_refused_head_has_no_body_that_would_be_taken_for_the_next_answer(header: dict[str, str]) -> None:
    told: list[str] = []
    environ = {"REQUEST_METHOD": "HEAD", "PATH_INFO": "/", "QUERY_STRING": "", "REMOTE_ADDR": "10.0.0.1", **header}
    answer = serve._application("*")(environ, lambda status, _headers: told.append(status))
    assert (told, list(answer)) == (["400 Bad Request"], [])
