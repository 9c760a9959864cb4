"""What a call answers: a handle on the invocation's row, which anybody can make who knows the id."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from apps.tasks import ledger
from apps.tasks.celery import current, joining, reading, states
from apps.tasks.celery.exceptions import NO_CANVAS, IncompleteStream, NotSupportedError, TimeoutError
from apps.tasks.celery.facts import Facts
from apps.tasks.celery.joining import allow_join_result, denied_join_result

if TYPE_CHECKING:
    from apps.tasks.celery.app import Celery

__all__ = [
    "AsyncResult",
    "EagerResult",
    "GroupResult",
    "ResultBase",
    "ResultSet",
    "allow_join_result",
    "denied_join_result",
    "result_from_tuple",
]

#: The first pause between two looks at the row; each is half as long again, up to `interval`.
FIRST_PAUSE_SECONDS = 0.005


class ResultBase:
    """What all results are."""

    parent: "ResultBase | None" = None

    def as_tuple(self) -> tuple[Any, Any]:
        """As it is written where a task returns one."""
        raise NotImplementedError


class AsyncResult(Facts, ResultBase):
    """A task by its id. An id that is not in the ledger is PENDING, as are those whose result is not kept."""

    TimeoutError = TimeoutError

    def __init__(
        self,
        id: str,
        backend: Any = None,  # noqa: ARG002 — Celery's signature
        task_name: str | None = None,
        app: "Celery | None" = None,
        parent: ResultBase | None = None,
    ) -> None:
        if id is None:
            raise ValueError(f"AsyncResult requires valid id, not {type(id)}")
        super().__init__(id, task_name)
        self.parent = parent
        self.ignored = False
        self._app = app

    @property
    def app(self) -> "Celery":
        return self._app or current.app()

    @property
    def task_id(self) -> str:
        return self.id

    @property
    def children(self) -> list["AsyncResult"] | None:
        """What the task has sent, once it has ended."""
        ids = self._get_task_meta()["children"]
        return None if ids is None else [AsyncResult(child, app=self._app) for child in ids]

    def get(
        self,
        timeout: float | None = None,
        propagate: bool = True,
        interval: float = 0.5,
        no_ack: bool = True,  # noqa: ARG002
        follow_parents: bool = True,
        callback: Callable[[str, Any], object] | None = None,
        on_message: Any = None,
        on_interval: Callable[[], object] | None = None,
        disable_sync_subtasks: bool = True,
    ) -> Any:
        """Wait for the end; returns the result, or raises the task's error (with `propagate`), or TimeoutError after
        `timeout` seconds. Raises RuntimeError inside of a task."""
        if on_message is not None:
            raise NotSupportedError("get() has no on_message: results are read, not sent; use on_interval.")
        if self.ignored:
            return None
        if disable_sync_subtasks:
            joining.assert_will_not_block()
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = FIRST_PAUSE_SECONDS
        while not self.ready():
            if follow_parents and propagate:
                self._raise_of_parents()
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError("The operation timed out.")
            if on_interval is not None:
                on_interval()
            left = pause if deadline is None else min(pause, max(0.0, deadline - time.monotonic()))
            time.sleep(left)
            pause = min(interval, pause * 1.5)
        return self.maybe_throw(propagate=propagate, callback=callback)

    wait = get

    def maybe_throw(
        self,
        propagate: bool = True,
        callback: Callable[[str, Any], object] | None = None,
    ) -> Any:
        """Raise the task's error, if it has ended with one; else return its result."""
        meta = self._get_task_meta()
        if propagate and meta["status"] in states.PROPAGATE_STATES and isinstance(meta["result"], BaseException):
            raise meta["result"]
        if callback is not None:
            callback(self.id, meta["result"])
        return meta["result"]

    maybe_reraise = maybe_throw

    def _raise_of_parents(self) -> None:
        node = self.parent
        while isinstance(node, AsyncResult):
            node.maybe_throw()
            node = node.parent

    def iterdeps(self, intermediate: bool = False) -> Iterator[tuple["AsyncResult | None", "AsyncResult"]]:
        """This result and those of what its task has sent, with the one that sent it."""
        waiting: deque[tuple[AsyncResult | None, AsyncResult]] = deque([(None, self)])
        while waiting:
            parent, node = waiting.popleft()
            yield parent, node
            if node.ready():
                waiting.extend((node, child) for child in node.children or [])
            elif not intermediate:
                raise IncompleteStream

    def collect(self, intermediate: bool = False, **options: Any) -> Iterator[tuple["AsyncResult", Any]]:
        for _, node in self.iterdeps(intermediate=intermediate):
            yield node, node.get(**options)

    def forget(self) -> None:
        """Drop the result of a task that has ended, and those of its parents: it reads as PENDING from then on."""
        self._cache = None
        if isinstance(self.parent, AsyncResult):
            self.parent.forget()
        ledger.forget(self.id, state=states.IGNORED)

    def revoke(
        self,
        connection: Any = None,
        terminate: bool = False,
        signal: str | None = None,
        wait: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Call the task off, if it has not started. See `control.Control.revoke`."""
        self.app.control.revoke(
            self.id, connection=connection, terminate=terminate, signal=signal, reply=wait, timeout=timeout
        )

    def as_tuple(self) -> tuple[Any, Any]:
        parent = self.parent
        return (self.id, parent.as_tuple() if isinstance(parent, AsyncResult) else None), None

    def as_list(self) -> list[str]:
        return [self.id, *(self.parent.as_list() if isinstance(self.parent, AsyncResult) else [])]

    __json__ = as_tuple

    def __str__(self) -> str:
        return str(self.id)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.id}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AsyncResult):
            return other.id == self.id
        return other == self.id if isinstance(other, str) else NotImplemented


class EagerResult(AsyncResult):
    """The result of a task that was run in place."""

    def __init__(self, id: str, ret_value: Any, state: str, traceback: Any = None, name: str | None = None) -> None:
        super().__init__(id, task_name=name)
        self._cache = {
            **reading.UNKNOWN,
            "status": state,
            "result": ret_value,
            "traceback": traceback,
            "name": name,
        }

    def ready(self) -> bool:
        return True

    def maybe_throw(
        self,
        propagate: bool = True,
        callback: Callable[[str, Any], object] | None = None,
    ) -> Any:
        """What was ignored, rejected or only to be tried again has no result, as in Celery."""
        ended = self.state in states.READY_STATES
        return super().maybe_throw(propagate=propagate, callback=callback) if ended else None

    def forget(self) -> None:
        """There is nothing kept of it."""

    def revoke(self, *_args: Any, **_options: Any) -> None:
        """It has run; it reads as REVOKED, as Celery's does."""
        self._cache = {**self._get_task_meta(), "status": states.REVOKED}

    def __repr__(self) -> str:
        return f"<EagerResult: {self.id}>"


class ResultSet(ResultBase):
    """The results of several tasks: refused, with the canvas."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise NotSupportedError(NO_CANVAS.format(type(self).__name__))


class GroupResult(ResultSet):
    """The results of a group: refused, with the canvas."""


def result_from_tuple(r: Any, app: "Celery | None" = None) -> Any:
    """The result that `as_tuple` has written; a result stays what it is."""
    if isinstance(r, ResultBase):
        return r
    written, members = r
    if members:
        raise NotSupportedError(NO_CANVAS.format("GroupResult"))
    task_id, parent = written if isinstance(written, list | tuple) else (written, None)
    return AsyncResult(task_id, app=app, parent=result_from_tuple(parent, app) if parent else None)
