"""The watcher: one thread of a worker process that has tallies drained as soon as there is something to drain.

It sends the task that does it, under an id of the tally's own, so that there is one at a time. Should the task not come
to run, because all threads everywhere are busy with long tasks, or because the process that was at it has died, the
watcher drains by itself: drains take turns, and applying again what was applied changes nothing.
"""

import contextlib
import logging
import threading
import time
from typing import Any

import dramatiq
import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from apps.tasks import drain, tally
from apps.tasks.bell import redis_client
from apps.tasks.errors import InvocationExistsError

logger = logging.getLogger(__name__)

DRAIN_TASK = "tasks.drain_tally"
FIRST_ROWS = """
SELECT tally, min(id) FROM tasks_tallyentry WHERE applied_at IS NULL AND tally = ANY (%s) GROUP BY tally
"""


class Watcher:
    #: After something was found: events of so long are drained together, which costs less.
    PAUSE_SECONDS = 0.2
    #: What is there longer than this is drained here.
    LATE_SECONDS = 0.5
    #: Longest wait for an event, after which rows are looked for as well.
    IDLE_SECONDS = 4.0
    #: How often rows are looked for when there is no Redis to wait on.
    WITHOUT_REDIS_SECONDS = 1.0

    def __init__(self) -> None:
        self._client = redis_client(settings.REDIS_URL, timeout_seconds=self.IDLE_SECONDS + 1)
        self._closing = threading.Event()
        #: Tally → the oldest of what it has to drain, and since when (time.monotonic) that is so.
        self._oldest: dict[str, tuple[str, float]] = {}

    def start(self) -> None:
        """Nothing to watch, no thread."""
        if tally.tallies():
            threading.Thread(target=self._run, name="watcher", daemon=True).start()

    def close(self) -> None:
        """It may be waiting for Redis; it does nothing more in this process's last moments."""
        self._closing.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._look(self._wait())
            except (DatabaseError, InterfaceError, redis.RedisError) as error:
                logger.warning("tallies wait", extra={"action": "drain_postponed", "reason": str(error)})
                self._rest()
            except Exception:  # what a tally's own code raises must not end counting for all of them
                logger.exception("tallies wait", extra={"action": "drain_failed"})
                self._rest()
        connection.close()

    def _rest(self) -> None:
        connection.close()
        self._closing.wait(self.WITHOUT_REDIS_SECONDS)

    def _wait(self) -> dict[str, str]:
        """Until there is an event, or for a while; the first event of each tally that has one."""
        streams: dict[Any, Any] = {one.key: "0" for one in tally.tallies().values()}
        try:
            found: Any = self._client.xread(streams, count=1, block=int(self.IDLE_SECONDS * 1000))
        except redis.RedisError:
            self._closing.wait(self.WITHOUT_REDIS_SECONDS)
            return {}
        names = {one.key: name for name, one in tally.tallies().items()}
        return {names[key.decode()]: events[0][0].decode() for key, events in found or []}

    def _look(self, events: dict[str, str]) -> None:
        if self._closing.is_set():
            return
        waiting = _first_rows() | events
        self._oldest = {
            name: self._oldest[name] for name in waiting if self._oldest.get(name, ("",))[0] == waiting[name]
        }
        for name, first in waiting.items():
            _, since = self._oldest.setdefault(name, (first, time.monotonic()))
            if time.monotonic() - since > self.LATE_SECONDS:
                drain.drain(tally.tallies()[name])
            else:
                _send(name)
        if waiting:
            self._closing.wait(self.PAUSE_SECONDS)


def _first_rows() -> dict[str, str]:
    """The first row of each tally that has some to drain."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ROWS, [list(tally.tallies())])
        return {name: f"row {first}" for name, first in cursor.fetchall()}


def _send(name: str) -> None:
    """The task, unless it is on its way already."""
    broker = dramatiq.get_broker()
    message = broker.get_actor(DRAIN_TASK).message_with_options(args=(name,))
    with contextlib.suppress(InvocationExistsError):
        broker.enqueue(message.copy(message_id=f"{DRAIN_TASK}:{name}"))
