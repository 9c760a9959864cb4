"""Trying again, by Celery's rules: `self.retry`, `autoretry_for`, and how long to wait.

`retry` decides and raises; that it comes true is recorded when the exception arrives in the tracer. What a call's
`retry` has decided is kept in its request.
"""

import functools
import inspect
import random
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from apps.tasks.celery.exceptions import Ignore, Retry
from apps.tasks.celery.request import Context
from apps.tasks.celery.signatures import Signature
from apps.tasks.errors import ClaimLostError

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task

#: A task that retries for ever would compute with huge numbers.
LARGEST_EXPONENT = 64


def retry(
    task: "Task",
    *,
    args: Any,
    kwargs: Any,
    exc: BaseException | None,
    throw: bool,
    eta: datetime | None,
    countdown: float | None,
    max_retries: int | None,
    options: Mapping[str, Any],
) -> Retry:
    """Decide on another try of the running call. See `Task.retry`."""
    request = task.request
    if max_retries is not None:
        request.override_max_retries = max_retries
    most = task.max_retries if max_retries is None else max_retries
    if request.called_directly:
        _raise(exc or Retry("Task can be retried", None))
    if not eta and countdown is None:
        countdown = task.default_retry_delay
    args, kwargs = _merged_arguments(task.run, request, args, kwargs)
    times = {"countdown": countdown, "eta": eta, "retries": request.retries + 1}
    follows = signature_of(task, request, args, kwargs, {**options, **times})
    if most is not None and request.retries + 1 > most:
        request.course.exhausted = True
        if exc:
            _raise(exc)
        raise task.MaxRetriesExceededError(
            f"Can't retry {task.name}[{request.id}] args:{follows.args} kwargs:{follows.kwargs}",
            task_args=follows.args,
            task_kwargs=follows.kwargs,
        )
    decided = Retry(exc=exc, when=eta or countdown, is_eager=request.is_eager, sig=follows)
    request.course.decided = decided
    if throw:
        raise decided
    return decided


def signature_of(task: "Task", request: Context, args: Any, kwargs: Any, options: Mapping[str, Any]) -> Signature:
    """The running call again, with other arguments and options where they are given."""
    hard, soft = request.timelimit or (None, None)
    delivery = request.delivery_info or {}
    own = {
        "task_id": request.id,
        "root_id": request.root_id,
        "parent_id": request.parent_id,
        "shadow": request.shadow,
        "link": request.callbacks,
        "link_error": request.errbacks,
        "expires": request.expires,
        "time_limit": hard,
        "soft_time_limit": soft,
        "headers": request.headers,
        "ignore_result": request.ignore_result,
        "priority": delivery.get("priority"),
        "queue": delivery.get("routing_key"),
    }
    return task.signature(
        request.args if args is None else args,
        request.kwargs if kwargs is None else kwargs,
        {**{name: value for name, value in own.items() if value is not None}, **options},
    )


def add_autoretry(task: "Task") -> None:
    """Have `run` try again by itself, where the task says for which errors."""
    wanted = tuple(getattr(task, "autoretry_for", ()))
    if not wanted:
        return
    never = tuple(getattr(task, "dont_autoretry_for", ()))
    original: Callable[..., Any] = task.run

    @functools.wraps(original)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except (Ignore, Retry, ClaimLostError):
            raise
        except never:
            raise
        except wanted as error:
            raise task.retry(exc=error, **_autoretry_options(task)) from None

    # As Celery does, so that a `__call__` of one's own finds it.
    vars(task)["run"] = run


def _autoretry_options(task: "Task") -> dict[str, Any]:
    options = dict(getattr(task, "retry_kwargs", None) or {})
    request = task.request
    if backoff := float(getattr(task, "retry_backoff", False)):
        options["countdown"] = backoff_seconds(
            factor=int(max(1.0, backoff)),
            retries=request.retries,
            maximum=int(getattr(task, "retry_backoff_max", 600)),
            jitter=bool(getattr(task, "retry_jitter", True)),
        )
    if request.override_max_retries is not None:
        options["max_retries"] = request.override_max_retries
    return options


def backoff_seconds(*, factor: int, retries: int, maximum: int, jitter: bool) -> int:
    """Seconds before the next try: doubled with each, up to the maximum; with jitter anything from 0 to that."""
    seconds = max(0, min(maximum, factor * 2 ** min(retries, LARGEST_EXPONENT)))
    return random.randrange(seconds + 1) if jitter else seconds  # noqa: S311 — jitter


def _merged_arguments(run: Callable[..., Any], request: Context, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Where only one kind of arguments is given anew, the old ones of the other kind stay, but for those that would
    then be given twice."""
    if args is not None and kwargs is None and request.kwargs:
        return args, {name: value for name, value in request.kwargs.items() if name not in _first_names(run, len(args))}
    if kwargs is not None and args is None and request.args:
        return _with_new_keywords(run, request, dict(kwargs))
    return args, kwargs


def _first_names(run: Callable[..., Any], number: int) -> set[str]:
    parameters = inspect.signature(run).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return {p.name for p in positional[:number] if p.kind is p.POSITIONAL_OR_KEYWORD}


def _with_new_keywords(run: Callable[..., Any], request: Context, kwargs: dict[str, Any]) -> tuple[Any, Any]:
    signature = inspect.signature(run)
    try:
        bound = signature.bind_partial(*request.args)
    except TypeError:
        return None, kwargs  # the check at the call says what is wrong
    for name in list(kwargs):
        if name in bound.arguments and signature.parameters[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            bound.arguments[name] = kwargs.pop(name)
    return bound.args, {**bound.kwargs, **kwargs}


def _raise(error: BaseException) -> NoReturn:
    """Raise an error, with the one that is being handled as its cause if it is another."""
    handled = sys.exc_info()[1]
    if handled is None or handled is error:
        raise error
    raise error from handled
