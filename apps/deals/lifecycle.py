"""Every step in the life of an import, each a conditional UPDATE on the state it leaves.

    (upload) → queued → importing → active → superseded
                            ↘ superseded (overtaken), failed

No row changed means that somebody else got there first: the caller has lost and does nothing more. Which import is
active is decided under one lock, by turn. So it is the same whichever import is ready first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Func, QuerySet, Value
from django.utils import timezone

from apps.deals.errors import AlreadyActiveError, NotKeptError, OtherImportError
from apps.deals.models import Import, Rows, Status

UNFINISHED = (Status.QUEUED, Status.IMPORTING)
#: Advisory lock of the database: whoever decides which import is active holds it until the end of the transaction.
SWITCH_LOCK = 7_305_091

Faults = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a good import has stored, and what it says."""

    rows: int
    encoding: str
    ignored_columns: Sequence[str]
    answer: str
    etag: str


def begin(import_id: int) -> Import | None:
    """Take an import into work; None where there is nothing to do.

    One already `importing` is taken too: the attempt that began it died or is tried again.
    """
    begun = Import.objects.filter(pk=import_id, status__in=UNFINISHED).update(
        status=Status.IMPORTING, started_at=timezone.now(), progress=0, rows=0
    )
    return Import.objects.filter(pk=import_id).first() if begun else None


def hold(import_id: int) -> None:
    """Say, until the end of the transaction, that somebody is reading this import; notes of progress go on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM deals_import WHERE id = %s FOR KEY SHARE", [import_id])


def finish(import_id: int, found: Found) -> None:
    """In the transaction that has stored the deals: make them the ones that are answered from.

    An import that has been overtaken ends as it would have if it had been in time: superseded. Raises
    OtherImportError when the import is no longer being imported; its deals must not be committed then.
    """
    _lock_switch()
    own = Import.objects.filter(pk=import_id, status=Status.IMPORTING)
    turn = own.values_list("turn", flat=True).first()
    if turn is None:
        raise OtherImportError
    overtaken = Import.objects.filter(status=Status.ACTIVE, turn__gt=turn).exists()
    if not overtaken:
        _supersede_active()
    ended = own.update(
        status=Status.SUPERSEDED if overtaken else Status.ACTIVE,
        rows_are=Rows.STORED,
        progress=100,
        finished_at=timezone.now(),
        source="",
        **vars(found),
    )
    if not ended:  # since its turn was read
        raise OtherImportError
    _retire()


def fail(import_id: int, faults: Faults, *, rows: int = 0, encoding: str = "") -> bool:
    """End an import with the reasons that its file gave."""
    importing = Import.objects.filter(pk=import_id, status=Status.IMPORTING)
    return _fail(importing, faults, rows=rows, encoding=encoding)


def give_up(import_id: int, *, invocation_id: str, code: str, detail: str) -> str:
    """End an import because its task was given up, perhaps before it began.

    Returns the stored name of its bytes, which nobody waits for any more; empty where there was nothing to end.
    """
    waiting = Import.objects.filter(pk=import_id, invocation_id=invocation_id, status__in=UNFINISHED)
    source = waiting.values_list("source", flat=True).first() or ""
    return source if _fail(waiting, [fault(code, detail)]) else ""


def fail_interrupted(age: timedelta) -> int:
    """End the imports of requests whose process died: nobody holds them. Returns how many.

    Those of tasks are run again by the task layer. A young one may be about to be held.
    """
    with transaction.atomic():
        abandoned = Import.objects.filter(
            status=Status.IMPORTING, invocation_id="", created_at__lt=timezone.now() - age
        ).select_for_update(skip_locked=True)
        ids = [found.pk for found in abandoned]
        detail = "the import was interrupted; nothing of it was stored"
        return _fail(Import.objects.filter(pk__in=ids), [fault("interrupted", detail)])


def make_active_again(import_id: int) -> None:
    """Answer from the last replaced import again. It gets a new turn, so an import accepted before is overtaken by it.

    Raises AlreadyActiveError; NotKeptError when its deals are not kept.
    """
    with transaction.atomic():
        _lock_switch()
        if Import.objects.filter(pk=import_id, status=Status.ACTIVE).exists():
            raise AlreadyActiveError
        own = Import.objects.filter(pk=import_id, status=Status.SUPERSEDED, rows_are=Rows.STORED)
        if not own.exists():
            raise NotKeptError
        _supersede_active()
        own.update(status=Status.ACTIVE, turn=Func(Value("deals_turn"), function="nextval"))
        _retire()


def note_removed(import_id: int) -> None:
    Import.objects.filter(pk=import_id, rows_are=Rows.LEAVING).update(rows_are=Rows.REMOVED)


def fault(code: str, detail: str) -> dict[str, Any]:
    """A fault of no particular line."""
    return {"line": None, "column": None, "value": None, "code": code, "detail": detail}


def _lock_switch() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SWITCH_LOCK])


def _supersede_active() -> None:
    Import.objects.filter(status=Status.ACTIVE).update(status=Status.SUPERSEDED)


def _retire() -> None:
    """Of the superseded imports the last one keeps its deals; those of the others leave."""
    replaced = Import.objects.filter(status=Status.SUPERSEDED, rows_are=Rows.STORED).order_by("-turn")
    leaving = list(replaced.values_list("pk", flat=True)[1:])
    Import.objects.filter(pk__in=leaving).update(rows_are=Rows.LEAVING)


def _fail(imports: QuerySet[Import], faults: Faults, **columns: Any) -> bool:
    failed = imports.update(status=Status.FAILED, errors=list(faults), finished_at=timezone.now(), source="", **columns)
    return bool(failed)
