"""What is read of files; each function is one query, or two."""

from datetime import datetime

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncHour

from apps.files.errors import NoSuchFileError
from apps.files.models import File

#: Uploads of a day are counted so far.
MOST_COUNTED = 100_000


def file_by_id(file_id: int) -> File:
    return _only(File.objects.filter(pk=file_id))


def file_exists(file_id: int) -> bool:
    return File.objects.filter(pk=file_id).exists()


def locked_names(file_id: int) -> File:
    """The file with its stored names alone, locked: its task may be giving it a thumbnail right now."""
    return _only(File.objects.filter(pk=file_id).select_for_update().only("file", "thumbnail"))


def listed_files(
    *, processed: bool | None = None, status: str | None = None, kind: str | None = None
) -> QuerySet[File]:
    """Files with all that a list shows: everything but `result`, which can be large. None: no filter."""
    wanted = {"processed": processed, "status": status, "kind": kind}
    return File.objects.defer("result").filter(**{key: value for key, value in wanted.items() if value is not None})


def known_names(names: list[str]) -> set[str]:
    """Which of these stored names belong to a file, as its bytes or as its thumbnail."""
    as_bytes = File.objects.filter(file__in=names).values_list("file")
    as_thumbnail = File.objects.filter(thumbnail__gt="", thumbnail__in=names).values_list("thumbnail")
    return {name for (name,) in as_bytes.union(as_thumbnail, all=True)}


def uploads_by_hour(since: datetime) -> dict[datetime, int]:
    """How many there were since then; looks at the latest rows only, so its cost does not grow."""
    newest = File.objects.aggregate(newest=Max("pk"))["newest"] or 0
    latest = File.objects.filter(pk__gt=newest - MOST_COUNTED, uploaded_at__gte=since).order_by()
    return dict(latest.annotate(hour=TruncHour("uploaded_at")).values_list("hour").annotate(number=Count("pk")))


def _only(files: QuerySet[File]) -> File:
    file = files.first()
    if file is None:
        raise NoSuchFileError
    return file
