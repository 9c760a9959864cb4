"""Makes the request of a call out of what the ledger has of it."""

import socket
from typing import TYPE_CHECKING, Any

from apps.tasks.celery import current, envelope, serialization
from apps.tasks.celery.request import Context
from apps.tasks.runs import Run

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task

HOSTNAME = socket.gethostname()


def context_of(
    task: "Task",
    *,
    task_id: str,
    queue: str,
    args: Any,
    kwargs: Any,
    options: dict[str, Any],
    retries: int,
    redelivered: bool = False,
) -> Context:
    """The request of a call that has a row."""
    known = envelope.of(options)
    if known.get("marked"):
        args, kwargs = serialization.revive(list(args)), serialization.revive(kwargs)
    return Context(
        {
            **(known.get("headers") or {}),
            "id": task_id,
            "task": task.name,
            "lang": "py",
            "args": list(args),
            "kwargs": kwargs,
            "retries": retries + int(known.get("retries", 0)),
            "root_id": known.get("root_id") or task_id,
            "parent_id": known.get("parent_id"),
            "shadow": known.get("shadow"),
            "eta": known.get("eta"),
            "expires": known.get("expires"),
            "timelimit": limits_of(task, known.get("timelimit")),
            "headers": known.get("headers"),
            "callbacks": known.get("link"),
            "errbacks": known.get("link_error"),
            "ignore_result": envelope.keeps_no_result(options, task),
            "correlation_id": task_id,
            "called_directly": False,
            "is_eager": False,
            "hostname": HOSTNAME,
            "delivery_info": {
                "exchange": "",
                "routing_key": queue,
                "priority": known.get("priority") or 0,
                "redelivered": redelivered,
            },
            "properties": {"correlation_id": task_id},
        }
    )


def context_of_run(task: "Task", run: Run) -> Context:
    message = run.message
    assert message is not None  # noqa: S101 — the Recorder's runs have one
    return context_of(
        task,
        task_id=run.claim.id,
        queue=message.queue_name,
        args=message.args,
        kwargs=message.kwargs,
        options=message.options,
        retries=run.retries,
        redelivered=run.claim.attempt > run.retries + 1,
    )


def limits_of(task: "Task", given: list[float | None] | None) -> list[float | None]:
    """Hard and soft limit in seconds, each the call's, else the task's, else the settings'."""
    conf = current.app().conf
    hard, soft = given or (None, None)
    return [
        hard or task.time_limit or conf.task_time_limit,
        soft or task.soft_time_limit or conf.task_soft_time_limit,
    ]
