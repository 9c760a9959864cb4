"""What follows the end of a task: `link` when it has succeeded, `link_error` when it has failed.

Both are sent in the transaction that ends the task, so they are sent exactly if it has ended so. Errbacks are sent by
`on_end`, which the task layer also calls for the death of a worker; what was revoked has none, as in Celery. Unlike
them, listeners of `task_failure` are told by whoever gives the task up: once, though an end may be tried again.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.tasks.celery import envelope, heads, registry, request, serialization, signals
from apps.tasks.celery.einfo import ExceptionInfo
from apps.tasks.celery.exceptions import WorkerLostError
from apps.tasks.celery.request import Context
from apps.tasks.celery.requests import context_of
from apps.tasks.celery.signatures import Signature
from apps.tasks.endings import Ended
from apps.tasks.states import Status

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task

logger = logging.getLogger(__name__)


def send_links(called: Context, result: Any) -> None:
    """Send what is linked to a success; the result comes before its own arguments."""
    for callback in called.callbacks or ():
        _send(Signature(callback), called, result)


def on_end_of(task: "Task") -> Callable[[Ended], None]:
    """What the task layer tells a shim task's end to: errbacks, listeners, then the task's own `on_end`."""

    def on_end(ended: Ended) -> None:
        called = context_of_ended(task, ended)
        error = called.course.raised or _error_of(ended)
        if ended.status == Status.CANCELLED:
            expired = error.args[:1] == ("expired",)
            _after_commit(
                lambda: signals.task_revoked.send(task, request=called, terminated=False, signum=None, expired=expired)
            )
        else:
            tell_errbacks(called, error, ended.call.traceback)
            if ended.call.result is None:  # no tracer has given it up, which would have told it
                _after_commit(lambda: tell_failure(task, called, error))
        if task.on_end is not None:
            task.on_end(revived(ended))

    return on_end


def tell_errbacks(called: Context, error: BaseException, traceback: str | None, *, in_place: bool = False) -> None:
    """A function that takes more than one argument is called here, with the request, the error and the traceback;
    another task is sent, with the id of the one that failed."""
    for call in called.errbacks or ():
        errback = Signature(call)
        if _is_called_here(errback):
            _call_here(errback, called, error, traceback)
        else:
            _send(errback, called, called.id, in_place=in_place)


def _send(call: Signature, called: Context, argument: Any, *, in_place: bool = False) -> None:
    send = call.apply if in_place else call.apply_async
    send((argument,), parent_id=called.id, root_id=called.root_id or called.id)


def tell_failure(task: "Task", called: Context, error: BaseException) -> None:
    signals.task_failure.send(
        task,
        task_id=called.id,
        exception=error,
        args=called.args,
        kwargs=called.kwargs,
        traceback=error.__traceback__,
        einfo=ExceptionInfo(error),
    )


def context_of_ended(task: "Task", ended: Ended) -> Context:
    """The request of a task that has ended: the running one, where it is this thread that ends it."""
    running = request.top_of(task)
    if running is not None and running.id == ended.id:
        return running
    return context_of(
        task,
        task_id=ended.id,
        queue=ended.call.queue,
        args=ended.args,
        kwargs=ended.kwargs,
        options=ended.call.options,
        retries=ended.call.retries,
    )


def revived(ended: Ended) -> Ended:
    """The same with the arguments as they were given."""
    if not envelope.of(ended.call.options).get("marked"):
        return ended
    known = {name: value for name, value in vars(ended).items() if name not in {"args", "kwargs"}}
    return Ended(args=serialization.revive(ended.args), kwargs=serialization.revive(ended.kwargs), **known)


def _error_of(ended: Ended) -> BaseException:
    data = serialization.loads(ended.call.result) if ended.call.result else None
    return serialization.data_to_error(data) or WorkerLostError(ended.error)


def _is_called_here(errback: Signature) -> bool:
    """Bound tasks count as functions of one argument, and so do those that this process does not know."""
    if errback.task not in registry.tasks:
        return False
    task = errback.type
    if task.bound or task.head is None:
        return False
    taken = 0 if errback.immutable else len(errback.args) + len(errback.kwargs)
    return heads.takes_more_than(task.head, 1 + taken)


def _call_here(errback: Signature, called: Context, error: BaseException, traceback: str | None) -> None:
    try:
        with transaction.atomic():
            errback(called, error, traceback)
    except Exception:
        logger.exception(
            "errback failed", extra={"action": "errback_failed", "task": errback.task, "invocation": called.id}
        )


def _after_commit(tell: Callable[[], object]) -> None:
    transaction.on_commit(tell, robust=True)
