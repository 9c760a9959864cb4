"""Forms with files as an API view meets them: the parser to name in `parser_classes`, and the one file of a form.

How a form is read, and what a file's name and declared type are, is in `apps.common.uploads`.
"""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from rest_framework import parsers
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches

from apps.common.errors import DomainError, InputError
from apps.common.uploads import MalformedBodyError


class NoFileError(InputError):
    """No file was sent."""

    code = "no_file"


class EmptyFileError(InputError):
    """The file is empty."""

    code = "empty_file"


class SeveralFilesError(InputError):
    """More than one file was sent."""

    code = "several_files"


class FileTooLargeError(DomainError):
    """The file is larger than is accepted here."""

    code = "file_too_large"
    status = 413


class MultiPartParser(parsers.MultiPartParser):
    """REST framework's, except that its errors keep their code and field instead of becoming one sentence."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "parsers.DataAndFiles[Any, Any]":
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError as error:
            reason = error.__context__
            if isinstance(reason, DomainError):
                raise reason from None
            if isinstance(reason, MultiPartParserError):  # Django's own: no boundary, or an unusable one
                raise MalformedBodyError from reason
            raise


def files_of(request: Request) -> "MultiValueDict[str, UploadedFile[Any]]":
    """The files of a form. Raises UnsupportedMediaType for a body that none of the view's parsers reads.

    REST framework asks no parser about a body of no bytes, so its type is looked at here.
    """
    media_type = request.content_type
    if media_type and not any(media_type_matches(parser.media_type, media_type) for parser in request.parsers or ()):
        raise UnsupportedMediaType(media_type)
    files: MultiValueDict[str, UploadedFile[Any]] = request.FILES
    return files


def single_file(
    files: "MultiValueDict[str, UploadedFile[Any]]", field: str = "file", *, max_bytes: int | None = None
) -> "UploadedFile[Any]":
    """The one file that a form has to have, in its field, with content, at most `max_bytes` of it.

    Unless given, that is MAX_UPLOAD_BYTES. The web server's limit is for the whole body, so it lies above.
    """
    max_bytes = settings.MAX_UPLOAD_BYTES if max_bytes is None else max_bytes
    sent = [(name, file) for name, group in files.lists() for file in group]
    if not sent:
        raise NoFileError(f"No file was sent. Send one in the field '{field}'.", field=field)
    if len(sent) > 1:
        raise SeveralFilesError(f"{len(sent)} files were sent. Send one, in the field '{field}'.", field=field)
    name, file = sent[0]
    if name != field:
        raise NoFileError(f"The file is in the field '{name[:50]}', not in '{field}'.", field=field)
    if not file.size:
        raise EmptyFileError(field=field)
    if file.size > max_bytes:
        raise FileTooLargeError(f"The file has {file.size} bytes; at most {max_bytes} are accepted.")
    return file
