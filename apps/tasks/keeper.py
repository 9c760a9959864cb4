"""The keeper: holds the leases of the worker processes of one supervisor, and does the reconciler's rounds.

It lives in a process that runs no tasks, so no task can starve it, and that outlives its workers, so their death is
reported the moment it happens; the lease is for the case that this process dies with them.
"""

import logging
import socket
import time
from collections import deque
from dataclasses import dataclass

from django.db import connection

from apps.tasks import leases, measures
from apps.tasks.bell import Bell
from apps.tasks.errors import RowsHeldError
from apps.tasks.identity import Identity
from apps.tasks.reconciler import LEASE_SECONDS, Reconciler, settle

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A worker process is gone. `died`: it did not leave when told to."""

    identity: Identity
    died: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A departure the ledger knows of; `taken_back`: how many invocations the process was running."""

    departure: Departure
    taken_back: int


class Keeper:
    """Leases and departures on behalf of one supervisor. What speaks to the database raises DatabaseError, and no
    departure is forgotten then."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._reconciler = Reconciler(bell)
        self._departures: deque[Departure] = deque()
        self._renew_at = 0.0

    def enrol(self, identity: Identity) -> None:
        """Open a lease, before the process starts."""
        leases.register(identity.worker, host=socket.gethostname(), solo=identity.solo)

    def depart(self, departure: Departure) -> None:
        """Remember a departure until the ledger knows of it."""
        self._departures.append(departure)

    def settle(self) -> list[Settled]:
        """Tell the ledger of every departure; returns those it now knows of. One whose rows are still held is put
        off behind the others until the next call: it costs a second of waiting, and there are leases to keep."""
        settled = []
        while self._departures:
            departure = self._departures[0]
            worker = departure.identity.worker
            try:
                taken_back = settle(self._bell, worker, died=departure.died, reason=departure.reason)
            except RowsHeldError:
                logger.warning("rows are held by a departed worker", extra={"action": "rows_held", "worker": worker})
                self._departures.rotate(-1)
                break
            self._departures.popleft()
            settled.append(Settled(departure=departure, taken_back=taken_back))
        return settled

    def is_settled(self) -> bool:
        """Whether the ledger knows of every departure."""
        return not self._departures

    def renew(self, workers: set[str]) -> set[str]:
        """Renew leases when it is time to; returns the workers that have lost theirs and must not go on."""
        if not workers or time.monotonic() < self._renew_at:
            return set()
        kept = leases.renew(list(workers))
        self._renew_at = time.monotonic() + LEASE_SECONDS / 4
        if lost := workers - kept:
            measures.pending.count(measures.LOST_LEASES, len(lost))
        return lost

    def reconcile(self) -> None:
        """A round of the reconciler."""
        self._reconciler.round()

    def write_measures(self) -> None:
        """What has been measured here: departures are rare, so mostly nothing."""
        measures.flush()

    def count_missing_solo(self, present: list[str]) -> int:
        """How many suspects wait for a solo worker that is not there; those that are may be busy for long."""
        suspects = leases.count_suspects()
        return suspects - leases.count_idle(present) if suspects and present else suspects

    def hang_up(self) -> None:
        """Close the connection: before a fork, which must not share it."""
        connection.close()

    def lose_touch(self) -> None:
        """The database cannot be reached: what has been seen of others' leases counts no longer."""
        connection.close()
        self._reconciler.forget()
