"""The reconciler: what must be noticed rather than told. Every supervisor has one; they take turns at acting.

Death is judged by counters, not clocks: a worker is given up when its counter has not moved for one lease, timed by
the judge's own monotonic clock. So a jump of any clock changes nothing; and since the judge forgets what it has seen
whenever the database or itself was away, nothing is reclaimed after an outage before one full lease has passed.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from apps.tasks import leases, measures
from apps.tasks.bell import Bell
from apps.tasks.errors import RowsHeldError

logger = logging.getLogger(__name__)

#: How long a worker may be silent. It reports four times as often.
LEASE_SECONDS = 10.0
#: A judge that was itself away for longer has not seen who was silent.
MOST_ABSENT_SECONDS = LEASE_SECONDS / 2
#: Longer than anybody needs for a round.
LONGEST_TURN_SECONDS = LEASE_SECONDS / 2
#: Any constant will do; it must not change between releases that run side by side.
ADVISORY_LOCK = 0x0DE55A


class Reconciler:
    """One round takes one statement when there is nothing to do."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        #: Worker → its counter and when (time.monotonic) it was first seen to stand there.
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked_at = 0.0
        #: Since when there has been something to do, and somebody else's turn to do it.
        self._passed_over_at: float | None = None

    def round(self) -> None:
        """Do what is due. Safe to repeat and to interrupt anywhere. Raises DatabaseError."""
        silent = self._silent()
        if not silent:
            self._passed_over_at = None
            return
        with _turn() as mine:
            if mine:
                self._passed_over_at = None
            if mine or self._is_passed_over_for_long():
                self._settle(silent)

    def _is_passed_over_for_long(self) -> bool:
        """Then who has the turn is paused or cut off. All that is due may be done twice."""
        now = time.monotonic()
        if self._passed_over_at is None:
            self._passed_over_at = now
        return now - self._passed_over_at >= LONGEST_TURN_SECONDS

    def _settle(self, silent: list[str]) -> None:
        """One whose rows are held costs a second of waiting, and there are leases to keep: the rest has time until
        the next round. (It is not forgotten: nothing was away.)"""
        for worker in silent:
            try:
                settle(self._bell, worker, died=True, reason=f"no sign of life for {LEASE_SECONDS:.0f} s")
                measures.pending.count(measures.EXPIRED_LEASES)
            except RowsHeldError:
                logger.warning("rows are held by a paused worker", extra={"action": "rows_held", "worker": worker})
                break

    def forget(self) -> None:
        """The database was away: the workers may have been silent for want of it."""
        self._seen.clear()

    def _silent(self) -> list[str]:
        now = time.monotonic()
        if now - self._looked_at > MOST_ABSENT_SECONDS:
            self._seen.clear()
        self._looked_at = now
        self._seen = {
            worker: self._seen[worker] if self._seen.get(worker, (None,))[0] == beat else (beat, now)
            for worker, beat in leases.beats().items()
        }
        return [worker for worker, (_, since) in self._seen.items() if now - since >= LEASE_SECONDS]


@contextmanager
def _turn() -> Iterator[bool]:
    """Whether nobody else is acting. The lock is held for one round, so that a process that is paused does not keep it
    from the others; and it belongs to the database session, so that it is free when its process is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def settle(bell: Bell, worker: str, *, died: bool, reason: str) -> int:
    """End a departed worker's lease and wake others for what it was running; returns how many that were. What it has
    killed too often is ended by the next worker process that looks. Raises RowsHeldError."""
    taken = leases.take_back(worker, died=died, reason=reason)
    if taken:
        measures.pending.count(measures.TAKEN_BACK, len(taken))
        logger.warning(
            "took back the work of a worker",
            extra={"action": "taken_back", "worker": worker, "invocations": len(taken), "reason": reason},
        )
    bell.ring({queue for queue, status in taken if status == "queued"})
    return len(taken)
