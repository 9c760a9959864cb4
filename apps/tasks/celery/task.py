"""`shared_task` and the task it makes: Celery's calling conventions on an actor of ours."""

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, overload

import dramatiq
from django.utils import timezone

from apps.tasks.celery import retrying
from apps.tasks.celery.result import AsyncResult

#: Options that are the actor's own; the rest are `retrying.OPTIONS`.
ACTOR_OPTIONS = frozenset({"name", "queue", "priority", "atomic", "on_end"})


class Task:
    """A function that can be called here (`task(…)`) or by a worker (`task.delay(…)`). Immutable.

    Attributes:
      name: unique; `module.function` unless given.
      actor: the Dramatiq actor behind it.
    """

    def __init__(self, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.name: str = options.get("name") or f"{function.__module__}.{function.__name__}"
        self._signature = inspect.signature(function)
        self.actor: dramatiq.Actor[..., Any] = dramatiq.actor(
            actor_name=self.name,
            queue_name=options.get("queue", "default"),
            priority=options.get("priority", 0),
            retry_policy=retrying.autoretry_of(options),
            atomic=options.get("atomic", False),
            on_end=options.get("on_end"),
        )(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.actor(*args, **kwargs)

    def delay(self, *args: Any, **kwargs: Any) -> AsyncResult:
        """Send; the invocation exists exactly if the caller's transaction commits."""
        return self.apply_async(args, kwargs)

    def apply_async(
        self,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        countdown: float | None = None,
        eta: datetime | None = None,
        task_id: str | None = None,
    ) -> AsyncResult:
        """Send, not to be run before `eta` or in less than `countdown` seconds (which wins), at any horizon.

        Raises TypeError when the arguments do not fit the function, InvocationExistsError when `task_id` is alive.
        """
        message = self._message(args, dict(kwargs or {}), task_id)
        self.actor.broker.enqueue(message, delay=_delay_ms(countdown, eta))
        return AsyncResult(message.message_id)

    def _message(self, args: Sequence[Any], kwargs: dict[str, Any], task_id: str | None) -> "dramatiq.Message[Any]":
        try:
            self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}() {error}") from None
        message = self.actor.message_with_options(args=tuple(args), kwargs=kwargs)
        return message.copy(message_id=task_id) if task_id else message

    def __repr__(self) -> str:
        return f"<@task: {self.name}>"


@overload
def shared_task(function: Callable[..., Any], /) -> Task: ...
@overload
def shared_task(**options: Any) -> Callable[[Callable[..., Any]], Task]: ...


def shared_task(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a task, with or without options. Raises TypeError for an option that is not known here."""
    _refuse_unknown(options)
    if function is not None:
        return Task(function, options)
    return lambda decorated: Task(decorated, options)


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    known = sorted(ACTOR_OPTIONS | retrying.OPTIONS)
    for option in options:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known are: {', '.join(known)}."
            raise TypeError(f"shared_task() has no option {option!r}.{hint}")


def _delay_ms(countdown: float | None, eta: datetime | None) -> int:
    """Naive times are read in UTC, Celery's default time zone."""
    if countdown is not None:
        return int(countdown * 1000)
    if eta is None:
        return 0
    aware = timezone.make_aware(eta, UTC) if timezone.is_naive(eta) else eta
    return int((aware - timezone.now()).total_seconds() * 1000)
