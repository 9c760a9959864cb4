"""What follows an error: another try after a delay, or the end.

The options and their defaults are Dramatiq's (`max_retries`, `min_backoff`, `max_backoff`, `retry_when`, `throws`);
a task may bring a policy of its own instead (`retry_policy`), as the Celery shim does.
"""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dramatiq.common import compute_backoff
from dramatiq.errors import Retry
from dramatiq.middleware.retries import DEFAULT_MAX_BACKOFF, DEFAULT_MIN_BACKOFF

from apps.tasks.ledger import Claim
from apps.tasks.outcomes import AnotherTry, GivenUp, Outcome
from apps.tasks.states import Status

DEFAULT_MAX_RETRIES = 20


@dataclass(frozen=True)
class TryAgain:
    delay_ms: int


@dataclass(frozen=True)
class Stop:
    """`ends_as`: failed when the error is not to be retried at all, dead when the retries are used up."""

    ends_as: str


class RetryPolicy(Protocol):
    def after(self, error: BaseException, retries: int) -> TryAgain | Stop:
        """Decide, when `retries` tries after the first have been made already."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Exponential backoff with jitter, in milliseconds, as Dramatiq 2 computes it."""

    max_retries: int | None
    min_backoff_ms: int
    max_backoff_ms: int
    throws: tuple[type[BaseException], ...]
    retry_when: Callable[[int, BaseException], bool] | None

    def after(self, error: BaseException, retries: int) -> TryAgain | Stop:
        if isinstance(error, self.throws):
            return Stop(Status.FAILED)
        if self.retry_when is not None:
            if not self.retry_when(retries, error):
                return Stop(Status.FAILED)
        elif self.max_retries is not None and retries >= self.max_retries:
            return Stop(Status.DEAD)
        if isinstance(error, Retry) and error.delay is not None:
            return TryAgain(error.delay)
        _, delay_ms = compute_backoff(retries, factor=self.min_backoff_ms, max_backoff=self.max_backoff_ms)
        return TryAgain(int(delay_ms))


def backoff(options: Mapping[str, Any]) -> Backoff:
    """The policy that an actor's (and a message's) options describe."""
    throws = options.get("throws") or ()
    return Backoff(
        max_retries=options.get("max_retries", DEFAULT_MAX_RETRIES),
        min_backoff_ms=options.get("min_backoff", DEFAULT_MIN_BACKOFF),
        max_backoff_ms=min(options.get("max_backoff", DEFAULT_MAX_BACKOFF), DEFAULT_MAX_BACKOFF),
        throws=throws if isinstance(throws, tuple) else (throws,),
        retry_when=options.get("retry_when"),
    )


def outcome_of(claim: Claim, error: BaseException, policy: RetryPolicy, retries: int) -> Outcome:
    """What is recorded for an attempt that raised."""
    match policy.after(error, retries):
        case TryAgain(delay_ms):
            return AnotherTry(claim=claim, delay_ms=delay_ms, error=sentence_of(error), traceback=lines_of(error))
        case Stop(ends_as):
            return GivenUp(claim=claim, ends_as=ends_as, error=sentence_of(error), traceback=lines_of(error))


def sentence_of(error: BaseException) -> str:
    """Also of an error that cannot be printed."""
    said = "".join(traceback.format_exception_only(error)).strip()
    return said.removeprefix(f"{type(error).__module__}.")


def lines_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=-30))
