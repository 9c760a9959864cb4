"""The background work of files: processing one, and sweeping up what crashes left behind.

Both are safe to run twice: a step of `process_file` is a conditional UPDATE that only one attempt can win.
"""

import logging
import resource
import time
from pathlib import Path

from django.core.files.base import ContentFile

from apps.common import orphans, storage
from apps.files import lifecycle, selectors
from apps.files.errors import Unprocessable
from apps.files.models import FILES, THUMBNAILS, File
from apps.files.processors import registry
from apps.files.processors.base import Context, Processed
from apps.tasks import runs, schedules
from apps.tasks.celery import shared_task
from apps.tasks.endings import Ended
from apps.tasks.errors import ClaimLostError

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 1.0
GIVEN_UP = "Processing stopped after repeated errors. The file is kept as it is; it can be processed again."
CANCELLED = "Processing was cancelled. The file is kept as it is; it can be processed again."


class AbandonedError(Exception):
    """The file was deleted while it was processed, or its processing has ended otherwise."""


def give_up(ended: Ended) -> None:
    """The task will not be tried again, so its file does not stay `queued` or `processing`.

    What went wrong is the operator's to read, in the invocation; the file's sentence is for people.
    """
    file_id = ended.args[0] if ended.args else ended.kwargs["file_id"]
    code, detail = ("cancelled", CANCELLED) if ended.status == "cancelled" else ("processing_failed", GIVEN_UP)
    lifecycle.give_up(file_id, invocation_id=ended.id, code=code, detail=detail)


@shared_task(name="files.process_file", autoretry_for=(Exception,), max_retries=3, retry_backoff=True, on_end=give_up)
def process_file(file_id: int) -> None:
    """Process one file. Its bytes are only read, and no transaction is open while the work lasts.

    1. Take it into work. 2. Let the kind's processor work. 3. Store the thumbnail, under a name of its own.
    4. In one transaction with the end of this invocation: write the outcome.
    """
    file = lifecycle.begin(file_id)
    if file is None:
        return
    try:
        processed = _work(file)
    except Unprocessable as error:
        with runs.completing():
            lifecycle.fail(file_id, code=error.code, detail=error.detail)
    except FileNotFoundError:
        if selectors.file_exists(file_id):
            raise
        logger.info("file deleted while it was processed", extra={"action": "file_abandoned", "file_id": file_id})
    except AbandonedError:
        logger.info("processing is no longer wanted", extra={"action": "file_abandoned", "file_id": file_id})
    else:
        _complete(file_id, processed)


def _complete(file_id: int, processed: Processed) -> None:
    """Steps 3 and 4. Where the outcome is not taken, as the file is gone or has ended, its thumbnail goes."""
    thumbnail = ""
    if processed.thumbnail:
        thumbnail = storage.keep(THUMBNAILS, ContentFile(processed.thumbnail))
    taken = False
    try:
        with runs.completing():
            taken = lifecycle.succeed(file_id, result=processed.result, thumbnail=thumbnail)
    except ClaimLostError:
        taken = False
        raise
    finally:
        # Not so when the COMMIT fails: the row may be written all the same. The sweep decides later.
        if not taken:
            storage.remove([thumbnail])


def _work(file: File) -> Processed:
    """The processor's outcome, with what the run cost."""
    wall, cpu = time.perf_counter(), time.thread_time()
    with storage.on_disk(file.stored_name) as path:
        processed = registry.process(file.kind, _context(file, path))
    cost = {
        "wall_ms": round((time.perf_counter() - wall) * 1000),
        "cpu_ms": round((time.thread_time() - cpu) * 1000),
        # The most this process ever held; files processed beside this one or before it are part of it.
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    return Processed(result={**processed.result, **cost}, thumbnail=processed.thumbnail)


def _context(file: File, path: Path) -> Context:
    return Context(
        path=path,
        name=file.name,
        declared=file.declared_type,
        content_type=file.content_type,
        size=file.size,
        report=Progress(file.pk),
    )


class Progress:
    """Writes a run's progress into its file, at most once a second, and ends the run of a deleted file."""

    def __init__(self, file_id: int) -> None:
        self.file_id = file_id
        self.written_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.written_at < PROGRESS_SECONDS:
            return
        self.written_at = now
        percent = min(99, 100 * done // max(total, 1))  # 100 is written with the outcome
        if not lifecycle.note_progress(self.file_id, percent):
            raise AbandonedError


@schedules.every(seconds=3600)
@shared_task(name="files.sweep_orphans")
def sweep_orphans() -> None:
    """Remove stored bytes that no row knows, and uploads that never ended, once they are an hour old."""
    stale = storage.remove_stale_uploads(orphans.AGE)
    if stale:
        logger.warning("broken uploads removed", extra={"action": "stale_uploads_removed", "count": stale})
    for folder in (FILES, THUMBNAILS):
        orphans.sweep(folder, selectors.known_names)
