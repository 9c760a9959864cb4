"""What the row of an invocation says, in the words of Celery's result backends."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from apps.tasks import ledger
from apps.tasks.celery import current, envelope, registry, serialization, states
from apps.tasks.celery.exceptions import WorkerLostError
from apps.tasks.states import Status

#: The ledger's ends in Celery's words. Before its end a task is PENDING, or what it says of itself.
ENDS = {
    Status.SUCCEEDED: states.SUCCESS,
    Status.FAILED: states.FAILURE,
    Status.DEAD: states.FAILURE,
    Status.CANCELLED: states.REVOKED,
}

#: What is known of an id that is not in the ledger.
UNKNOWN: dict[str, Any] = {
    "status": states.PENDING,
    "result": None,
    "traceback": None,
    "children": None,
    "date_done": None,
    "name": None,
    "args": None,
    "kwargs": None,
    "worker": None,
    "retries": None,
    "queue": None,
}


def read_meta(task_id: str) -> dict[str, Any]:
    """What is known of an id, as Celery's backends answer it."""
    row = ledger.read(str(task_id))
    if row is None or _expired(row):
        return {**UNKNOWN, "task_id": task_id}
    parts = _parts(row.payload)
    state, result = _state_and_result(row, parts["options"])
    return {
        "task_id": task_id,
        "status": state,
        "result": result,
        "traceback": row.traceback or None if state in states.EXCEPTION_STATES else None,
        "children": _children(row, state),
        "date_done": row.finished_at,
        "name": row.actor,
        "args": parts["args"],
        "kwargs": parts["kwargs"],
        "worker": row.worker or None,
        "retries": row.retries,
        "queue": row.queue,
    }


def _parts(payload: str) -> dict[str, Any]:
    """Arguments and options; none of a payload that cannot be read."""
    try:
        found: dict[str, Any] = serialization.loads(payload)
    except ValueError:
        return {"args": [], "kwargs": {}, "options": {}}
    return found


def _expired(row: ledger.Reading) -> bool:
    """Results are told for `result_expires` after the end; the row itself is kept longer, for people."""
    seconds = current.app().conf.result_seconds
    if seconds is None or row.finished_at is None:
        return False
    return (timezone.now() - row.finished_at).total_seconds() > seconds


def _state_and_result(row: ledger.Reading, options: Mapping[str, Any]) -> tuple[str, Any]:
    """In Celery's words. An ending is decided, although its domain has still to be told."""
    status = Status(row.ends_as if row.status == Status.ENDING else row.status)
    task = registry.tasks.get(row.actor)
    hidden, errors_shown = envelope.keeps_no_result(options, task), envelope.keeps_errors(options, task)
    if status not in ENDS:
        return _before_the_end(row, shown=errors_shown or not hidden)
    state = row.state or ENDS[status]
    hidden = hidden and not (state == states.FAILURE and errors_shown)
    if state == states.IGNORED or (hidden and not row.state):
        return states.PENDING, None
    if row.state:
        return row.state, _value(row.state, row.meta)
    if status is not Status.SUCCEEDED and row.result is None:
        return state, WorkerLostError(row.error)
    return state, _value(state, row.result)


def _before_the_end(row: ledger.Reading, *, shown: bool) -> tuple[str, Any]:
    if row.state:
        return row.state, _value(row.state, row.meta)
    if row.retries and shown:
        return states.RETRY, _value(states.RETRY, row.result)
    return states.PENDING, None


def _value(state: str, text: str | None) -> Any:
    value = serialization.loads(text) if text else None
    return serialization.data_to_error(value) if state in states.EXCEPTION_STATES else value


def _children(row: ledger.Reading, state: str) -> list[str] | None:
    if state not in states.READY_STATES:
        return None
    return serialization.loads(row.children) if row.children else []
