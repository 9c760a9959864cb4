"""GET /api/v1/files/{id}/content/ and thumbnail/."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.http import FileResponse, HttpResponse
from django.test import Client, RequestFactory
from waitress.buffers import ReadOnlyFileBasedBuffer

from apps.common import storage
from apps.files import downloads
from apps.files.models import THUMBNAILS, File
from tests import factories
from tests.integration.files.conftest import FILES

pytestmark = pytest.mark.django_db

CONTENT = b"0123456789"
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Accept-Ranges": "bytes",
}


@pytest.fixture
def file() -> File:
    return factories.make_file(CONTENT, name="digits.txt")


def content_url(file: File) -> str:
    return f"{FILES}{file.pk}/content/"


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def assert_harmless(answer: Any) -> None:
    assert {name: answer.headers[name] for name in HARMLESS} == HARMLESS


def test_the_original_bytes_come_as_an_attachment_that_no_browser_runs(client: Client) -> None:
    page = b"<html><script>alert(1)</script></html>"
    file = factories.make_file(page, name="page.html", content_type="text/html")

    answer = client.get(content_url(file))

    assert answer.status_code == 200
    assert body_of(answer) == page
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Content-Length"] == str(len(page))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert_harmless(answer)


@pytest.mark.parametrize("size", [1, downloads.BLOCK_BYTES, downloads.BLOCK_BYTES * 2 + 1])
def test_every_byte_arrives_whatever_the_size(client: Client, size: int) -> None:
    content = bytes(number % 251 for number in range(size))

    answer = client.get(content_url(factories.make_file(content)))

    blocks = list(answer.streaming_content)
    assert b"".join(blocks) == content
    assert max(len(block) for block in blocks) <= downloads.BLOCK_BYTES


@pytest.mark.parametrize(
    ("requested", "content", "content_range"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-5", b"2345", "bytes 2-5/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=0-", CONTENT, "bytes 0-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", CONTENT, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("Bytes= 2-3 ", b"23", "bytes 2-3/10"),
    ],
)
def test_one_range_is_206(client: Client, file: File, requested: str, content: bytes, content_range: str) -> None:
    answer = client.get(content_url(file), headers={"Range": requested})

    assert answer.status_code == 206
    assert body_of(answer) == content
    assert answer.headers["Content-Range"] == content_range
    assert answer.headers["Content-Length"] == str(len(content))
    assert_harmless(answer)


@pytest.mark.parametrize(
    "requested",
    [
        "bytes=0-1,4-5",
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "bytes",
        "bytes=" + "9" * 5000 + "-",
        "bytes=٣-",
    ],
)
def test_what_is_no_single_range_gets_the_whole(client: Client, file: File, requested: str) -> None:
    answer = client.get(content_url(file), headers={"Range": requested})

    assert answer.status_code == 200
    assert body_of(answer) == CONTENT
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize("requested", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_behind_the_end_is_416_with_the_size(client: Client, file: File, requested: str) -> None:
    answer = client.get(content_url(file), headers={"Range": requested})

    assert answer.status_code == answer.json()["status"] == 416
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Range"] == "bytes */10"


def test_the_etag_is_strong_and_the_same_each_time_and_another_for_another_file(client: Client, file: File) -> None:
    etag = client.get(content_url(file)).headers["ETag"]

    assert etag.startswith('"')
    assert client.head(content_url(file)).headers["ETag"] == etag
    assert client.get(content_url(factories.make_file(CONTENT))).headers["ETag"] != etag


def test_if_range_gives_the_range_of_the_version_it_names_and_else_the_whole(client: Client, file: File) -> None:
    etag = client.get(content_url(file)).headers["ETag"]

    same = client.get(content_url(file), headers={"Range": "bytes=0-1", "If-Range": etag})
    other = client.get(content_url(file), headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    weak = client.get(content_url(file), headers={"Range": "bytes=0-1", "If-Range": f"W/{etag}"})

    assert (same.status_code, body_of(same)) == (206, b"01")
    assert (other.status_code, body_of(other)) == (200, CONTENT)
    assert (weak.status_code, body_of(weak)) == (200, CONTENT)


def test_conditions_are_answered(client: Client, file: File) -> None:
    etag = client.get(content_url(file)).headers["ETag"]

    assert client.get(content_url(file), headers={"If-None-Match": etag}).status_code == 304
    assert client.get(content_url(file), headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(content_url(file), headers={"If-Match": '"other"'}).status_code == 412


def test_head_tells_the_size_without_the_bytes_and_knows_no_ranges(client: Client, file: File) -> None:
    answer = client.head(content_url(file), headers={"Range": "bytes=0-1"})

    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == "10"
    assert body_of(answer) == b""
    assert_harmless(answer)


def test_head_opens_no_file_for_a_server_to_send(file: File) -> None:
    answer = downloads.answer(RequestFactory().head("/"), downloads.content_of(file))

    assert isinstance(answer, HttpResponse)
    assert answer.content == b""


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("plain.txt", "attachment; filename=\"plain.txt\"; filename*=UTF-8''plain.txt"),
        ('a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"),
        ("Ёж 1.txt", "attachment; filename=\"__ 1.txt\"; filename*=UTF-8''%D0%81%D0%B6%201.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("a;b,c.txt", "attachment; filename=\"a;b,c.txt\"; filename*=UTF-8''a%3Bb%2Cc.txt"),
        ("😀.png", "attachment; filename=\"_.png\"; filename*=UTF-8''%F0%9F%98%80.png"),
    ],
)
def test_the_name_is_given_in_full_and_in_ascii(client: Client, name: str, disposition: str) -> None:
    answer = client.get(content_url(factories.make_file(name=name)))

    assert answer.headers["Content-Disposition"] == disposition


@pytest.mark.parametrize("accept", ["image/png", "application/pdf", "text/html", "*/*"])
def test_the_bytes_come_whatever_type_the_client_prefers(client: Client, file: File, accept: str) -> None:
    answer = client.get(content_url(file), headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("status", ["queued", "processing", "processed", "failed"])
def test_the_bytes_can_be_had_in_every_state(client: Client, status: str) -> None:
    assert body_of(client.get(content_url(factories.make_file(CONTENT, status=status)))) == CONTENT


@pytest.mark.parametrize("method", ["get", "head"])
def test_bytes_deleted_since_the_row_was_read_are_404(client: Client, file: File, media: Path, method: str) -> None:
    (media / file.file.name).unlink()

    assert getattr(client, method)(content_url(file)).status_code == 404


def test_an_unfinished_download_closes_its_file(file: File) -> None:
    answer = downloads.answer(RequestFactory().get("/"), downloads.content_of(file))
    assert isinstance(answer, FileResponse)
    part = answer.file_to_stream

    answer.close()

    assert part.stored.closed


def test_the_server_may_send_the_bytes_of_a_range_itself(file: File) -> None:
    request = RequestFactory().get("/", headers={"Range": "bytes=2-5"})
    answer = downloads.answer(request, downloads.content_of(file))
    assert isinstance(answer, FileResponse)

    buffer = ReadOnlyFileBasedBuffer(answer.file_to_stream)

    assert buffer.prepare(4) == 4
    assert (buffer.get(2), buffer.get(2, skip=True), buffer.get(99)) == (b"23", b"23", b"45")


def test_a_thumbnail_is_shown_in_place(client: Client) -> None:
    thumbnail = storage.keep(THUMBNAILS, ContentFile(b"pixels"))
    file = factories.make_file(status="processed", thumbnail=thumbnail)

    answer = client.get(f"{FILES}{file.pk}/thumbnail/")

    assert body_of(answer) == b"pixels"
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Content-Disposition"] == "inline"
    assert_harmless(answer)


def test_without_a_thumbnail_there_is_404(client: Client, file: File) -> None:
    answer = client.get(f"{FILES}{file.pk}/thumbnail/", headers={"Accept": "image/*"})

    assert answer.status_code == 404
    assert answer.json()["code"] == "no_thumbnail"


def test_a_thumbnail_removed_since_the_row_was_read_is_404(client: Client, media: Path) -> None:
    file = factories.make_file(status="processed", thumbnail="thumbnails/00/gone")

    assert client.get(f"{FILES}{file.pk}/thumbnail/").status_code == 404
