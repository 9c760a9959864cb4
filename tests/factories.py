"""Things that tests start from, made by plain functions."""

import io
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from PIL import Image

from apps.common import storage
from apps.files.models import FILES, File, Status


def png_bytes(width: int = 40, height: int = 30) -> bytes:
    image = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 60)).save(image, "PNG")
    return image.getvalue()


def file_row(*, status: str = Status.QUEUED, **fields: Any) -> File:
    """A row as an upload makes it, unsaved, whose stored name has no bytes; for tests that read rows alone."""
    return File(
        **{
            "file": storage.new_name(FILES),
            "name": "note.txt",
            "size": 6,
            "content_type": "text/plain",
            "kind": "text",
            "status": status,
            "processed": status == Status.PROCESSED,
            "invocation_id": str(uuid4()),
            **fields,
        }
    )


def make_file(content: bytes = b"hello\n", **fields: Any) -> File:
    """A stored file and its row, without a task."""
    stored_name = storage.keep(FILES, ContentFile(content))
    file = file_row(file=stored_name, size=len(content), **fields)
    file.save(force_insert=True)
    return file


def multipart_body(*parts: tuple[str, bytes], boundary: str = "between") -> tuple[bytes, str]:
    """A body and its content type, out of parts given as their header lines and their content."""
    sections = [f"--{boundary}\r\n{headers}\r\n\r\n".encode() + content + b"\r\n" for headers, content in parts]
    return b"".join(sections) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
