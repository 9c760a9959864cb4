"""The request: one call as the task's code sees it, and the stack of those that a thread is in.

Task objects are shared between threads, so nothing about a call is ever kept on them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from apps.tasks.celery.exceptions import Retry
    from apps.tasks.celery.task import Task


@dataclass
class Course:
    """How a call goes, for the shim alone.

    Attributes:
      exhausted: its retries are used up: the error that follows ends it as dead.
      decided: what `retry` has decided, once it has been called.
      entered: the task is being entered through a `__call__` of its own.
      raised: the error that it ends with.
    """

    exhausted: bool = False
    decided: "Retry | None" = None
    entered: bool = False
    raised: BaseException | None = None


class Context:
    """Celery's request: an attribute for each thing known of the call, None for the rest. Custom headers are
    attributes as well as entries of `headers`. Assigning to one changes this call only."""

    _NAMES: ClassVar[frozenset[str]]

    args: Any = None
    argsrepr: str | None = None
    called_directly: bool = True
    callbacks: Any = None
    chain: Any = None
    chord: Any = None
    correlation_id: str | None = None
    delivery_info: dict[str, Any] | None = None
    errbacks: Any = None
    eta: str | None = None
    expires: str | None = None
    group: str | None = None
    group_index: int | None = None
    headers: dict[str, Any] | None = None
    hostname: str | None = None
    id: str | None = None
    ignore_result: bool | None = False
    is_eager: bool = False
    kwargs: Any = None
    kwargsrepr: str | None = None
    lang: str | None = None
    logfile: str | None = None
    loglevel: int | None = None
    origin: str | None = None
    parent_id: str | None = None
    properties: dict[str, Any] | None = None
    reply_to: str | None = None
    replaced_task_nesting: int = 0
    retries: int = 0
    root_id: str | None = None
    shadow: str | None = None
    soft_time_limit: float | None = None
    stamped_headers: Any = None
    stamps: Any = None
    task: str | None = None
    taskset: str | None = None
    time_limit: float | None = None
    timelimit: Any = None
    utc: bool | None = None
    #: The limit that the last `retry` of this call named.
    override_max_retries: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.update(*args, **kwargs)
        if self.headers is None:
            self.headers = {name: value for name, value in vars(self).items() if name not in self._NAMES} or None

    def update(self, *args: Any, **kwargs: Any) -> None:
        """As `dict.update`."""
        given = dict(*args, **kwargs)
        vars(self).update(given)
        if "timelimit" in given:
            self.time_limit, self.soft_time_limit = given["timelimit"] or (None, None)

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)

    def clear(self) -> None:
        vars(self).clear()

    @property
    def children(self) -> list[Any]:
        """The results of what this call has sent so far."""
        found: list[Any] = vars(self).setdefault("_children", [])
        return found

    @property
    def course(self) -> Course:
        """No plain attribute, or a header of that name would be taken for it."""
        found: Course = vars(self).setdefault("_course", Course())
        return found

    def __repr__(self) -> str:
        return f"<Context: {vars(self)!r}>"


Context._NAMES = frozenset(vars(Context)) | {"_children", "_course"}

_Stack = tuple[tuple["Task", Context], ...]
_stack: ContextVar[_Stack] = ContextVar("requests", default=())


def push(task: "Task", request: Context) -> None:
    _stack.set((*_stack.get(), (task, request)))


def pop() -> None:
    _stack.set(_stack.get()[:-1])


@contextmanager
def pushed(task: "Task", request: Context) -> Iterator[Context]:
    push(task, request)
    try:
        yield request
    finally:
        pop()


def top() -> tuple["Task", Context] | None:
    """The innermost call of this thread."""
    stack = _stack.get()
    return stack[-1] if stack else None


def top_of(task: "Task") -> Context | None:
    """The innermost call of one task."""
    for known, request in reversed(_stack.get()):
        if known is task:
            return request
    return None


class CurrentTask:
    """The running task, as `current_task`: false where there is none."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get_current_object(), name)

    def _get_current_object(self) -> "Task | None":
        innermost = top()
        return innermost[0] if innermost else None

    def __bool__(self) -> bool:
        return top() is not None

    def __eq__(self, other: object) -> bool:
        return self._get_current_object() is other

    __hash__ = None  # type: ignore[assignment]  # what it stands for changes

    def __repr__(self) -> str:
        return repr(self._get_current_object())


current_task = CurrentTask()
