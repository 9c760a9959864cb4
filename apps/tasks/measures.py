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
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError, connection

from apps.tasks.sql import statement

logger = logging.getLogger(__name__)

INVOCATIONS = "invocations"
#: Of the outcomes of an attempt the one that ends its invocation here; the others are ended by `endings`.
SUCCEEDED = "succeeded"
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

#: In the order of their names.
Labels = tuple[tuple[str, str], ...]
#: measure, labels, bucket
Series = tuple[str, Labels, str]


class Histogram:
    """How many values fell into each bucket, and their sum."""

    __slots__ = ("numbers", "total")

    def __init__(self) -> None:
        self.numbers = [0] * len(BUCKET_NAMES)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.numbers[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def series(self, measure: str, labels: Labels) -> Iterator[tuple[Series, float]]:
        for name, number in zip(BUCKET_NAMES, self.numbers, strict=True):
            if number:
                yield (measure, labels, name), number
        yield (measure, labels, SUM), self.total


class Pending:
    """What this process has measured since it last wrote. Thread-safe.

    Attempts are many, so each costs a look-up and a few additions (2 µs); they become series when they are taken.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._lock = threading.Lock()
        self._values: defaultdict[Series, float] = defaultdict(float)
        #: (actor, outcome) → how long attempts ran, and how long they had waited
        self._attempts: defaultdict[tuple[str, str], tuple[Histogram, Histogram]] = defaultdict(_two_histograms)
        #: Set while there is something to be written.
        self.wanted = threading.Event()

    def attempt(self, actor: str, outcome: str, *, ran_seconds: float, waited_seconds: float) -> None:
        with self._lock:
            ran, waited = self._attempts[actor, outcome]
            ran.add(ran_seconds)
            waited.add(waited_seconds)
        self._want()

    def count(self, measure: str, amount: float = 1, **labels: str) -> None:
        self._add({(measure, tuple(sorted(labels.items())), PLAIN): amount})

    def take(self) -> dict[Series, float]:
        with self._lock:
            values, attempts = self._values, self._attempts
            self._values, self._attempts = defaultdict(float), defaultdict(_two_histograms)
            self.wanted.clear()
        for (actor, outcome), (ran, waited) in attempts.items():
            of_actor, of_both = (("actor", actor),), (("actor", actor), ("outcome", outcome))
            for series, amount in (*ran.series(ATTEMPT_SECONDS, of_both), *waited.series(WAIT_SECONDS, of_actor)):
                values[series] += amount
            if outcome == SUCCEEDED:
                values[INVOCATIONS, of_both, PLAIN] += sum(ran.numbers)
        return values

    def give_back(self, values: dict[Series, float]) -> None:
        """It could not be written: the next time, then."""
        self._add(values)

    def _add(self, values: dict[Series, float]) -> None:
        with self._lock:
            for series, amount in values.items():
                self._values[series] += amount
        self._want()

    def _want(self) -> None:
        if not self.wanted.is_set():
            self.wanted.set()


def _two_histograms() -> tuple[Histogram, Histogram]:
    return Histogram(), Histogram()


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
