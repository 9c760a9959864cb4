"""Endings other than success: the domain hears of each once, in the transaction that makes it.

An ending has two halves. `ledger.give_up` and `leases.take_back` mark the row `ending`; `finish` turns it into its
last status and calls the task's `on_end` in the same transaction. When that fails the row stays `ending` and the
next look for what is due tries again, so an invocation is never given up without its domain knowing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dramatiq
from django.db import connection, transaction
from dramatiq.errors import DecodeError
from dramatiq.message import get_encoder

from apps.tasks import measures, origins
from apps.tasks.sql import statement
from apps.tasks.states import Status

logger = logging.getLogger(__name__)

#: Pause before an `on_end` that raised is called again.
RETRY_SECONDS = 30
#: So long an ending waits for a process that knows its task: the only one may be of a newer release.
STRANGERS_WAIT = "1 day"


@dataclass(frozen=True, kw_only=True)
class Call:
    """The rest of an ended invocation: how it was called, and its error as JSON."""

    queue: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    retries: int = 0
    result: str | None = None
    traceback: str = ""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What `on_end` is told: the invocation, the status it ends with, and why in one sentence.

    `call` has what the shim needs besides; an `on_end` of one's own has no use for it.
    """

    id: str
    actor: str
    args: list[Any]
    kwargs: dict[str, Any]
    status: str
    error: str
    call: Call = field(default_factory=Call, compare=False)


OnEnd = Callable[[Ended], None]


def finish(invocation_id: str) -> None:
    """End one invocation that is `ending`; does nothing when somebody else has, or is at it. What `on_end` raises is
    logged, SystemExit as well: it would end a thread that others rely on."""
    try:
        with transaction.atomic():
            ended = _end(invocation_id)
            on_end = ended and _on_end_of(ended.actor)
            if ended and on_end:
                on_end(ended)
        if ended:
            measures.pending.count(measures.INVOCATIONS, actor=ended.actor, outcome=ended.status)
    except (Exception, SystemExit):
        logger.exception("on_end failed", extra={"action": "on_end_failed", "invocation": invocation_id})
        _postpone(invocation_id)


def finish_due(limit: int = 100) -> int:
    """End what is `ending` and due; returns how many there were. A task that this process does not know may have an
    `on_end` that another one knows; it is ended without one when it has waited long for that, or at once when its
    sender has said what becomes of it if it is not known (`if_unknown`, see `consumer`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tasks_invocation WHERE status = 'ending' AND due_at <= now()"
            " AND (actor = ANY (%s) OR due_at <= now() - %s::interval OR strpos(payload, '\"if_unknown\"') > 0)"
            " ORDER BY due_at LIMIT %s",
            [list(dramatiq.get_broker().actors), STRANGERS_WAIT, limit],
        )
        due = [row[0] for row in cursor.fetchall()]
    for invocation_id in due:
        finish(invocation_id)
    return len(due)


def _end(invocation_id: str) -> Ended | None:
    with connection.cursor() as cursor:
        cursor.execute(statement("end"), {"id": invocation_id})
        row = cursor.fetchone()
    if row is None:
        return None
    actor, queue, payload, retries, status, error, result, traceback = row
    parts = _parts(payload)
    origins.take_up(invocation_id, parts["options"])
    call = Call(queue=queue, options=parts["options"], retries=retries, result=result, traceback=traceback)
    # What failed was logged where it was raised, by whoever knows whether it was expected; what was called off is what
    # somebody wanted.
    logger.log(
        logging.ERROR if status == Status.DEAD else logging.INFO,
        "invocation given up",
        extra={"action": f"invocation_{status}", "invocation": invocation_id, "task": actor, "reason": error},
    )
    return Ended(
        id=invocation_id,
        actor=actor,
        args=parts["args"],
        kwargs=parts["kwargs"],
        status=status,
        error=error,
        call=call,
    )


def _parts(payload: str) -> dict[str, Any]:
    """Of an invocation whose arguments cannot be read, `on_end` gets none."""
    try:
        parts = get_encoder().decode(payload.encode("utf-8"))
        return {name: parts[name] for name in ("args", "kwargs", "options")}
    except (DecodeError, KeyError, TypeError):
        return {"args": [], "kwargs": {}, "options": {}}


def _on_end_of(actor: str) -> OnEnd | None:
    known = dramatiq.get_broker().actors.get(actor)
    return known.options.get("on_end") if known else None


def _postpone(invocation_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tasks_invocation SET due_at = clock_timestamp() + %s * interval '1 second'"
            " WHERE id = %s AND status = 'ending'",
            [RETRY_SECONDS, invocation_id],
        )
