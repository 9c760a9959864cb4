"""The keeper: holds the leases of the worker processes of one supervisor, and does the reconciler's rounds.

It lives in a process that runs no tasks, so no task can starve it, and that outlives its workers, so their death is
reported the moment it happens; the lease is for the case that this process dies with them.
"""

import socket
import time
from collections import deque
from dataclasses import dataclass

from django.db import connection

from apps.tasks import ledger
from apps.tasks.bell import Bell
from apps.tasks.identity import Identity
from apps.tasks.reconciler import LEASE_SECONDS, Reconciler, settle


@dataclass(frozen=True)
class Departure:
    """A worker process is gone. `died`: it did not leave when told to."""

    worker: str
    died: bool
    reason: str


class Keeper:
    """All methods but `depart` speak to the database and raise DatabaseError; nothing is forgotten when they do."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._reconciler = Reconciler(bell)
        self._departures: deque[Departure] = deque()
        self._renew_at = 0.0

    def enrol(self, identity: Identity) -> None:
        """Open a lease, before the process starts."""
        ledger.register_worker(identity.worker, host=socket.gethostname(), solo=identity.solo)

    def depart(self, departure: Departure) -> None:
        """Remember a departure until the ledger knows of it."""
        self._departures.append(departure)

    def settle(self) -> None:
        """Tell the ledger of every departure."""
        while self._departures:
            departure = self._departures[0]
            settle(self._bell, departure.worker, died=departure.died, reason=departure.reason)
            self._departures.popleft()

    def renew(self, workers: set[str]) -> set[str]:
        """Renew leases when it is time to; returns the workers that have lost theirs and must not go on."""
        if not workers or time.monotonic() < self._renew_at:
            return set()
        kept = ledger.renew_leases(list(workers))
        self._renew_at = time.monotonic() + LEASE_SECONDS / 4
        return workers - kept

    def reconcile(self) -> None:
        """A round of the reconciler."""
        self._reconciler.round()

    def count_missing_solo(self, present: list[str]) -> int:
        """How many suspects wait for a solo worker that is not there; those that are may be busy for long."""
        suspects = ledger.count_suspects()
        return suspects - ledger.count_idle(present) if suspects and present else suspects

    def hang_up(self) -> None:
        """Close the connection: before a fork, which must not share it."""
        connection.close()

    def lose_touch(self) -> None:
        """The database cannot be reached: what has been seen of others' leases counts no longer."""
        connection.close()
        self._reconciler.forget()
