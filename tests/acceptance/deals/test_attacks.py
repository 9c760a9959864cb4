"""Files that are made to hurt: each is refused in words, the service goes on, its memory stays, the answer too."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.deals.conftest import FULL_SIZE, HEADER, Deals, Web, dataset
from tests.benchmarks.memory import forget_peak, peak_mib

pytestmark = pytest.mark.slow

MEBIBYTE = 1024 * 1024
#: What one block and its copies may take, whatever the size of the file.
MOST_GROWTH_MIB = 64
LINE_BYTES = (1024 if FULL_SIZE else 64) * MEBIBYTE
BAD_ROW = 900_000 if FULL_SIZE else 90_000
MANY_ROWS = 10_000_000 if FULL_SIZE else 300_000


@pytest.fixture
def web(deals: Deals) -> Web:
    """With a dataset that has to survive, and all code loaded."""
    web = deals.start_web(WEB_THREADS="2", MAX_DEALS_BYTES=str(2 * LINE_BYTES))
    assert web.post(dataset(1)).status_code == 200
    assert web.post(b"nonsense").status_code == 400
    return web


def rows(count: int) -> Iterator[bytes]:
    """A file of so many rows, a thousand at a time."""
    yield HEADER.encode()
    for start in range(0, count, 1_000):
        lines = (
            f"customer{row % 997},Рубин {row % 89},{row}.5,1,2018-12-14 08:29:52\n"
            for row in range(start, start + 1_000)
        )
        yield "".join(lines).encode()


def one_line() -> Iterator[bytes]:
    yield HEADER.encode()
    for _ in range(LINE_BYTES // MEBIBYTE):
        yield b"x" * MEBIBYTE


def one_open_quote() -> Iterator[bytes]:
    yield HEADER.encode() + b'"'
    for _ in range(LINE_BYTES // MEBIBYTE):
        yield b"anna,Ruby,1,1,2018\n" * (MEBIBYTE // 19)


def many_columns() -> Iterator[bytes]:
    yield HEADER.encode().strip() + b"," + b",".join(b"c%d" % number for number in range(100_000)) + b"\n"


def bad_byte() -> Iterator[bytes]:
    yield from rows(BAD_ROW - 1_000)
    good = "anna,Рубин,1,1,2018-12-14\n".encode()
    yield good * 999 + b"anna,\xd0,1,1,2018-12-14\n" + good * 1_000


ATTACKS: dict[str, tuple[Any, str]] = {
    "one line": (one_line, "line 2: the row is longer than 1048576 bytes"),
    "an open quote": (one_open_quote, "line 2: a quote is opened here and not closed within 1048576 bytes"),
    "100 000 columns": (many_columns, "line 1: there are 100005 columns; at most 1000 are accepted"),
    "invalid UTF-8 late": (bad_byte, f"line {BAD_ROW + 1}: the byte 0xD0 at offset "),
    "binary": (lambda: iter([bytes(range(256)) * 4096]), "line 1: there is a NUL byte"),
    "zip": (lambda: iter([b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(range(256)) * 4096]), "line 1: there is a NUL byte"),
    "NUL": (
        lambda: iter([HEADER.encode() + b"a\0,b,1,1,2018-12-14\n"]),
        "line 2, column customer: there is a NUL byte",
    ),
    "end of data": (lambda: iter([dataset(2) + b"\\.\n" + dataset(2)]), "line 12, column item: the row has 1 values"),
    "header injection": (
        lambda: iter([b'"customer\r\nX-Evil: 1","item); DROP TABLE deals_deal; --",total,quantity,date\n']),
        "line 1, column customer: the column is missing",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_file_that_is_made_to_hurt_is_refused_in_words(web: Web, name: str) -> None:
    content, sentence = ATTACKS[name]
    before = forget_peak(web.process.pid)

    answer = web.post(content(), timeout=300)

    assert answer.status_code == 400
    assert answer.json()["Desc"].startswith(sentence)
    assert "X-Evil" not in answer.headers
    assert peak_mib(web.process.pid) - before < MOST_GROWTH_MIB
    assert web.number() == 1


@pytest.mark.parametrize("end", [b"\r", b"\r\n"], ids=["CR", "CRLF"])
def test_line_ends_of_any_kind_are_line_ends(web: Web, end: bytes) -> None:
    answer = web.post(dataset(2).replace(b"\n", end))

    assert (answer.status_code, answer.json()["deals"]) == (200, 10)
    assert web.number() == 2


def test_memory_does_not_grow_with_the_file(web: Web, record_property: Any) -> None:
    before = forget_peak(web.process.pid)

    answer = web.post(rows(MANY_ROWS), timeout=1_800)

    grown = peak_mib(web.process.pid) - before
    assert (answer.status_code, answer.json()["deals"]) == (200, MANY_ROWS)
    record_property("figure", f"{grown:.1f} MiB more for {MANY_ROWS} rows")
    assert grown < MOST_GROWTH_MIB


@pytest.mark.parametrize("path", ["/api/v1/deals/", "/api/process_deals/"])
def test_a_file_that_is_declared_too_large_is_refused_before_it_is_sent(deals: Deals, path: str) -> None:
    web = deals.start_web(MAX_DEALS_BYTES="1000")
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", "text/csv")
    connection.putheader("Content-Length", str(1_000 + MEBIBYTE + 1))
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = json.loads(answer.read())
    connection.close()
    assert (body["Status"], body["Desc"]) == ("Error", body["detail"])
    assert not deals.statuses()


def test_a_file_just_above_the_limit_is_refused_in_the_same_words(deals: Deals) -> None:
    content = dataset(1)
    web = deals.start_web(MAX_DEALS_BYTES=str(len(content)))

    assert web.post(content).status_code == 200
    refused = web.post(content + b"\n")

    assert (refused.status_code, refused.json()["code"], refused.json()["Status"]) == (413, "file_too_large", "Error")
