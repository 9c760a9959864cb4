"""Writing: importing deals now or later, and going back to the last replaced import."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.common import storage
from apps.deals import lifecycle, selectors, tasks
from apps.deals.errors import FaultyDealsError
from apps.deals.models import Import, Status
from apps.deals.processors import importing


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file of deals as it was sent. `content` is read once; `charset` is what the client declared."""

    content: Any
    size: int
    name: str = ""
    charset: str = ""
    who: str = ""


def import_now(upload: Upload) -> Import:
    """Import before the answer. Raises FaultyDealsError; the import is recorded then too.

    Its row comes first, in a transaction of its own: with it the import takes its turn.
    """
    import_ = _accepted(upload, status=Status.IMPORTING, started_at=timezone.now())
    import_.save(force_insert=True)
    try:
        importing.import_deals(import_, upload.content)
    except Exception:
        lifecycle.fail(import_.pk, [lifecycle.fault("interrupted", "the import was interrupted")])
        raise
    ended = selectors.import_by_id(import_.pk)
    if ended.status == Status.FAILED:
        raise FaultyDealsError(ended.errors, import_id=ended.pk)
    tasks.send_removal()
    return ended


def import_later(upload: Upload) -> Import:
    """Keep the file and have it imported by a task, at once or whenever a worker is there."""
    import_ = _accepted(upload, status=Status.QUEUED, invocation_id=str(uuid4()))
    with storage.kept_with_row(tasks.SOURCES, upload.content) as name:
        import_.source = name
        import_.save(force_insert=True)
        tasks.import_stored.apply_async(args=(import_.pk,), task_id=import_.invocation_id)
    return import_


def make_active_again(import_id: int) -> None:
    """Answer from the last replaced import again. Raises AlreadyActiveError, NotKeptError."""
    lifecycle.make_active_again(import_id)
    tasks.send_removal()


def _accepted(upload: Upload, **columns: Any) -> Import:
    return Import(
        name=upload.name[:255],
        size=upload.size,
        charset=upload.charset,
        who=upload.who[:150],
        **columns,
    )
