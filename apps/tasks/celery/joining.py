"""Whether a thread may wait for a result: inside of a task it would hold up what it waits for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.tasks.celery import request

WOULD_BLOCK = (
    "Never call result.get() within a task!\n"
    "See https://docs.celeryq.dev/en/latest/userguide/tasks.html#avoid-launching-synchronous-subtasks\n"
)

_may_block: ContextVar[bool | None] = ContextVar("may_block", default=None)


@contextmanager
def allow_join_result() -> Iterator[None]:
    """Waiting for results is allowed, also inside of a task."""
    token = _may_block.set(True)
    try:
        yield
    finally:
        _may_block.reset(token)


@contextmanager
def denied_join_result() -> Iterator[None]:
    """Waiting for results is an error."""
    token = _may_block.set(False)
    try:
        yield
    finally:
        _may_block.reset(token)


def assert_will_not_block() -> None:
    allowed = _may_block.get()
    if allowed is None:
        innermost = request.top()
        allowed = innermost is None or innermost[1].called_directly or innermost[1].is_eager
    if not allowed:
        raise RuntimeError(WOULD_BLOCK)
