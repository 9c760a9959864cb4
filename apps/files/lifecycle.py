"""Every step in the life of a file, each one conditional UPDATE on the state it leaves.

    (upload) → queued → processing → processed | failed → (process again) → queued …

No row changed means that somebody else got there first, or that the file has been deleted: the caller has
lost and does nothing more. So each step is safe to repeat, and of two callers at once one wins.
"""

import math
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.files.models import ENDED, File, Status

REPLACEMENT = "\ufffd"


def begin(file_id: int) -> File | None:
    """Take a file into work; None where there is nothing to do.

    A file already `processing` is taken too: the attempt that began it died or is tried again. That no second
    attempt runs beside a living one, and that a late one cannot complete, is the task layer's promise.
    """
    begun = File.objects.filter(pk=file_id, status__in=(Status.QUEUED, Status.PROCESSING)).update(
        status=Status.PROCESSING, progress=0
    )
    return File.objects.filter(pk=file_id).defer("result").first() if begun else None


def note_progress(file_id: int, percent: int) -> bool:
    """False: the file has been deleted, or its processing has ended otherwise; going on is pointless."""
    return bool(File.objects.filter(pk=file_id, status=Status.PROCESSING).update(progress=percent))


def succeed(file_id: int, *, result: dict[str, Any], thumbnail: str) -> bool:
    return bool(
        File.objects.filter(pk=file_id, status=Status.PROCESSING).update(
            status=Status.PROCESSED,
            processed=True,
            processed_at=timezone.now(),
            progress=100,
            result=storable(result),
            thumbnail=thumbnail,
        )
    )


def fail(file_id: int, *, code: str, detail: str) -> bool:
    """End the processing with a reason that the file itself gave."""
    return _fail(File.objects.filter(pk=file_id, status=Status.PROCESSING), code=code, detail=detail)


def give_up(file_id: int, *, invocation_id: str, code: str, detail: str) -> bool:
    """End the processing because its task was given up, perhaps before it began.

    Not when the file is another task's by now.
    """
    waiting = File.objects.filter(
        pk=file_id, invocation_id=invocation_id, status__in=(Status.QUEUED, Status.PROCESSING)
    )
    return _fail(waiting, code=code, detail=detail)


def _fail(files: QuerySet[File], *, code: str, detail: str) -> bool:
    return bool(files.update(status=Status.FAILED, error_code=code, error_detail=storable(detail)))


def queue_again(file_id: int, *, invocation_id: str) -> bool:
    """Make an ended file as it was after its upload, for another task; False while it has not ended."""
    return bool(
        File.objects.filter(pk=file_id, status__in=ENDED).update(
            status=Status.QUEUED,
            processed=False,
            processed_at=None,
            progress=0,
            error_code="",
            error_detail="",
            result=None,
            thumbnail="",
            invocation_id=invocation_id,
        )
    )


def storable(value: Any) -> Any:
    """The same value with what PostgreSQL takes neither as text nor as JSON replaced, at any depth.

    That is NUL and lone surrogates in texts, and numbers that are none.
    """
    if isinstance(value, str):
        return value.encode(errors="replace").decode().replace("\0", REPLACEMENT)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
