"""Reads for those who watch: each statement is bounded, however many rows the ledger has."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.tasks import measures, timetable
from apps.tasks.sql import statement

#: Counting ends here: more than that is a backlog, whatever the number is.
MOST_COUNTED = 100_000
#: So many rows are looked at one by one, the latest first.
MOST_LOOKED_AT = 10_000
#: A schedule that is so late is not being sent.
LATE_SECONDS = 60


@dataclass(frozen=True)
class Waiting:
    """What may be started in a queue. `oldest_seconds` counts from when the oldest of it was due."""

    queue: str
    number: int
    oldest_seconds: float


@dataclass(frozen=True)
class Numbers:
    """How many invocations there are of a status; of `dead`, as many as the log still has."""

    scheduled: int
    running: int
    ending: int
    dead: int
    longest_running_seconds: float


@dataclass(frozen=True)
class Measured:
    """A row of what workers have measured, see `measures`."""

    measure: str
    labels: dict[str, str]
    bucket: str
    amount: float


def backlog() -> list[Waiting]:
    return [Waiting(*row) for row in _fetch(statement("backlog"), {"most": MOST_COUNTED})]


def numbers() -> Numbers:
    return Numbers(*_fetch(statement("numbers"), {"most": MOST_COUNTED})[0])


def measured() -> list[Measured]:
    """As many rows as there are actors, times what is measured of each."""
    rows = _fetch(
        "SELECT measure, labels, bucket, amount FROM tasks_measure WHERE measure <> %(hourly)s"
        " ORDER BY measure, labels",
        {"hourly": measures.HOURLY_EVENTS},
    )
    return [Measured(measure, json.loads(labels), bucket, amount) for measure, labels, bucket, amount in rows]


@dataclass(frozen=True)
class Ended:
    """An invocation that has ended, and how long its last attempt took."""

    id: str
    actor: str
    seconds: float


def given_up_since(since: datetime) -> list[tuple[datetime, str]]:
    """When, and how (failed, dead), of the latest that did not succeed."""
    latest = (
        "SELECT finished_at, status FROM tasks_invocation WHERE status = %(status)s AND finished_at >= %(since)s"
        " ORDER BY finished_at DESC LIMIT %(most)s"
    )
    return [row for status in ("failed", "dead") for row in _ended(latest, status=status, since=since)]


def slowest_of_the_latest() -> list[Ended]:
    """Among the last thousands that ended, by how long they ran."""
    latest = (
        "SELECT id, actor, extract(epoch FROM finished_at - started_at)::float8 AS seconds FROM tasks_invocation"
        " WHERE finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT %(most)s"
    )
    rows = _fetch(f"SELECT * FROM ({latest}) AS latest ORDER BY seconds DESC LIMIT 5", {"most": MOST_LOOKED_AT})  # noqa: S608 — constant
    return [Ended(*row) for row in rows]


def events_by_hour(tally: str) -> dict[str, int]:
    """Hours as `measures.HOUR` writes them."""
    rows = _fetch(
        "SELECT labels, amount FROM tasks_measure WHERE measure = %(measure)s", {"measure": measures.HOURLY_EVENTS}
    )
    found = [(json.loads(labels), amount) for labels, amount in rows]
    return {labels["hour"]: int(amount) for labels, amount in found if labels["tally"] == tally}


def _ended(sql: str, *, status: str, since: datetime) -> list[tuple[Any, ...]]:
    return _fetch(sql, {"status": status, "since": since, "most": MOST_LOOKED_AT})


def count_workers() -> int:
    """Worker processes that hold a lease."""
    return int(_fetch("SELECT count(*) FROM tasks_workerprocess", {})[0][0])


def count_late_schedules() -> int:
    """Schedules that are on, declared by a worker that was there lately, and overdue."""
    late = (
        "SELECT count(*) FROM tasks_schedule WHERE enabled AND declared_at >= %(oldest)s"
        " AND next_run_at < now() - %(seconds)s * interval '1 second'"
    )
    return int(_fetch(late, {"oldest": timetable.oldest_declared(), "seconds": LATE_SECONDS})[0][0])


def count_uncounted() -> int:
    """Counted events that are rows, as Redis was away, and not applied yet."""
    waiting = "SELECT 1 FROM tasks_tallyentry WHERE applied_at IS NULL LIMIT %(most)s"
    return int(_fetch(f"SELECT count(*) FROM ({waiting}) AS found", {"most": MOST_COUNTED})[0][0])  # noqa: S608 — constant


def _fetch(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
