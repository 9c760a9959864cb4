"""Stored bytes as an HTTP response: whole, or the one range asked for (RFC 9110, 13 and 14).

Whatever the bytes are, a browser never runs them: no sniffing, nothing loaded, nothing embedded elsewhere.
"""

import io
import logging
import re
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from django.core.files import File as Bytes
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

from apps.common import problems, storage
from apps.common.problems import Problem, ProblemResponse
from apps.files.errors import NoSuchFileError, NoThumbnailError
from apps.files.models import File
from apps.files.processors.base import THUMBNAIL_CONTENT_TYPE

logger = logging.getLogger(__name__)

BLOCK_BYTES = 64 * 1024
SINGLE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",  # the client may keep it, and asks with its ETag each time
}


@dataclass(frozen=True, kw_only=True)
class Download:
    """What is sent. `stored_name` is also its version, as the bytes under a name never change."""

    stored_name: str
    size: int
    content_type: str
    disposition: str

    @property
    def etag(self) -> str:
        return f'"{self.stored_name.rpartition("/")[2]}"'


def answer(request: HttpRequest, download: Download) -> HttpResponseBase:
    """200, 206, 304, 412 or 416, as the request's Range and conditions ask."""
    unmet = get_conditional_response(request, etag=download.etag)
    if unmet is not None:
        changed = unmet.status_code == problems.CHANGED.status
        return _with_headers(ProblemResponse(problems.CHANGED) if changed else unmet, download)
    part = _part_asked_for(request, download)
    first, length = part or (0, download.size)
    if length <= 0:
        return ProblemResponse(unsatisfiable(download.size))
    response = _bytes_of(request, download, first, length)
    response.headers["Content-Length"] = str(length)
    if part:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{download.size}"
    return _with_headers(response, download)


def content_of(file: File) -> Download:
    return Download(
        stored_name=file.stored_name,
        size=file.size,
        content_type=file.content_type,
        disposition=_attachment(file.name),
    )


def thumbnail_of(file: File) -> Download:
    """Pixels made here, so shown in place. Raises NoThumbnailError."""
    name = file.stored_thumbnail
    if not name:
        raise NoThumbnailError
    try:
        size = default_storage.size(name)
    except FileNotFoundError:  # the file was deleted, or processed again, since its row was read
        raise NoThumbnailError from None
    return Download(stored_name=name, size=size, content_type=THUMBNAIL_CONTENT_TYPE, disposition="inline")


def _attachment(name: str) -> str:
    """Content-Disposition that saves the file under this name: RFC 6266, with an ASCII spelling for old clients."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _with_headers(response: HttpResponseBase, download: Download) -> HttpResponseBase:
    response.headers["ETag"] = download.etag
    response.headers["Content-Disposition"] = download.disposition
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def _part_asked_for(request: HttpRequest, download: Download) -> tuple[int, int] | None:
    """First byte and number of bytes (none of them where the range lies behind the end); None is the whole.

    Several ranges, other units and what is malformed get the whole, as RFC 9110 allows.
    """
    match = SINGLE_RANGE.fullmatch(request.headers.get("Range", ""))
    is_current = request.headers.get("If-Range", download.etag) == download.etag
    if request.method != "GET" or match is None or not is_current:
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    if first:
        end = min(int(last), download.size - 1) if last else download.size - 1
        return int(first), end - int(first) + 1
    if last:
        length = min(int(last), download.size)
        return download.size - length, length
    return None


def unsatisfiable(size: int) -> Problem:
    detail = f"The range lies outside of the file, which has {size} bytes."
    return Problem(416, "range_not_satisfiable", detail, headers={"Content-Range": f"bytes */{size}"})


def _bytes_of(request: HttpRequest, download: Download, first: int, length: int) -> HttpResponseBase:
    if request.method == "HEAD":
        if not default_storage.exists(download.stored_name):
            raise _gone(download)
        return HttpResponse(content_type=download.content_type)
    try:
        stored = default_storage.open(download.stored_name)
    except FileNotFoundError:
        raise _gone(download) from None
    part = Part(stored, first, length)
    if storage.is_local(download.stored_name):
        return _BlockResponse(part, content_type=download.content_type)
    # Nothing that waits for a network may be read in Waitress's main loop.
    return _streamed(part, download)


def _streamed(part: "Part", download: Download) -> HttpResponseBase:
    blocks = iter(partial(part.read, BLOCK_BYTES), b"")
    response = StreamingHttpResponse(blocks, content_type=download.content_type)
    response._resource_closers.append(part.close)  # type: ignore[attr-defined] # as FileResponse does
    return response


def _gone(download: Download) -> NoSuchFileError:
    """Deleted since its row was read. Seen again and again for one file it means that the storage lost it."""
    logger.warning("stored bytes not found", extra={"action": "bytes_missing", "stored_name": download.stored_name})
    return NoSuchFileError()


class _BlockResponse(FileResponse):
    """A FileResponse, so that Waitress sends the bytes from its main loop: a slow client occupies no thread."""

    block_size = BLOCK_BYTES


class Part(io.RawIOBase):
    """A part of an open file as a file of its own, never held in memory."""

    def __init__(self, stored: "Bytes[bytes]", first: int, length: int) -> None:
        self.stored, self.first, self.length = stored, first, length
        self.stored.seek(first)

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self.length - self.tell()
        block: bytes = self.stored.read(left if size < 0 else min(size, left))
        return block

    def tell(self) -> int:
        position: int = self.stored.tell()
        return position - self.first

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self.length}[whence]
        self.stored.seek(self.first + origin + offset)
        return self.tell()

    def close(self) -> None:
        self.stored.close()
        super().close()
