"""The reconciler: what must be noticed rather than told. One works at a time, whichever holds the advisory lock.

Death is judged by counters, not clocks: a worker is given up when its counter has not moved for one lease, timed by
the judge's own monotonic clock. So a jump of any clock changes nothing; and since whatever the judge has seen is
forgotten at every failed round, nothing is reclaimed after an outage before one full lease has passed.
"""

import logging
import time

from django.db import connection

from apps.tasks import ledger, schedules
from apps.tasks.bell import Bell

logger = logging.getLogger(__name__)

#: How long a worker may be silent. It reports four times as often.
LEASE_SECONDS = 10.0
#: Any constant will do; it must not change between releases that run side by side.
ADVISORY_LOCK = 0x0DE55A


class Reconciler:
    """One round takes three statements when there is nothing to do."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        #: Worker → its counter and when (time.monotonic) it was first seen to stand there.
        self._seen: dict[str, tuple[int, float]] = {}

    def round(self) -> None:
        """Do what is due. Safe to repeat and to interrupt anywhere. Raises DatabaseError."""
        try:
            if not self._leads():
                return self._seen.clear()
            for worker in self._silent():
                settle(self._bell, worker, died=True, reason=f"no sign of life for {LEASE_SECONDS:.0f} s")
            schedules.tick()
        except Exception:
            self._seen.clear()
            raise

    def _leads(self) -> bool:
        """The lock belongs to the database session: it is free again the moment this process is gone."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            return bool(cursor.fetchone()[0])

    def _silent(self) -> list[str]:
        now = time.monotonic()
        self._seen = {
            worker: self._seen[worker] if self._seen.get(worker, (None,))[0] == beat else (beat, now)
            for worker, beat in ledger.leases().items()
        }
        return [worker for worker, (_, since) in self._seen.items() if now - since >= LEASE_SECONDS]


def settle(bell: Bell, worker: str, *, died: bool, reason: str) -> None:
    """End a departed worker's lease and wake others for what it was running; what it has killed too often is ended
    by the next worker process that looks."""
    taken = ledger.take_back(worker, died=died, reason=reason)
    if taken:
        logger.warning(
            "took back the work of a worker",
            extra={"action": "taken_back", "worker": worker, "invocations": len(taken), "reason": reason},
        )
    bell.ring({queue for queue, status in taken if status == "queued"})
