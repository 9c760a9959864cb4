"""Writing: storing an upload, processing again, deleting. Each is one visible transaction.

The order keeps one promise through every crash: a row always has its bytes. Bytes come before their row and
go after it; what a crash in between leaves behind are bytes without a row, which the sweep removes.
"""

from functools import partial
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from apps.common import storage
from apps.files import lifecycle, selectors
from apps.files.models import FILES, File
from apps.files.processors import registry
from apps.files.tasks import process_file

HEAD_BYTES = 64 * 1024


def store_upload(upload: "UploadedFile[bytes]") -> File:
    """Keep an upload and have it processed.

    Four statements, BEGIN, INSERT (file), INSERT (task), COMMIT, and after them one round trip to Redis. The
    task's id is chosen here, so that no third statement has to write it into the file's row.
    """
    file = _described(upload)
    with storage.kept_with_row(FILES, upload) as name:
        file.file.name = name
        file.save(force_insert=True)
        process_file.apply_async(args=(file.pk,), task_id=file.invocation_id)
    return file


def process_again(file_id: int) -> File:
    """Have an ended file processed again; while it is queued or processing nothing new starts."""
    invocation_id = _new_invocation_id()
    with transaction.atomic():
        file = selectors.locked_names(file_id)
        # Not queued: it is queued or at work already; of two callers at once this is the later one.
        if lifecycle.queue_again(file_id, invocation_id=invocation_id):
            process_file.apply_async(args=(file_id,), task_id=invocation_id)
            transaction.on_commit(partial(storage.remove, [file.stored_thumbnail]), robust=True)
    return selectors.file_by_id(file_id)


def delete_file(file_id: int) -> None:
    """Delete the row, then what was stored; a task that works on the file finds it gone and ends quietly."""
    with transaction.atomic():
        file = selectors.locked_names(file_id)
        file.delete()
        transaction.on_commit(partial(storage.remove, [file.stored_name, file.stored_thumbnail]), robust=True)


def _described(upload: "UploadedFile[bytes]") -> File:
    name, size = upload.name or "", upload.size or 0
    upload.seek(0)
    detected = registry.detect(upload.read(HEAD_BYTES), name, size)
    upload.seek(0)
    return File(
        name=name,
        size=size,
        kind=detected.kind,
        content_type=detected.content_type,
        declared_type=lifecycle.storable(upload.content_type or "")[:255],
        invocation_id=_new_invocation_id(),
    )


def _new_invocation_id() -> str:
    return str(uuid4())
