"""The task: Celery's class, whose subclasses carry options and hooks, and whose objects are called and sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import dramatiq
from django.db import transaction

from apps.tasks import schedules
from apps.tasks.celery import current, eager, envelope, options, request, retrying, sending, telling
from apps.tasks.celery.einfo import ExceptionInfo
from apps.tasks.celery.exceptions import MaxRetriesExceededError, NotSupportedError, OperationalError, Retry
from apps.tasks.celery.request import Context
from apps.tasks.celery.result import AsyncResult, EagerResult
from apps.tasks.celery.signatures import Signature
from apps.tasks.endings import OnEnd

if TYPE_CHECKING:
    from apps.tasks.celery.app import Celery


class _App:
    """The app of a task: its own, or the current one."""

    def __get__(self, task: Any, owner: Any) -> "Celery":
        return current.app()


class Task:
    """There is one object of each task, shared by all threads: what belongs to a call is in `request`.

    Attributes (besides Celery's options, which see):
      run: the function. A subclass may define it as a method.
      head: checks arguments, see `heads`; None: they are not checked.
      bound: `run` has the task itself as its first argument.
      actor: Dramatiq's actor behind it, once Django is ready.
      on_end: told once, in the transaction that makes it, when a call ends otherwise than by success (ours).
      atomic: the function runs in one transaction with its completion (ours).
    """

    MaxRetriesExceededError = MaxRetriesExceededError
    OperationalError = OperationalError

    app: Any = _App()
    name: str = ""
    typing: bool | None = None
    max_retries: int | None = 3
    default_retry_delay: float = 180
    ignore_result: bool | None = None
    store_errors_even_if_ignored: bool | None = None
    trail: bool = True
    track_started: bool | None = None
    time_limit: float | None = None
    soft_time_limit: float | None = None
    expires: Any = None
    priority: int | None = None
    queue: str | None = None
    serializer: str | None = None
    acks_late: bool | None = None
    throws: Any = ()
    abstract = True
    head: Callable[..., None] | None = None
    bound: bool = False
    atomic: bool = False
    on_end: OnEnd | None = None
    actor: "dramatiq.Actor[..., Any]"

    #: Attribute → the setting that it is taken from where neither the task nor a base class has it.
    FROM_CONF: ClassVar[Mapping[str, str]] = {
        "ignore_result": "task_ignore_result",
        "store_errors_even_if_ignored": "task_store_errors_even_if_ignored",
        "track_started": "task_track_started",
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuses attributes that Celery gives a meaning and the shim does not, and misspelt options. Any other may be
        there."""
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        options.check_task(cls.name or cls.__name__, own, declared=own)
        options.check_attributes(
            cls.name or cls.__name__, {name: value for name, value in own.items() if not _is_inherited(name, cls)}
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function here and now; in a worker, from a `__call__` of one's own, within the running request."""
        called = request.top_of(self)
        if called is not None and not called.called_directly and not called.course.entered:
            called.course.entered = True
            return self.run(*args, **kwargs)
        with request.pushed(self, Context(args=args, kwargs=kwargs)):
            return self.run(*args, **kwargs)

    def run(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotImplementedError("Tasks must define the run method.")

    # -- sending --------------------------------------------------------------------------------------------

    def delay(self, *args: Any, **kwargs: Any) -> AsyncResult:
        """Send; the invocation exists exactly if the caller's transaction commits."""
        return self.apply_async(args, kwargs)

    def apply_async(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        task_id: str | None = None,
        producer: Any = None,
        link: Any = None,
        link_error: Any = None,
        shadow: str | None = None,
        **given: Any,
    ) -> AsyncResult:
        """Send with options: see `options.CALL_OPTIONS`.

        Raises TypeError when the arguments do not fit the function and for options that are not supported, EncodeError
        for what is no JSON, InvocationExistsError when `task_id` is alive.
        """
        if producer is not None:
            given["producer"] = producer
        options.check_call(self.name, given)
        if self.head is not None and self.typing is not False:
            self.head(*(args or ()), **(kwargs or {}))
        shadow = shadow or self.shadow_name(args, kwargs, given)
        known = {"task_id": task_id, "link": link, "link_error": link_error, "shadow": shadow, **given}
        chosen = {**self.own_options(given), **{name: value for name, value in known.items() if value is not None}}
        envelope.check_limits(
            chosen.get("time_limit") or self.time_limit, chosen.get("soft_time_limit") or self.soft_time_limit
        )
        if self.app.conf.task_always_eager and not schedules.is_ticking():
            return eager.apply_instead_of_sending(self, args, kwargs, chosen)
        return sending.send(self.name, args, kwargs, chosen)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Send after the commit. (`delay` itself is part of the transaction.)"""
        transaction.on_commit(partial(self.delay, *args, **kwargs))

    def apply_async_on_commit(self, *args: Any, **kwargs: Any) -> None:
        transaction.on_commit(partial(self.apply_async, *args, **kwargs))

    def apply(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        link: Any = None,
        link_error: Any = None,
        task_id: str | None = None,
        retries: int | None = None,
        throw: bool | None = None,
        **given: Any,
    ) -> EagerResult:
        """Run here and now, as a worker would; see `eager.apply`."""
        options.check_call(self.name, given)
        known = {"link": link, "link_error": link_error, "task_id": task_id, "retries": retries, **given}
        return eager.apply(self, args, kwargs, options=known, throw=throw)

    def own_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the task's attributes say of each call. One that is given None has no queue, priority or expiry."""
        own = {
            "queue": self.queue,
            "priority": self.priority,
            "expires": self.expires,
            "ignore_result": self.ignore_result,
            "store_errors": self.store_errors_even_if_ignored,
        }
        cleared = [name for name in ("queue", "priority", "expires") if name in given and given[name] is None]
        return {name: value for name, value in own.items() if value is not None and name not in cleared}

    # -- while it runs -----------------------------------------------------------------------------------------

    @property
    def request(self) -> Context:
        """The running call of this task in this thread; without one, that of a direct call."""
        return request.top_of(self) or Context()

    def push_request(self, *args: Any, **kwargs: Any) -> None:
        request.push(self, Context(*args, **kwargs))

    def pop_request(self) -> None:
        request.pop()

    def retry(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        exc: BaseException | None = None,
        throw: bool = True,
        eta: datetime | None = None,
        countdown: float | None = None,
        max_retries: int | None = None,
        **given: Any,
    ) -> Retry:
        """Have the running call tried again, in `countdown` seconds or at `eta`, else after `default_retry_delay`.

        Raises Retry (without `throw` returns it: whatever the function returns then, it is tried again). When the
        retries are used up raises `exc`, or MaxRetriesExceededError, in the function, which may catch it.
        """
        options.check_call(self.name, given)
        return retrying.retry(
            self,
            args=args,
            kwargs=kwargs,
            exc=exc,
            throw=throw,
            eta=eta,
            countdown=countdown,
            max_retries=max_retries,
            options=given,
        )

    def update_state(self, task_id: str | None = None, state: str | None = None, meta: Any = None) -> None:
        """Tell a state of the running call, with data: seen by AsyncResult at once, unless a transaction is open."""
        telling.tell(self, task_id=task_id, state=state, meta=meta)

    def replace(self, sig: Any) -> Any:
        raise NotSupportedError(f"Task.replace({sig!r}) is not supported: send it, and return its id.")

    def add_to_chord(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotSupportedError("Task.add_to_chord is not supported: there are no chords.")

    def send_event(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotSupportedError("Task.send_event is not supported: there are no events; write a row or log a line.")

    # -- hooks ------------------------------------------------------------------------------------------------

    def before_start(self, task_id: Any, args: Any, kwargs: Any) -> None:
        """Before the function; what it raises is the call's error."""

    def on_success(self, retval: Any, task_id: Any, args: Any, kwargs: Any) -> None:
        """The success is in the ledger."""

    def on_failure(self, exc: BaseException, task_id: Any, args: Any, kwargs: Any, einfo: ExceptionInfo) -> None:
        """The failure is in the ledger."""

    def on_retry(self, exc: BaseException, task_id: Any, args: Any, kwargs: Any, einfo: ExceptionInfo) -> None:
        """The next try is in the ledger."""

    def after_return(self, status: str, retval: Any, task_id: Any, args: Any, kwargs: Any, einfo: Any) -> None:
        """After the other hooks of a success or a failure."""

    def shadow_name(self, args: Any, kwargs: Any, given: Any) -> str | None:
        """Another name for the logs, of one call."""

    def has_own(self, method: str) -> bool:
        """Whether a method is not the one that every task has."""
        own = getattr(type(self), method, None)
        return method in vars(self) or own is not getattr(Task, method)

    # -- signatures ---------------------------------------------------------------------------------------------

    def signature(self, args: Any = None, *others: Any, **more: Any) -> Signature:
        return Signature(self, args, *others, **more)

    subtask = signature

    def s(self, *args: Any, **kwargs: Any) -> Signature:
        return self.signature(args, kwargs)

    def si(self, *args: Any, **kwargs: Any) -> Signature:
        """One that takes no more arguments."""
        return self.signature(args, kwargs, immutable=True)

    def chunks(self, *_args: Any) -> Any:
        raise NotSupportedError("Task.chunks is not supported: send a call for each part of the list.")

    def map(self, *_args: Any) -> Any:
        raise NotSupportedError("Task.map is not supported: send a call for each, or one that goes through the list.")

    def starmap(self, *_args: Any) -> Any:
        raise NotSupportedError(
            "Task.starmap is not supported: send a call for each, or one that goes through the list."
        )

    def AsyncResult(self, task_id: str, **kwargs: Any) -> AsyncResult:
        return AsyncResult(task_id, task_name=self.name, app=self.app, **kwargs)

    def bind_to_conf(self) -> None:
        """Take from the settings what neither the task nor a base class says."""
        for attribute, setting in self.FROM_CONF.items():
            if getattr(self, attribute) is None:
                setattr(self, attribute, self.app.conf[setting])

    def __reduce__(self) -> Any:
        return _task_named, (self.name,)

    def __repr__(self) -> str:
        return f"<@task: {self.name}>"


def _is_inherited(name: str, cls: type[Task]) -> bool:
    return any(name in vars(base) for base in cls.__mro__[1:])


def _task_named(name: str) -> Task:
    return current.app().tasks[name]
