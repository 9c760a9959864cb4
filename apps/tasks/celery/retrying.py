"""Celery's law of automatic retries: which errors, how often, after how long."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.tasks.retries import Stop, TryAgain
from apps.tasks.states import Status


@dataclass(frozen=True, kw_only=True)
class Autoretry:
    """Semantics of Celery 5.7's `autoretry_for` and its companions; delays in seconds, as there.

    An error that is not named ends the invocation as failed. Unlike Celery's there is no need to name the death of
    the worker process: that is not an error of the task, and it is always run again.
    """

    autoretry_for: tuple[type[BaseException], ...] = ()
    dont_autoretry_for: tuple[type[BaseException], ...] = ()
    max_retries: int | None = 3
    default_retry_delay: float = 180
    retry_backoff: bool | int = False
    retry_backoff_max: int = 600
    retry_jitter: bool = True

    def after(self, error: BaseException, retries: int) -> TryAgain | Stop:
        if isinstance(error, self.dont_autoretry_for) or not isinstance(error, self.autoretry_for):
            return Stop(Status.FAILED)
        if self.max_retries is not None and retries >= self.max_retries:
            return Stop(Status.DEAD)
        return TryAgain(int(self._delay_seconds(retries) * 1000))

    def _delay_seconds(self, retries: int) -> float:
        if not self.retry_backoff:
            return self.default_retry_delay
        factor = int(max(1.0, float(self.retry_backoff)))
        # The exponent is bounded, or a task that retries for ever would compute with huge numbers.
        seconds = min(self.retry_backoff_max, factor * 2 ** min(retries, 32))
        return random.randrange(seconds + 1) if self.retry_jitter else seconds  # noqa: S311 — jitter


OPTIONS = frozenset(Autoretry.__dataclass_fields__)


def autoretry_of(options: Mapping[str, Any]) -> Autoretry:
    chosen = {name: value for name, value in options.items() if name in OPTIONS}
    for name in ("autoretry_for", "dont_autoretry_for"):
        if name in chosen:
            chosen[name] = tuple(chosen[name])
    return Autoretry(**chosen)
