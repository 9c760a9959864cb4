"""What a POST carries: a form with one file, or the file itself as a body of type `text/csv`."""

import io
from collections.abc import Container, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.common import multipart
from apps.common.multipart import EmptyFileError, FileTooLargeError
from apps.deals.errors import UnsupportedCharsetError, UnsupportedTypeError
from apps.deals.parser import text
from apps.deals.services import Upload

#: Of both names for the field the first is the one that is asked for.
FIELDS = ("deals", "file")


class Body(io.RawIOBase):
    """A request's body as a file that can be read once. The request itself is none: a storage asks whether it is closed
    and whether it can be read from its beginning again, and gets an AttributeError."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)


class CsvParser(BaseParser):
    """Leaves the body where it is, to be read while it is imported."""

    media_type = "text/csv"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 — REST framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Mapping[str, Any]:
        return {"stream": Body(stream)}


def upload_of(request: Request) -> Upload:
    """The one file of a request. Raises what is wrong with it as far as that can be said without reading it."""
    if _media_type(request) == CsvParser.media_type:
        upload = _raw(request)
    else:
        try:
            files = multipart.files_of(request)
        except UnsupportedMediaType as error:
            raise UnsupportedTypeError(request.content_type) from error
        upload = _of_form(request, multipart.single_file(files, _field(files), max_bytes=settings.MAX_DEALS_BYTES))
    if upload.charset and not text.is_supported(upload.charset):
        raise UnsupportedCharsetError
    return upload


def _raw(request: Request) -> Upload:
    body: Any = request.data
    if not body:  # REST framework asks no parser about a body of no bytes
        raise EmptyFileError
    size = int(request.META["CONTENT_LENGTH"])
    if size > settings.MAX_DEALS_BYTES:
        raise FileTooLargeError(f"The file has {size} bytes; at most {settings.MAX_DEALS_BYTES} are accepted.")
    parameters = request._request.content_params or {}
    return Upload(content=body["stream"], size=size, charset=parameters.get("charset", ""), who=_who(request))


def _of_form(request: Request, file: "UploadedFile[Any]") -> Upload:
    return Upload(
        content=file, size=file.size or 0, name=file.name or "", charset=file.charset or "", who=_who(request)
    )


def _field(files: Container[str]) -> str:
    return next((name for name in FIELDS if name in files), FIELDS[0])


def _media_type(request: Request) -> str:
    return (request.content_type or "").partition(";")[0].strip().lower()


def _who(request: Request) -> str:
    name: str = request.user.get_username() if request.user else ""
    return name or str(request.META.get("REMOTE_ADDR") or "")
