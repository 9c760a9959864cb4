"""How the operations on files are described in the OpenAPI document; the views wear these."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import F, OpenApiResponse, extend_schema
from rest_framework.exceptions import UnsupportedMediaType

from apps.common import multipart, pagination, problems, schema, uploads
from apps.common.pagination import BIGGEST_ID, NewestFirst
from apps.files import downloads
from apps.files.errors import NoSuchFileError, NoThumbnailError
from apps.files.models import Status
from apps.files.processors import base, registry
from apps.files.processors.base import THUMBNAIL_CONTENT_TYPE
from apps.files.serializers import FileListSerializer, FileSerializer, ResultField, UploadSerializer

TAGS = ["files"]
QUEUED = {
    "id": 7,
    "url": "http://127.0.0.1:8000/api/v1/files/7/",
    "file": "http://127.0.0.1:8000/api/v1/files/7/content/",
    "name": "gems.csv",
    "size": 31,
    "content_type": "text/csv",
    "kind": "table",
    "uploaded_at": "2026-11-20T10:00:00.123456Z",
    "processed": False,
    "status": "queued",
    "progress": 0,
    "processed_at": None,
    "error": None,
}
#: Of a table, cut to what every kind has and a little more.
RESULT = {
    "encoding": "utf-8",
    "dialect": {"delimiter": ",", "quotechar": '"', "line_terminator": "\n", "separator_line": False},
    "rows": 2,
    "short_rows": 0,
    "long_rows": 0,
    "blank_lines": 0,
    "column_count": 2,
    "columns": [{"name": "name", "type": "text"}, {"name": "price", "type": "decimal"}],
    "preview": [["ruby", "10"], ["opal", "7.5"]],
    "sha256": "d4bff5a3c55c1f0a3ba60e5b6d92e6eb5b1eaf4b18e3b64a4ab0b0c4ff0dc9f2",
    "mismatch": None,
    "wall_ms": 3,
    "cpu_ms": 2,
    "peak_memory_bytes": 61_440_000,
}
PROCESSED = {
    **QUEUED,
    "processed": True,
    "status": "processed",
    "progress": 100,
    "processed_at": "2026-11-20T10:00:00.223456Z",
}

UPLOAD = extend_schema(
    operation_id="upload_file",
    tags=TAGS,
    summary="Upload a file",
    request={"multipart/form-data": UploadSerializer},
    parameters=[schema.header("Location", "Where the file is found from now on.", [201], type=schema.REFERENCE)],
    responses={
        201: schema.answer(FileSerializer, "The file is stored, and will be processed.", {**QUEUED, "result": None}),
        **schema.faults(
            multipart.NoFileError,
            multipart.EmptyFileError,
            multipart.SeveralFilesError,
            uploads.MalformedBodyError,
            uploads.TruncatedBodyError,
            TooManyFieldsSent,
            TooManyFilesSent,
            multipart.FileTooLargeError,
            UnsupportedMediaType("text/plain"),
            problems.STORAGE_FULL,
        ),
    },
)
LIST = extend_schema(
    operation_id="list_files",
    tags=TAGS,
    summary="List files",
    parameters=[
        schema.number("limit", "So many at most.", default=NewestFirst.default_limit, most=NewestFirst.max_limit),
        schema.number("after", "Those after the file with this id; the `Link` header sets it.", most=BIGGEST_ID),
        schema.choice("processed", "Only those that are processed, or are not.", ["true", "false"]),
        schema.choice("status", "Only those of this status.", Status.values),
        schema.choice("kind", "Only those of this kind.", registry.kinds()),
        schema.header("Link", 'The address of the next page, `rel="next"`, if there is one.', [200], always=False),
    ],
    responses={
        200: schema.answer(FileListSerializer(many=True), "The newest first.", PROCESSED),
        **schema.faults(pagination.bad_number("limit", most=NewestFirst.max_limit)),
    },
)
READ = extend_schema(
    operation_id="read_file",
    tags=TAGS,
    summary="Read what is known of a file",
    responses={
        200: schema.answer(FileSerializer, "The file.", {**PROCESSED, "result": RESULT}),
        **schema.faults(NoSuchFileError),
    },
)
DELETE = extend_schema(
    operation_id="delete_file",
    tags=TAGS,
    summary="Delete a file",
    description="Deletes a file, its bytes and its thumbnail.",
    responses={204: OpenApiResponse(description="It is gone."), **schema.faults(NoSuchFileError)},
)
PROCESS = extend_schema(
    operation_id="process_file",
    tags=TAGS,
    summary="Process a file again",
    request=None,
    responses={
        202: schema.answer(FileSerializer, "The file, as it is now.", {**QUEUED, "result": None}),
        **schema.faults(NoSuchFileError),
    },
)


def _download(
    *, operation_id: str, summary: str, media_type: str, missing: Sequence[type[Exception]]
) -> Callable[[F], F]:
    """Bytes, whole or a part of them, as the conditions of the request ask."""
    with_bytes = [200, 206]
    all_but_errors = [*with_bytes, 304]
    return extend_schema(
        operation_id=operation_id,
        tags=TAGS,
        summary=summary,
        parameters=[
            schema.asked_by_header("Range", "`bytes=0-99`: only that part. Of several parts the whole is sent."),
            schema.asked_by_header("If-Range", "The part, if the ETag is still this one; else the whole."),
            schema.asked_by_header("If-None-Match", "304 if the ETag is one of these."),
            schema.asked_by_header("If-Match", "412 if the ETag is none of these."),
            schema.header("ETag", "New with other bytes.", all_but_errors),
            schema.header("Content-Disposition", "Under which name to save it.", with_bytes),
            schema.header("Accept-Ranges", "Always `bytes`.", with_bytes),
            schema.header("Content-Range", "Which part this is; with 416 how many bytes there are.", [206, 416]),
        ],
        responses={
            (200, media_type): OpenApiResponse(schema.BYTES, "All bytes."),
            (206, media_type): OpenApiResponse(schema.BYTES, "The part that was asked for."),
            304: OpenApiResponse(description="The client has it already."),
            **schema.faults(*missing, problems.CHANGED, downloads.unsatisfiable(size=31)),
        },
    )


CONTENT = _download(
    operation_id="download_file", summary="Download a file", media_type="*/*", missing=[NoSuchFileError]
)
THUMBNAIL = _download(
    operation_id="show_thumbnail",
    summary="Show a file's thumbnail",
    media_type=THUMBNAIL_CONTENT_TYPE,
    missing=[NoSuchFileError, NoThumbnailError],
)


class ResultDescription(OpenApiSerializerFieldExtension):
    """`result` is what the file's kind finds out, as its processor declares it, and what all kinds have."""

    target_class = ResultField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # noqa: ARG002 — its signature
        common = schema.component(auto_schema, base.CommonResult)
        of_kinds = [schema.component(auto_schema, form) for form in registry.results()]
        return {"allOf": [common, {"anyOf": [*of_kinds, {"type": "object"}]}]}
