"""The run: one attempt of an invocation, as the task's own code can see it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from dramatiq import Message
from dramatiq.message import get_encoder

from apps.tasks import ledger
from apps.tasks.errors import ClaimLostError
from apps.tasks.ledger import Claim, Success
from apps.tasks.outcomes import Outcome

#: A result is a fact about the invocation, kept in its row; files and tables belong elsewhere.
RESULT_MAX_BYTES = 1_048_576


@dataclass
class Run:
    """Mutable, owned by the thread that runs the task.

    Attributes:
      claim: the right to run, with the invocation's id.
      retries: tries made before this one that ended in an error.
      entered: the task's function has been entered, so that a nested direct call of it is an ordinary call.
      completing: a block of `completing()` is open.
      completed: its success is already in the ledger.
      result: what the function returned.
      message: what was claimed, in Dramatiq's words.
      outcome: how it ended, where that is not to be found out from what the function returned or raised.
      recorded: how it ended is already in the ledger.
      encode: how the result becomes JSON.
      follow: sends what follows the success, in the transaction that completes it.
    """

    claim: Claim
    retries: int
    entered: bool = False
    completing: bool = False
    completed: bool = False
    result: Any = None
    message: "Message[Any] | None" = None
    outcome: Outcome | None = None
    recorded: bool = False
    encode: Callable[[Any], str | None] = field(default_factory=lambda: encode_result)
    follow: Callable[[Any], None] | None = None

    def success(self) -> Success:
        """Raises what the encoder raises, and ValueError when the result is too large."""
        return Success(self.claim, self.encode(self.result))


_current: ContextVar[Run | None] = ContextVar("current_run", default=None)


def current() -> Run | None:
    """The run of this thread; None outside of a worker."""
    return _current.get()


def set_current(run: Run | None) -> None:
    """For the Recorder, around each message."""
    _current.set(run)


@contextmanager
def suspended() -> Iterator[None]:
    """The block is no part of the run that this thread is in."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def completing() -> Iterator[None]:
    """One transaction for a task's last writes and its success: both are committed or neither.

    Raises ClaimLostError, and rolls the block back, when this attempt was superseded meanwhile. A crash before the
    commit leaves no trace of the block; after it the invocation is never run again. Raises RuntimeError inside
    another transaction: that could be rolled back when the run already counts as completed, and nobody would ever end
    it. Outside of a worker, within another block of this, and in a run that is completed already, this is
    `transaction.atomic()`.
    """
    run = _current.get()
    if run is None or run.completing or run.completed:
        with transaction.atomic():
            yield
        return
    run.completing = True
    try:
        with transaction.atomic(durable=True):
            yield
            if run.follow is not None:
                run.follow(run.result)
            if not ledger.complete([run.success()]):
                raise ClaimLostError(f"{run.claim.id}, attempt {run.claim.attempt}")
    finally:
        run.completing = False
    run.completed = True


def encode_result(result: Any) -> str | None:
    """The result as it stands in the ledger. Raises what the encoder raises, and ValueError when it is too large."""
    if result is None:
        return None
    return bounded(get_encoder().encode(result).decode("utf-8"))


def bounded(encoded: str) -> str:
    """A result that the ledger takes. Raises ValueError for a larger one."""
    if len(encoded) > RESULT_MAX_BYTES:
        raise ValueError(
            f"the result has {len(encoded)} bytes, {RESULT_MAX_BYTES} are allowed: store it, return its id"
        )
    return encoded
