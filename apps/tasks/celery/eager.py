"""Calls in place: `apply`, and `apply_async` while `task_always_eager` is set. There is no row and no worker."""

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from apps.tasks.celery import current, joining, request, serialization, signatures, states
from apps.tasks.celery.exceptions import Retry
from apps.tasks.celery.recording import NoBook
from apps.tasks.celery.request import Context
from apps.tasks.celery.result import EagerResult
from apps.tasks.celery.tracer import Trace

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task


def apply_instead_of_sending(task: "Task", args: Any, kwargs: Any, options: Mapping[str, Any]) -> EagerResult:
    """As it would arrive in a worker: the arguments are written and read again, which also refuses what is no JSON."""
    args, kwargs = serialization.loads(serialization.dumps([args or (), kwargs or {}]))
    with joining.denied_join_result():
        return apply(task, args, kwargs, options=options)


def apply(
    task: "Task", args: Any, kwargs: Any, *, options: Mapping[str, Any], throw: bool | None = None
) -> EagerResult:
    """Run here and now, whatever the options say of when and where. Tries again at once, as often as it may.

    The task's error is in the result; with `throw` (default: the setting task_eager_propagates) it is raised.
    """
    propagate = bool(current.app().conf.task_eager_propagates if throw is None else throw)
    called = _context(task, list(args or ()), dict(kwargs or {}), options)
    trace = Trace(task=task, called=called, book=NoBook(task, called), propagate=propagate)
    trace.run()
    if isinstance(trace.retval, Retry) and trace.retval.sig is not None:
        again = trace.retval.sig
        return apply(task, again.args, again.kwargs, options={**again.options, "retries": called.retries + 1})
    state = trace.state or states.SUCCESS
    return EagerResult(called.id or "", trace.retval, state, traceback=_text(trace), name=task.name)


def _context(task: "Task", args: list[Any], kwargs: dict[str, Any], options: Mapping[str, Any]) -> Context:
    task_id = options.get("task_id") or str(uuid4())
    innermost = request.top()
    parent = innermost[1] if innermost else None
    limits = [options.get("time_limit") or task.time_limit, options.get("soft_time_limit") or task.soft_time_limit]
    headers = dict(options.get("headers") or {})
    return Context(
        {
            **headers,
            "id": task_id,
            "task": task.name,
            "args": args,
            "kwargs": kwargs,
            "parent_id": parent.id if parent else None,
            "root_id": (parent.root_id if parent else None) or task_id,
            "retries": options.get("retries") or 0,
            "is_eager": True,
            "called_directly": False,
            "hostname": socket.gethostname(),
            "callbacks": signatures.as_data(options.get("link")),
            "errbacks": signatures.as_data(options.get("link_error")),
            "headers": headers or None,
            "shadow": options.get("shadow"),
            "timelimit": limits if any(limits) else None,
            "ignore_result": bool(options.get("ignore_result", task.ignore_result)),
            "delivery_info": {
                "is_eager": True,
                "exchange": None,
                "routing_key": options.get("queue"),
                "priority": options.get("priority"),
            },
        }
    )


def _text(trace: Trace) -> str | None:
    return trace.einfo.traceback if trace.einfo else None
