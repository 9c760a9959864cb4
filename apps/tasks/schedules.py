"""Tasks that are sent by themselves, once a period, however many workers run.

The id of an invocation names its period (`name@number of the period since 1970`), so of all the processes that want to
send it one inserts the row and the others find it there. Periods that passed while nothing ran are not made up for.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from apps.tasks.errors import InvocationExistsError

logger = logging.getLogger(__name__)


class Schedulable(Protocol):
    """What a period can be declared for: the shim's tasks."""

    name: str

    def send_once(self, invocation_id: str) -> None:
        """Send under this id, or raise InvocationExistsError if it was ever used."""


#: Task → its period in seconds, filled while the tasks' modules are imported.
_periods: dict[str, tuple[Schedulable, int]] = {}
#: Task → the period it was last sent in, as far as this process knows.
_last_sent: dict[str, int] = {}


def every(*, seconds: int) -> Callable[[Any], Any]:
    """Declare that a task without arguments is sent once in so many seconds: `every(seconds=3600)(task)`."""

    def declare(task: Schedulable) -> Schedulable:
        _periods[task.name] = (task, seconds)
        return task

    return declare


def tick(now: float | None = None) -> None:
    """Send what has not been sent in the current period. No statement as long as no period begins."""
    moment = time.time() if now is None else now
    for name, (task, seconds) in _periods.items():
        period = int(moment // seconds)
        if _last_sent.get(name) == period:
            continue
        try:
            task.send_once(f"{name}@{period}")
        except InvocationExistsError:
            logger.debug("sent by another worker", extra={"action": "tick_taken", "task": name})
        _last_sent[name] = period
