"""How forms with files are read."""

import base64
import errno
import io
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from apps.common.errors import FieldError
from apps.common.uploads import MalformedBodyError, TruncatedBodyError, UploadHandler
from tests.unit.common.forms import BOUNDARY, form, part, post, raw_part


@pytest.fixture(autouse=True)
def incoming(settings: Settings, tmp_path: Path) -> Path:
    """The folder for uploads, not there yet."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "media" / "incoming"
    return settings.FILE_UPLOAD_TEMP_DIR


def files_of(request: HttpRequest) -> list[tuple[str, str | None, bytes]]:
    """Field, name and content of each file."""
    return [(field, file.name, file.read()) for field, group in request.FILES.lists() for file in group]


def test_a_file_and_fields_are_read(incoming: Path) -> None:
    content = bytes(range(256)) * 1000
    request = post(form(part("a", "ж".encode()), part("file", content, "x.bin"), part("a", b""), part("b", b"2")))
    assert files_of(request) == [("file", "x.bin", content)]
    assert dict(request.POST.lists()) == {"a": ["ж", ""], "b": ["2"]}
    file = request.FILES["file"]
    assert isinstance(file, TemporaryUploadedFile)
    assert file.size == len(content)
    assert Path(file.temporary_file_path()).parent == incoming


def test_a_files_temporary_copy_is_gone_when_the_request_is_closed(incoming: Path) -> None:
    request = post(form(part("file", b"x", "x.bin")))
    assert len(request.FILES) == len(list(incoming.iterdir())) == 1
    request.close()
    assert list(incoming.iterdir()) == []


@pytest.mark.parametrize("content", [b"hello", b"", b"\r\n", b"--", f"--{BOUNDARY}".encode(), b"\r\n--" + b"a" * 70000])
def test_content_that_looks_like_a_boundary_is_content(content: bytes) -> None:
    assert files_of(post(form(part("file", content, "x")))) == [("file", "x", content)]


def test_a_body_cut_short_anywhere_is_refused_and_leaves_no_file(incoming: Path) -> None:
    whole = form(part("a", b"1"), part("file", b"content", "x.txt"))
    complete = len(whole) - len("\r\n")
    for size in range(1, complete):
        with pytest.raises(TruncatedBodyError):
            _ = post(whole[:size]).FILES
        assert not incoming.exists() or list(incoming.iterdir()) == []
    assert files_of(post(whole[:complete])) == [("file", "x.txt", b"content")]


def test_the_error_names_the_field_that_was_cut() -> None:
    with pytest.raises(TruncatedBodyError) as caught:
        _ = post(part("file", b"content", "x.txt")).FILES
    assert caught.value.errors == (FieldError("file", "truncated", caught.value.detail),)


def test_what_follows_the_end_and_what_stands_before_the_beginning_is_ignored() -> None:
    body = b"preamble\r\n" + form(part("file", b"content", "x.txt")) + b"epilogue"
    assert files_of(post(body)) == [("file", "x.txt", b"content")]


MALFORMED = {
    "no disposition": form(raw_part("Content-Type: text/plain", content=b"x")),
    "another disposition": form(raw_part("Content-Disposition: attachment; filename=x", content=b"x")),
    "header without colon": form(raw_part('Content-Disposition: form-data; name="file"', "nonsense", content=b"x")),
    "line feeds only": form(part("file", b"x", "x")).replace(b"\r\n", b"\n"),
    "too many headers": form(part("file", b"x", "x", *[f"X-{i}: y" for i in range(100)])),
    "huge header": form(part("file", b"x", "x" * 100_000)),
    "wrong length of a part": form(part("file", b"x", "x", "Content-Length: 7")),
    "broken base64": form(part("file", b"!!!!", "x", "Content-Transfer-Encoding: base64")),
    "base64 cut short": form(part("file", b"QUJ", "x", "Content-Transfer-Encoding: base64")),
    "base64 after its end": form(part("file", b"QQ==QUJD", "x", "Content-Transfer-Encoding: BASE64")),
    "broken base64 in a field": form(part("a", b"!!!!", None, "Content-Transfer-Encoding: base64")),
    "boundary that goes on": b"--" + BOUNDARY.encode() + b"xx\r\n",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_refused_and_leaves_no_file(body: bytes, incoming: Path) -> None:
    with pytest.raises(MalformedBodyError):
        _ = post(part("first", b"x", "first.txt") + body).FILES
    assert list(incoming.iterdir()) == []


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=ж"]
)
def test_a_missing_or_unusable_boundary_is_an_error(content_type: str) -> None:
    with pytest.raises(MultiPartParserError):
        _ = post(form(part("file", b"x", "x")), content_type).FILES


@given(st.binary())
def test_arbitrary_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        request = post(b"--" + BOUNDARY.encode() + body)
        assert list(request.FILES) == [] or body
    except (MalformedBodyError, TruncatedBodyError):
        return


@given(content=st.binary(), cut=st.integers(1, 40))
def test_any_content_comes_through_in_blocks_of_any_size(content: bytes, cut: int) -> None:
    body = form(part("file", content, "x"))
    stream = io.BytesIO(body)
    handler = UploadHandler()

    class Slow:
        def read(self, _size: int) -> bytes:
            return stream.read(cut)

    _, files = handler.handle_raw_input(Slow(), {}, len(body), BOUNDARY.encode())
    assert files["file"].read() == content
    files["file"].close()


# --- names ------------------------------------------------------------------------------------------


def named(disposition: str, encoding: str = "utf-8") -> HttpRequest:
    header = f'Content-Disposition: form-data; name="file"; {disposition}'.encode(encoding)
    return post(form(b"--" + BOUNDARY.encode() + b"\r\n" + header + b"\r\n\r\nx\r\n"))


LONG = "ж" * 251 + ".txt"
NAMES = {
    "dots": ('filename=".."', "unnamed"),
    "empty name": ('filename=""', "unnamed"),
    "path": ('filename="C:\\x\\y.png"', "y.png"),
    "escaped quote": ('filename="a\\"b.png"', 'a"b.png'),
    "browser's quote": ('filename="a%22b.png"', 'a"b.png'),
    "semicolon": ('filename="a;b.png"', "a;b.png"),
    "entities": ('filename="&lt;b&gt;.png"', "&lt;b&gt;.png"),
    "NUL": ('filename="a\0b.png"', "ab.png"),
    "255 characters": (f'filename="{LONG}"', LONG),
    "255 characters twice": (f"filename=\"{quote(LONG)}\"; filename*=UTF-8''{quote(LONG)}", LONG),
    "10000 characters": (f'filename="{"ж" * 10000}.txt"', LONG),
    "extension of 300 characters": (f'filename="a.{"x" * 300}"', "a." + "x" * 253),
}


@pytest.mark.parametrize(("disposition", "name"), NAMES.values(), ids=NAMES.keys())
def test_no_name_fails_an_upload(disposition: str, name: str) -> None:
    assert files_of(named(disposition)) == [("file", name, b"x")]


def test_a_name_in_another_encoding_does_not_fail_an_upload() -> None:
    assert files_of(named('filename="жук.txt"', "cp1251")) == [("file", "\ufffd\ufffd\ufffd.txt", b"x")]


def test_a_file_input_left_empty_is_no_file(incoming: Path) -> None:
    request = post(form(part("file", b"", "", "Content-Type: application/octet-stream")))
    assert list(request.FILES) == list(request.POST) == []
    assert list(incoming.iterdir()) == []


TYPES = {
    "plain": ("image/png", "image/png"),
    "with a parameter": ("text/plain; charset=utf-8", "text/plain"),
    "capitals": ("Image/PNG", "image/png"),
    "vendor's": ("application/vnd.ms-excel.sheet+x", "application/vnd.ms-excel.sheet+x"),
    "nonsense": ("nonsense", ""),
    "NUL": ("image/p\0ng", ""),
    "long": ("a/" + "b" * 500, ""),
    "not ASCII": ("a/ж", ""),
}


@pytest.mark.parametrize(("sent", "declared"), TYPES.values(), ids=TYPES.keys())
def test_the_declared_type_is_kept_if_it_is_one(sent: str, declared: str) -> None:
    assert post(form(part("file", b"x", "x", f"Content-Type: {sent}"))).FILES["file"].content_type == declared


CHARSETS = {
    "windows-1251": ("windows-1251", "cp1251", "жук"),
    "UTF-8": ("utf-8", "utf-8", "жук"),
    "UTF-8 that is none": ("utf-8", "cp1251", "\ufffd" * 3),
    "unknown": ("nonsense", "utf-8", "жук"),
    "compression": ("bz2_codec", "utf-8", "жук"),
    "host names": ("idna", "utf-8", "жук"),
    "always failing": ("undefined", "utf-8", "жук"),
}


@pytest.mark.parametrize(("charset", "encoding", "text"), CHARSETS.values(), ids=CHARSETS.keys())
def test_fields_are_read_in_the_requests_charset(charset: str, encoding: str, text: str) -> None:
    request = post(
        form(part("a", "жук".encode(encoding))), f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"
    )
    assert request.POST["a"] == text


# --- encodings of parts -----------------------------------------------------------------------------


def test_base64_parts_are_decoded() -> None:
    content = bytes(range(256)) * 1000
    encoded = base64.encodebytes(content)
    body = form(
        part("file", encoded, "x", "Content-Transfer-Encoding: Base64 "),
        part("a", b"0LY=", None, "Content-Transfer-Encoding: base64"),
    )
    request = post(body)
    assert files_of(request) == [("file", "x", content)]
    assert request.POST["a"] == "ж"


def test_a_compressed_part_is_kept_as_it_was_sent() -> None:
    request = post(form(part("file", b"\x1f\x8b\x08compressed", "x", "Content-Encoding: gzip")))
    assert files_of(request) == [("file", "x", b"\x1f\x8b\x08compressed")]


# --- bounds -----------------------------------------------------------------------------------------


def test_more_files_than_allowed_are_refused(settings: Settings, incoming: Path) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    assert len(post(form(*[part("file", b"x", "x")] * 3)).FILES.getlist("file")) == 3
    with pytest.raises(TooManyFilesSent):
        _ = post(form(*[part("file", b"x", "x")] * 4)).FILES


def test_more_fields_than_allowed_are_refused(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    assert len(post(form(*[part("a", b"x")] * 3)).POST.getlist("a")) == 3
    with pytest.raises(TooManyFieldsSent):
        _ = post(form(*[part("a", b"x")] * 4)).POST


def test_fields_larger_than_allowed_are_refused(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    large_file = part("file", b"x" * 5000, "x")
    assert post(form(large_file, part("a", b"x" * 499), part("b", b"x" * 499))).POST["b"]
    with pytest.raises(RequestDataTooBig):
        _ = post(form(large_file, part("a", b"x" * 499), part("b", b"x" * 500))).POST


def test_the_names_of_fields_count_as_well(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert len(post(form(*(part("n" * 100) for _ in range(10)))).POST.getlist("n" * 100)) == 10
    with pytest.raises(RequestDataTooBig):
        _ = post(form(*(part(f"{number}{'n' * 100}") for number in range(10)))).POST


def test_without_limits_anything_goes(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert len(post(form(*[part("a", b"x")] * 2000)).POST.getlist("a")) == 2000


def test_a_large_file_is_never_held_in_memory() -> None:
    size = 50_000_000

    class Endless:
        """A body of one file that is made while it is read."""

        def __init__(self) -> None:
            self.pieces = [part("file", b"", "x")[:-2], *[b"x" * 50_000] * (size // 50_000), b"\r\n" + form()]

        def read(self, _size: int) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    body = Endless()
    tracemalloc.start()
    _, files = UploadHandler().handle_raw_input(body, {}, size, BOUNDARY.encode())
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert files["file"].size == size
    assert peak_bytes < 1_000_000
    files["file"].close()


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@pytest.fixture
def disk_full_for_the_second_file(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_file(**options: Any) -> Any:
        opened.append("one more")
        return tempfile.NamedTemporaryFile(**options) if len(opened) == 1 else Path("/dev/full").open("w+b")

    monkeypatch.setattr("django.core.files.temp.NamedTemporaryFile", open_file)


@needs_full
@pytest.mark.parametrize("size", [1000, 100_000], ids=["at the end", "on the way"])
def test_a_disk_that_fills_up_is_an_error_of_the_disk_and_leaves_no_file(
    size: int, incoming: Path, disk_full_for_the_second_file: None
) -> None:
    with pytest.raises(OSError, match="No space") as caught:
        _ = post(form(part("file", b"x", "x"), part("file", b"x" * size, "x"))).FILES
    assert caught.value.errno == errno.ENOSPC
    assert list(incoming.iterdir()) == []


@needs_full
def test_a_full_disk_does_not_hide_what_else_is_wrong(incoming: Path, disk_full_for_the_second_file: None) -> None:
    with pytest.raises(TruncatedBodyError):
        _ = post(part("file", b"x", "x") + part("file", b"x" * 1000, "x")).FILES
    assert list(incoming.iterdir()) == []
