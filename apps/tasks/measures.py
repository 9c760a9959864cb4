"""What is measured where tasks run, and how it gets to whoever asks for it.

A process adds up in memory; `flush` adds that to the rows of `tasks_measure`, one statement for everything. So the web
processes can tell what all workers of all machines have done, and a worker needs no port of its own. What a killed
process had not written yet, a few seconds of counting, is lost: figures to look at, nothing is decided by them.
"""

import json
import logging
import os
import threading
from bisect import bisect_left
from collections import defaultdict
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError, connection

from apps.tasks.sql import statement

logger = logging.getLogger(__name__)

INVOCATIONS = "invocations"
ATTEMPT_SECONDS = "attempt_seconds"
WAIT_SECONDS = "wait_seconds"
TAKEN_BACK = "taken_back"
EXPIRED_LEASES = "expired_leases"
LOST_LEASES = "lost_leases"
EVENTS = "events"
#: The same by the hour in which they were applied, for a look at the last day.
HOURLY_EVENTS = "hourly_events"

#: Upper ends of a histogram's buckets. Beside them it has what lies above (+Inf) and the sum of all.
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
BUCKET_NAMES = (*(str(end) for end in BUCKETS), "+Inf")
SUM = "sum"
#: The bucket of what is no histogram.
PLAIN = ""

#: How an hour is written in a label.
HOUR = "%Y-%m-%dT%H"

#: measure, labels in the order of their names, bucket
Series = tuple[str, tuple[tuple[str, str], ...], str]


class Pending:
    """What this process has measured since it last wrote. Thread-safe."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._values: defaultdict[Series, float] = defaultdict(float)
        #: Set while there is something to be written.
        self.wanted = threading.Event()

    def count(self, measure: str, amount: float = 1, **labels: str) -> None:
        self._add({(measure, tuple(sorted(labels.items())), PLAIN): amount})

    def observe(self, measure: str, seconds: float, **labels: str) -> None:
        pairs = tuple(sorted(labels.items()))
        bucket = BUCKET_NAMES[bisect_left(BUCKETS, seconds)]
        self._add({(measure, pairs, bucket): 1, (measure, pairs, SUM): seconds})

    def take(self) -> dict[Series, float]:
        with self._lock:
            taken, self._values = self._values, defaultdict(float)
            self.wanted.clear()
        return taken

    def give_back(self, values: dict[Series, float]) -> None:
        """It could not be written: the next time, then."""
        self._add(values)

    def _add(self, values: dict[Series, float]) -> None:
        with self._lock:
            for series, amount in values.items():
                self._values[series] += amount
            if not self.wanted.is_set():
                self.wanted.set()


pending = Pending()
# What a parent has measured is the parent's to write.
os.register_at_fork(after_in_child=pending.forget)


def count_events(tally: str, number: int) -> None:
    """Of a tally, applied just now."""
    if number:
        pending.count(EVENTS, number, tally=tally)
        pending.count(HOURLY_EVENTS, number, tally=tally, hour=datetime.now(UTC).strftime(HOUR))


def flush() -> None:
    """Write what is pending: nothing at all where nothing is. Raises DatabaseError, and forgets nothing then."""
    values = pending.take()
    if not values:
        return
    series = sorted(values)  # so that two who write cannot wait for each other
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                statement("measure"),
                {
                    "measures": [measure for measure, _, _ in series],
                    "labels": [json.dumps(dict(labels)) for _, labels, _ in series],
                    "buckets": [bucket for _, _, bucket in series],
                    "amounts": [values[one] for one in series],
                },
            )
    except (DatabaseError, InterfaceError):
        pending.give_back(values)
        raise


def forget_old(*, days: int) -> None:
    """Delete the figures that nobody has added to for so long."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tasks_measure WHERE changed_at < now() - %s * interval '1 day'", [days])


class Flusher:
    """A thread of a worker process that writes what is pending. From idle it waits without looking."""

    GATHER_SECONDS = 5.0

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="measures", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_seconds: float) -> None:
        """Write what is left, as far as the time allows."""
        self._closing.set()
        pending.wanted.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._closing.is_set():
            pending.wanted.wait()
            self._closing.wait(self.GATHER_SECONDS)
            try:
                flush()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("measures wait", extra={"action": "ledger_away", "reason": str(error)})
            connection.close()  # one connection less for each worker process, most of the time
