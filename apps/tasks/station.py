"""What the threads of one worker process share."""

import threading
from collections.abc import Callable
from queue import Empty, PriorityQueue
from typing import Any

from apps.tasks import ledger
from apps.tasks.bell import Bell
from apps.tasks.ender import Ender
from apps.tasks.ledger import Claim, ClaimedRow, Place
from apps.tasks.outcomes import GivenUp, HandedBack, Outcome
from apps.tasks.slots import Slots
from apps.tasks.states import Status
from apps.tasks.ticker import Ticker
from apps.tasks.watcher import Watcher
from apps.tasks.writer import OutcomeWriter

#: What is kept of the grace for writing the ends of the last tasks, after their threads are done.
LAST_WRITE_SECONDS = 2.0
#: And for what `on_end` does about them: another process will see to the rest.
LAST_END_SECONDS = 0.3
#: The ticker has been stopping since the grace began; a tick that is being sent still is undone, and sent by another.
LAST_TICK_SECONDS = 0.1


def _consume_no_other(_queue: str) -> None:
    """Where there is no worker that could."""


class Station:
    """One worker process at work.

    Attributes:
      worker: the id of the process's lease.
      solo: runs suspects, one at a time, and nothing else.
      slots: how much may be claimed.
      writer: records how invocations ended.
      watcher: has tallies drained; not in a solo process either.
      ender: calls `on_end`; not in a solo process, whose death would be blamed on the suspect.
      ticker: sends what schedules say; not in a solo process either.
      stopping: set once, when nothing more may be claimed.
    """

    def __init__(
        self, worker: str, *, bell: Bell, threads: int, solo: bool, consume: Callable[[str], None] = _consume_no_other
    ) -> None:
        self.worker = worker
        self.solo = solo
        self.stopping = threading.Event()
        self.slots = Slots(threads, hold_ahead=not solo)
        self.ender = Ender(consume)
        self.watcher = Watcher()
        self.ticker = Ticker(self.stopping)
        self.writer = OutcomeWriter(bell, self.drop, self.ender.wake)
        self._bell = bell
        self._waiting: PriorityQueue[Any] | None = None
        #: What this process has claimed and not seen the end of; every claim passes through the lock. Claims, not
        #: ids: an invocation that is tried again may be claimed here again before its last end is dropped.
        self._held: set[Claim] = set()
        self._claiming = threading.Lock()
        self._unsure = False

    def open(self, waiting: "PriorityQueue[Any]") -> None:
        """Begin to record outcomes. `waiting` is the Dramatiq worker's queue of what was claimed and not started."""
        self._waiting = waiting
        self.writer.start()
        if not self.solo:
            self.ender.start()
            self.watcher.start()
            self.ticker.start()

    def close(self) -> None:
        """Write the last ends, as far as there is time."""
        self.stopping.set()
        self.watcher.close()
        self.writer.close(LAST_WRITE_SECONDS)
        if not self.solo:
            self.ender.close(LAST_END_SECONDS)
            self.ticker.join(LAST_TICK_SECONDS)

    def claim(self, queue: str, limit: int, floor: Place) -> list[ClaimedRow]:
        """Claim for one of this process's consumers.

        When the connection breaks, the claim may have been committed all the same: nobody would ever run those rows.
        So the next claim first returns what stands under this worker's name and is not in its hands.
        """
        with self._claiming:
            if self.stopping.is_set():
                return []
            if self._unsure:
                self._bell.ring(ledger.hand_back_all_but(self.worker, list(self._held)))
            self._unsure = True
            rows = ledger.claim(queue=queue, worker=self.worker, limit=limit, suspects=self.solo, floor=floor)
            self._unsure = False
            self._held.update(row.claim for row in rows)
        return rows

    def retire(self) -> bool:
        """Claim nothing more, if nothing is in this process's hands; tells whether that is so."""
        with self._claiming:
            if not self._held:
                self.stopping.set()
        return self.stopping.is_set()

    def end(self, claim: Claim, outcome: Outcome | None, *, seconds: float) -> None:
        """A task is over after so many seconds; without an outcome nothing is left to be written."""
        if not self.solo:
            self.slots.finish(seconds)
        if outcome is None:
            self.drop([claim])
        else:
            self.writer.put(outcome)

    def refuse(self, claim: Claim, reason: str) -> None:
        """It cannot be run by anybody."""
        self.end(claim, GivenUp(claim=claim, ends_as=Status.DEAD, error=reason, traceback=""), seconds=0.0)

    def drop(self, claims: list[Claim]) -> None:
        """These have ended in the ledger. A suspect is alone to the very end: only now may the next one be claimed,
        or its death would be blamed on this one as well."""
        with self._claiming:
            self._held.difference_update(claims)
        if self.solo:
            self.slots.release(len(claims))

    def hand_back(self, claims: list[Claim]) -> None:
        """Return claims unused and free their slots."""
        for claim in claims:
            self.writer.put(HandedBack(claim))
        if not self.solo:
            self.slots.release(len(claims))

    def hand_back_waiting(self) -> None:
        """Return what was claimed ahead and has not started: another worker may be idle."""
        claims = []
        while self._waiting is not None:
            try:
                item = self._waiting.get_nowait()
            except Empty:
                break
            claims.append(item.message.claim)
            self._waiting.task_done()
        self.hand_back(claims)
