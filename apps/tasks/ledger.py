"""Every write to the ledger of invocations, on the calling thread's Django connection.

The rule: a step of an invocation's life is one conditional UPDATE on the state it expects. No row changed means that
somebody else got there first; the caller then leaves the invocation alone. The statements are in `sql/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from apps.tasks.errors import InvocationExistsError
from apps.tasks.sql import statement
from apps.tasks.states import Status

#: Errors and tracebacks beyond this are cut: the ledger is a log, not an archive.
ERROR_MAX_CHARS = 2_000
TRACEBACK_MAX_CHARS = 20_000
#: Sent with a statement that takes rows inside a transaction, at no cost of its own: a process that is paused between
#: that and its commit loses its session, and so its hold on the rows, by the time it is taken for dead.
LET_GO_WHEN_PAUSED = "SET LOCAL idle_in_transaction_session_timeout = '5s';\n"


@dataclass(frozen=True)
class Claim:
    """The right to run an invocation and to write its end: good until the row's attempt or worker changes."""

    id: str
    attempt: int
    worker: str


@dataclass(frozen=True, kw_only=True)
class ClaimedRow:
    """What a worker needs to run an invocation; it reads nothing else."""

    claim: Claim
    actor: str
    payload: str
    retries: int
    place: "Place"
    created_at_ms: int


class Place(NamedTuple):
    """Where a row stands in its queue; smaller is claimed earlier."""

    priority: int
    due_at: datetime | str


#: Before everything else.
FRONT = Place(-32_768, "-infinity")


@dataclass(frozen=True)
class Success:
    """A claim whose task returned, with its result as JSON or None."""

    claim: Claim
    result: str | None


@dataclass(frozen=True, kw_only=True)
class NextCall:
    """How the next attempt differs from this one; None: not at all."""

    payload: str | None = None
    queue: str | None = None
    priority: int | None = None


SAME_CALL = NextCall()


class Reading(NamedTuple):
    """An invocation's row, as `read` finds it; see `models.Invocation`."""

    status: str
    ends_as: str
    actor: str
    queue: str
    payload: str
    worker: str
    retries: int
    result: str | None
    state: str | None
    meta: str | None
    children: str | None
    error: str
    traceback: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewInvocation:
    """What a sender writes; `delay_ms` counts from the insert, by the database's clock."""

    id: str
    queue: str
    actor: str
    payload: str
    priority: int
    delay_ms: int = 0


def insert(new: NewInvocation, *, reuse: bool = True) -> None:
    """Write a new invocation in the caller's transaction: one statement.

    Raises InvocationExistsError when its id is alive (or, without `reuse`, was ever used).
    """
    if _fetch_one("insert", {**vars(new), "reuse": reuse}) is None:
        raise InvocationExistsError(new.id)


def claim(*, queue: str, worker: str, limit: int, suspects: bool, floor: Place = FRONT) -> list[ClaimedRow]:
    """Claim up to `limit` invocations that stand at `floor` or behind it, most urgent first: one statement and one
    transaction for the batch."""
    parameters = {
        "queue": queue,
        "worker": worker,
        "limit": limit,
        "suspects": suspects,
        "floor_priority": floor.priority,
        "floor_due_at": floor.due_at,
    }
    rows = [
        ClaimedRow(
            claim=Claim(id_, attempt, worker),
            actor=actor,
            payload=payload,
            retries=retries,
            place=Place(priority, due_at),
            created_at_ms=created_at_ms,
        )
        for id_, actor, payload, attempt, retries, priority, due_at, created_at_ms in _fetch_all("claim", parameters)
    ]
    return sorted(rows, key=lambda row: row.place)


def promote(queue: str) -> tuple[int, float | None]:
    """Queue what is due; returns how many, and the seconds until the next one is (None: there is none)."""
    row = _fetch_one("promote", {"queue": queue})
    assert row is not None  # noqa: S101 — the statement always answers one row
    return row[0], row[1]


def complete(successes: Sequence[Success]) -> set[str]:
    """Record successes of one worker; returns the ids that were still its own to end."""
    return {
        row[0]
        for row in _fenced(
            "complete",
            {
                **_fences([s.claim for s in successes], successes[0].claim.worker),
                "results": [s.result for s in successes],
            },
        )
    }


def retry(
    held: Claim,
    *,
    delay_ms: int,
    error: str,
    traceback: str,
    result: str | None = None,
    next_call: NextCall = SAME_CALL,
) -> set[str]:
    """Queue or schedule the next attempt; returns its queue, or nothing when the claim was lost."""
    parameters = {**vars(held), **vars(next_call), "delay_ms": delay_ms, "result": result, **_cut(error, traceback)}
    return {row[0] for row in _fenced("retry", parameters)}


def hand_back(held: Sequence[Claim]) -> set[str]:
    """Return claims of one worker unused; returns the queues that have work again."""
    return {row[0] for row in _fenced("hand_back", _fences(held, held[0].worker))}


def hand_back_all_but(worker: str, held: Sequence[Claim]) -> set[str]:
    """Return what a worker has claimed without knowing it (the answer to its claim got lost); returns the queues."""
    return {row[0] for row in _fetch_all("hand_back_unknown", _fences(held, worker))}


def give_up(held: Claim, *, ends_as: str, error: str, traceback: str, result: str | None = None) -> bool:
    """Begin an ending other than success; False when the claim was lost. `endings.finish` does the rest."""
    parameters = {**vars(held), "ends_as": ends_as, "result": result, **_cut(error, traceback)}
    return bool(_fenced("give_up", parameters))


def cancel(ids: Sequence[str], *, error: str, result: str | None, held: bool) -> set[str]:
    """Begin the ending of what has not started, in the caller's transaction; returns the ids that it found so.

    With `held`, what a worker holds is marked: if it has not started it will not, and if it has it is not tried again.
    """
    parameters = {"ids": list(ids), "error": error, "result": result, "held": held}
    return {id_ for id_, status in _fetch_all("cancel", parameters) if status == Status.ENDING}


def is_called_off(held: Claim) -> bool:
    """Whether `cancel` has marked what this claim is for."""
    return _fetch_one("called_off", vars(held)) is not None


def say(held: Claim, *, state: str | None = None, meta: str | None = None, children: str | None = None) -> bool:
    """Keep what a running task says of itself; False when the claim was lost."""
    return bool(_fenced("say", {**vars(held), "state": state, "meta": meta, "children": children}))


def ignore(held: Claim, *, state: str) -> bool:
    """Record an end that is not told; `state` is kept if the task has told none. False when the claim was lost."""
    return bool(_fenced("ignore", {**vars(held), "state": state}))


def read(invocation_id: str) -> Reading | None:
    """What is known of an invocation; None of an id that is not in the ledger."""
    row = _fetch_one("read", {"id": invocation_id})
    return Reading(*row) if row else None


def forget(invocation_id: str, *, state: str) -> None:
    """Drop what an ended invocation returned or raised; `state` stays as the reason."""
    with connection.cursor() as cursor:
        cursor.execute(statement("forget"), {"id": invocation_id, "state": state})


def queues_in_use() -> set[str]:
    """Where something waits, now or for its time."""
    return {row[0] for row in _fetch_all("queues", {})}


def take_back(worker: str, *, died: bool, reason: str, most_deaths: int) -> list[tuple[str, str]]:
    """Take back what a worker was running, in the transaction that ends its lease; returns (queue, new status) of
    each."""
    return _fetch_all("take_back", {"worker": worker, "died": int(died), "reason": reason, "most_deaths": most_deaths})


def prune(*, days: int, limit: int) -> int:
    """Delete up to `limit` invocations that ended more than `days` days ago; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(statement("prune"), {"days": days, "limit": limit})
        return int(cursor.rowcount)


def _fences(held: Sequence[Claim], worker: str) -> dict[str, Any]:
    """Claims of one worker as the arrays that the batch statements join with."""
    return {"ids": [c.id for c in held], "attempts": [c.attempt for c in held], "worker": worker}


def _cut(error: str, traceback: str) -> dict[str, str]:
    """Bounded, and free of what PostgreSQL's text cannot hold: NUL and lone surrogates."""
    return {
        "error": storable(error)[:ERROR_MAX_CHARS],
        "traceback": storable(traceback)[-TRACEBACK_MAX_CHARS:],
    }


def storable(text: str) -> str:
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def let_go_when_paused() -> None:
    """For a transaction that holds rows while it runs code that is not the ledger's."""
    with connection.cursor() as cursor:
        cursor.execute(LET_GO_WHEN_PAUSED)


def _fenced(name: str, parameters: dict[str, Any]) -> list[Any]:
    """For the statements with a fence. Alone they commit at once; in a transaction rows must not be held for long."""
    prefix = LET_GO_WHEN_PAUSED if connection.in_atomic_block else ""
    with connection.cursor() as cursor:
        cursor.execute(prefix + statement(name), parameters)
        return list(cursor.fetchall())


def _fetch_all(name: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        return list(cursor.fetchall())


def _fetch_one(name: str, parameters: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        return cursor.fetchone()
