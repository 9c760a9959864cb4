"""Reads forms with files: every file goes to disk as it comes in, no name fails an upload, a body cut short is refused.

`UploadHandler` stands in FILE_UPLOAD_HANDLERS and takes over the parsing through Django's hook for that,
`handle_raw_input`, so that `request.POST`, the CSRF check and REST framework read a form alike. Django's own
parser accepts a body without its end, drops parts whose names are not UTF-8, and refuses names that make a header
longer than 1 KiB.
"""

import binascii
import re
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from apps.common import filenames
from apps.common.errors import InputError
from apps.common.transfer_encoding import Decoder, decoder_of

BLOCK_BYTES = 64 * 1024
#: One header of a part. A name of 255 characters, percent-encoded and sent twice, needs a tenth of it.
MAX_HEADER_BYTES = 64 * 1024

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}", re.ASCII)


class MalformedBodyError(InputError, MultiPartParserError):
    """The body is not well-formed multipart/form-data."""

    code = "malformed"


class TruncatedBodyError(InputError, MultiPartParserError):
    """The body ends before the form does: the upload was cut short."""

    code = "truncated"


class UploadHandler(TemporaryFileUploadHandler):
    """A file's `name` is the client's name, cleaned; its `content_type` what the client declared, or empty."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803, ARG002 — Django's signature
        content_length: int,  # noqa: ARG002
        boundary: Any,
        encoding: str | None = None,
    ) -> "tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]":
        form = Form(self, boundary, _text_encoding(encoding))
        try:
            form.read(input_data)
        except BaseException:
            form.discard()
            raise
        form.fields._mutable = False  # as Django leaves it
        return form.fields, form.files

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        if settings.FILE_UPLOAD_TEMP_DIR:
            Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
        # The client's extension stays out of the temporary name: it can be longer than a file system allows.
        super().new_file(field_name, "upload", *args, **kwargs)
        self.file.name = filenames.clean(file_name)


class Part:
    """What is known of the part being read. `name` is the file's name as sent; None for a plain field."""

    def __init__(self, field: str, name: str | None, decoder: Decoder) -> None:
        self.field = field
        self.name = name
        self.decoder = decoder
        self.size = 0
        self.text = bytearray()


class Form:
    """One request's form while it is read. Fields and files stay within Django's DATA_UPLOAD_MAX_… settings."""

    def __init__(self, handler: UploadHandler, boundary: bytes, encoding: str) -> None:
        self.fields = QueryDict(mutable=True, encoding=encoding)
        self.files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict()
        self._handler = handler
        self._encoding = encoding
        # One character for each byte: a header in any encoding can be read, and names are decoded by themselves.
        self._parser = PushMultipartParser(boundary, header_charset="latin-1", max_header_size=MAX_HEADER_BYTES)
        self._part: Part | None = None
        self._field_count = 0
        self._file_count = 0
        self._field_bytes = 0

    def read(self, stream: IO[bytes]) -> None:
        try:
            while block := stream.read(BLOCK_BYTES):
                for event in self._parser.parse(block):
                    self._take(event)
        except (MultipartError, binascii.Error) as error:
            raise MalformedBodyError(field=self._part.field if self._part else None) from error
        try:
            self._parser.close()
        except MultipartError as error:  # the one thing left to say is that the end is missing
            raise TruncatedBodyError(field=self._part.field if self._part else None) from error

    def discard(self) -> None:
        """Remove the files of a form that cannot be used."""
        unfinished = getattr(self._handler, "file", None)
        for file in [unfinished, *(file for _, group in self.files.lists() for file in group)]:
            if file is not None:
                with suppress(OSError):  # a full disk says so once more on closing; the file is removed anyway
                    file.close()

    def _take(self, event: MultipartSegment | bytes | None) -> None:
        """The parser yields a segment, then its content in pieces, then None."""
        if isinstance(event, MultipartSegment):
            self._part = self._begin(event)
        elif self._part is not None and event is not None:
            self._write(self._part, self._part.decoder.feed(event))
        elif self._part is not None:
            self._finish(self._part)
            self._part = None

    def _begin(self, segment: MultipartSegment) -> Part:
        name = filenames.sent_name(segment["Content-Disposition"], segment.filename)
        field = segment.name.encode("latin-1", "replace").decode(self._encoding, "replace")
        if name is None:
            self._field_count += 1
            _check(self._field_count, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, TooManyFieldsSent)
            self._count_field_bytes(len(segment.name))  # which is kept as well, and can be longer than any content
        else:
            self._file_count += 1
            _check(self._file_count, settings.DATA_UPLOAD_MAX_NUMBER_FILES, TooManyFilesSent)
            declared = segment.content_type or ""
            declared = declared if _MEDIA_TYPE.fullmatch(declared) else ""
            self._handler.new_file(field, name, declared, None, segment.charset, {})
        return Part(field, name, decoder_of(segment.header("Content-Transfer-Encoding", "")))

    def _write(self, part: Part, block: bytes) -> None:
        part.size += len(block)
        if part.name is not None:
            self._handler.receive_data_chunk(block, part.size - len(block))
            return
        self._count_field_bytes(len(block))
        part.text += block

    def _count_field_bytes(self, number: int) -> None:
        self._field_bytes += number
        _check(self._field_bytes, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, RequestDataTooBig)

    def _finish(self, part: Part) -> None:
        part.decoder.end()
        if part.name is None:
            self.fields.appendlist(part.field, part.text.decode(self._encoding, "replace"))
            return
        file = self._handler.file_complete(part.size)
        if file is not None and (part.size or part.name):
            self.files.appendlist(part.field, file)
        elif file is not None:  # neither name nor content: what a browser sends for a file input left empty
            file.close()


def _text_encoding(declared: str | None) -> str:
    return filenames.text_codec(declared) or settings.DEFAULT_CHARSET


def _check(value: int, limit: int | None, error: type[SuspiciousOperation]) -> None:
    if limit is not None and value > limit:
        raise error(f"{value} is more than {limit}")
