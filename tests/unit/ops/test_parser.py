"""What the parser does that cannot be seen from outside of the server."""

from pathlib import Path

import pytest

from apps.common import problems
from apps.ops.server.adjustments import Adjustments
from apps.ops.server.parser import RequestParser
from tests.unit.ops.conftest import LIMITS
from tests.unit.ops.raw import chunk, length, request


@pytest.fixture
def parser(tmp_path: Path) -> RequestParser:
    return RequestParser(Adjustments(threads=1, request_timeout_seconds=1, body_limits=LIMITS, spool_dir=tmp_path))


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "/upload/", length(10**9)) + request("GET", "/smuggled/"),
        b"nonsense\r\n\r\n" + request("GET", "/smuggled/"),
        request("POST", "/upload/", "Transfer-Encoding: chunked") + b"x\r\n" + request("GET", "/smuggled/"),
    ],
    ids=["too large", "malformed", "bad chunk"],
)
def test_what_comes_with_a_refused_request_is_swallowed(parser: RequestParser, sent: bytes) -> None:
    received = 0
    while not parser.completed:
        received += parser.received(sent[received:])
    assert parser.error
    assert received == len(sent)


def test_a_refused_body_is_given_back_at_once(parser: RequestParser) -> None:
    parser.received(request("POST", "/upload/", "Transfer-Encoding: chunked"))
    parser.received(chunk(b"x" * 500_000))
    spooled = parser.body_rcv.getbuf().buf.file
    parser.received(chunk(b"x" * 500_001))
    assert parser.error.problem.status == 413
    assert spooled.closed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_still_full_on_closing_changes_nothing(parser: RequestParser) -> None:
    parser.received(request("POST", "/upload/", length(1000)))
    spooled = Path("/dev/full").open("w+b")  # noqa: SIM115 — closing it is what the parser does
    spooled.write(b"x")
    parser.body_rcv.getbuf().buf = spooled
    parser.refuse(problems.STORAGE_FULL)
    assert spooled.closed
    assert parser.completed
