"""What is asked when somebody looks: the ledger in PostgreSQL, what workers have measured, the tallies in Redis.

Every statement is bounded (see `apps.tasks.overview`). All web processes of all machines answer the same here, so
queries take the greatest (`max`), not the sum.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator

import redis
from django.db import DatabaseError, InterfaceError, connection, transaction
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.tasks import measures, overview, tally
from apps.tasks.discovery import import_tasks
from apps.tasks.overview import Measured

logger = logging.getLogger(__name__)

#: All statements of one look together take no longer than so many times this.
STATEMENT_MS = 2_000

COUNTERS = {
    measures.INVOCATIONS: (
        "understudy_invocations",
        "Invocations that ended, by outcome: succeeded, failed, dead, cancelled.",
        ["actor", "outcome"],
    ),
    measures.EVENTS: (
        "understudy_tally_events",
        "Counted events that have been applied: for pages, views of a page.",
        ["tally"],
    ),
    measures.TAKEN_BACK: (
        "understudy_invocations_taken_back",
        "Invocations taken back from worker processes that are gone, to be run again.",
        [],
    ),
    measures.EXPIRED_LEASES: (
        "understudy_leases_expired",
        "Worker processes that the reconciler gave up as they were silent for a whole lease.",
        [],
    ),
    measures.LOST_LEASES: (
        "understudy_leases_lost",
        "Worker processes that had to end because others had given them up.",
        [],
    ),
}
HISTOGRAMS = {
    measures.ATTEMPT_SECONDS: (
        "understudy_attempt_duration_seconds",
        "Seconds that an attempt ran, by how it ended; a retried one is not the invocation's end.",
        ["actor", "outcome"],
    ),
    measures.WAIT_SECONDS: (
        "understudy_attempt_wait_seconds",
        "Seconds from when an attempt was due until a worker claimed it.",
        ["actor"],
    ),
}


class DatabaseCollector(Collector):
    """The ledger and the measures; nothing but `understudy_database_up 0` when PostgreSQL is away."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("understudy_database_up", "Whether PostgreSQL answered this question.")
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")
                found = [*_state(), *_measured(overview.measured())]
        except (DatabaseError, InterfaceError) as error:
            logger.warning("metrics without the database", extra={"action": "metrics", "reason": str(error)})
            found = []
        up.add_metric([], float(bool(found)))
        yield up
        yield from found


class RedisCollector(Collector):
    """How many events wait in the tallies' streams; nothing but `understudy_redis_up 0` when Redis is away."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("understudy_redis_up", "Whether Redis answered this question.")
        waiting = GaugeMetricFamily(
            "understudy_tally_waiting", "Counted events in Redis that are not applied yet.", labels=["tally"]
        )
        try:
            for one in _tallies():
                waiting.add_metric([one.name], one.client.xlen(one.key))
        except redis.RedisError as error:
            logger.warning("metrics without Redis", extra={"action": "metrics", "reason": str(error)})
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield from (up, waiting)


def _tallies() -> list[tally.Tally]:
    import_tasks()  # where they are made
    return list(tally.tallies().values())


def _state() -> Iterator[Metric]:
    queued = GaugeMetricFamily(
        "understudy_queue_depth",
        f"Invocations that may be started now; counting ends at {overview.MOST_COUNTED}.",
        labels=["queue"],
    )
    oldest = GaugeMetricFamily(
        "understudy_queue_oldest_seconds", "Seconds that the oldest of them has been due.", labels=["queue"]
    )
    for waiting in overview.backlog():
        queued.add_metric([waiting.queue], waiting.number)
        oldest.add_metric([waiting.queue], waiting.oldest_seconds)
    yield from (queued, oldest)
    numbers = overview.numbers()
    states = GaugeMetricFamily(
        "understudy_invocations_now", "Invocations by status; dead ones as long as the log has them.", labels=["status"]
    )
    for status in ("scheduled", "running", "ending", "dead"):
        states.add_metric([status], getattr(numbers, status))
    yield states
    for name, help_text, value in (
        (
            "understudy_running_longest_seconds",
            "Seconds since the oldest of the running invocations was claimed.",
            numbers.longest_running_seconds,
        ),
        ("understudy_workers", "Worker processes that hold a lease.", overview.count_workers()),
        (
            "understudy_schedules_late",
            f"Schedules that are on and more than {overview.LATE_SECONDS} s overdue.",
            overview.count_late_schedules(),
        ),
        (
            "understudy_tally_rows_waiting",
            "Counted events that are rows, as Redis was away, and not applied yet.",
            overview.count_uncounted(),
        ),
    ):
        gauge = GaugeMetricFamily(name, help_text)
        gauge.add_metric([], value)
        yield gauge


def _measured(rows: Iterable[Measured]) -> Iterator[Metric]:
    """Each family is there from the start, so that an alarm on it can be told from a misspelt one."""
    buckets: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        buckets[row.measure][tuple(value for _, value in sorted(row.labels.items()))][row.bucket] = row.amount
    for measure, (name, help_text, labels) in COUNTERS.items():
        counter = CounterMetricFamily(name, help_text, labels=labels)
        counted = buckets[measure] or ({} if labels else {(): {}})
        for values, amounts in counted.items():
            counter.add_metric(values, amounts.get(measures.PLAIN, 0))
        yield counter
    for measure, (name, help_text, labels) in HISTOGRAMS.items():
        histogram = HistogramMetricFamily(name, help_text, labels=labels)
        for values, amounts in buckets[measure].items():
            histogram.add_metric(values, buckets=_cumulative(amounts), sum_value=amounts.get(measures.SUM, 0))
        yield histogram


def _cumulative(amounts: dict[str, float]) -> list[tuple[str, float]]:
    """As Prometheus wants them: each bucket holds what the smaller ones do."""
    total, ends = 0.0, []
    for name in measures.BUCKET_NAMES:
        total += amounts.get(name, 0)
        ends.append((name, total))
    return ends
