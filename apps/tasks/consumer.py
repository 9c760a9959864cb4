"""The consumer: waits for the bell, claims what may be started now, and takes back outcomes."""

import logging
import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError, connection
from dramatiq import Message, MessageProxy
from dramatiq.broker import Consumer
from dramatiq.errors import DecodeError
from dramatiq.message import get_encoder

from apps.tasks import ledger, retries
from apps.tasks.bell import Waiter
from apps.tasks.outcomes import GivenUp, Outcome
from apps.tasks.states import Status
from apps.tasks.station import Station

if TYPE_CHECKING:
    from apps.tasks.broker import LedgerBroker

logger = logging.getLogger(__name__)

#: The last error of an invocation whose retry policy, or whose error itself, raised when it was asked.
UNDECIDED = "What follows its end could not be decided: its error or its retry policy raised an error of its own."
#: The same when a middleware called `message.fail()`.
NOT_RUN = "a middleware failed the message before it was run"


class ClaimedMessage(MessageProxy):
    """A claimed invocation on its way through Dramatiq's worker.

    Attributes:
      claim: the right to run it.
      outcome: how it ended, set by the Recorder; None until then, and when somebody else has the claim.
      closed: nothing is left to be recorded, because the task completed itself or lost its claim.
      began_at: time.monotonic() at which it was claimed.
      waited_seconds: from when it was due until it was claimed, by this machine's clock.
      ended: how it ended, recorded already or not, for those who measure.
    """

    def __init__(self, row: ledger.ClaimedRow, queue: str) -> None:
        parts = get_encoder().decode(row.payload.encode("utf-8"))
        message: Message[Any] = Message(
            queue_name=queue,
            actor_name=row.actor,
            args=tuple(parts["args"]),
            kwargs=parts["kwargs"],
            options={**parts["options"], "retries": row.retries},
            message_id=row.claim.id,
            message_timestamp=row.created_at_ms,
        )
        super().__init__(message)
        self.claim = row.claim
        self.outcome: Outcome | None = None
        self.closed = False
        self.began_at = time.monotonic()
        due_at = row.place.due_at
        self.waited_seconds = max(0.0, time.time() - due_at.timestamp()) if isinstance(due_at, datetime) else 0.0
        self.ended: Outcome | None = None


class LedgerConsumer(Consumer):
    """Feeds one queue to a worker process.

    From idle, a task costs one round trip to Redis and one statement to PostgreSQL before it runs. Under load the
    bell is not waited for and one statement claims a batch: 1/n statement and transaction a task.
    """

    #: Longest wait for the bell: how late a task may start whose bell was never heard.
    IDLE_SECONDS = 2.0
    #: After a claim that found fewer than it asked for, the bell is left alone for so long: a stream of single sends
    #: gathers into batches, and finds the token in its place. From idle it costs nothing.
    GATHER_SECONDS = 0.005
    #: A solo worker, which has no bell, looks so often.
    SOLO_SECONDS = 0.05
    #: While work never runs out, what became due is looked for so often.
    PROMOTE_SECONDS = 0.5
    #: While work never runs out, a claim starts at the front of the queue so often, for what came in there late.
    RESCAN_SECONDS = 1.0
    #: How long a claim may wait behind running tasks before it is handed back.
    STUCK_SECONDS = 1.0
    #: A worker that took a full batch wakes another one, but not more often than this.
    RELAY_SECONDS = 0.02
    #: While stopping, Dramatiq goes on asking until its threads are done; this keeps the answers unhurried.
    STOPPING_SECONDS = 0.05
    #: Pause before the database is tried again.
    OUTAGE_SECONDS = 0.5

    def __init__(self, broker: "LedgerBroker", station: Station, queue: str) -> None:
        self._broker = broker
        self._station = station
        self._queue = queue
        self._claimed: deque[ClaimedMessage] = deque()
        self._waiter = Waiter(broker.url, queue, station.stopping)
        self._drained = False
        self._called = False
        self._floor = ledger.FRONT
        self._rescan_at = 0.0
        self._claimed_at = 0.0
        self._promote_at = 0.0
        self._relay_at = 0.0

    def __next__(self) -> ClaimedMessage | None:
        if self._station.stopping.is_set():
            self.requeue(self._claimed)
            self._claimed.clear()
        if not self._claimed:
            try:
                self._fetch()
            except (DatabaseError, InterfaceError) as error:
                self._survive(error)
        return self._claimed.popleft() if self._claimed else None

    def ack(self, message: MessageProxy) -> None:
        """The task ended, in whatever way: pass its outcome on."""
        assert isinstance(message, ClaimedMessage)  # noqa: S101 — we made it, in __next__
        if message.outcome is None and not message.closed:
            # Dramatiq logs and drops what a hook raises. Without an end the row would be `running` for good.
            message.outcome = GivenUp(claim=message.claim, ends_as=Status.DEAD, error=UNDECIDED, traceback="")
        self._station.end(message.claim, message.outcome, seconds=time.monotonic() - message.began_at)

    def nack(self, message: MessageProxy) -> None:
        """The message was failed: before it was run, by Dramatiq, which knows no such task, or by a middleware; or
        after its end, which then has its outcome."""
        assert isinstance(message, ClaimedMessage)  # noqa: S101
        if message.outcome is None and not message.closed:
            message.outcome = _outcome_unrun(message, known=message.actor_name in self._broker.actors)
        self.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """The worker stops: hand back what it never started."""
        self._station.hand_back([m.claim for m in messages if isinstance(m, ClaimedMessage)])

    def close(self) -> None:
        self.requeue(self._claimed)
        self._claimed.clear()
        self._waiter.close()
        connection.close()

    def _fetch(self) -> None:
        """Wait for work if there was none, claim as much as may be started, or queue what has become due."""
        if self._drained:
            self._called = self._wait()
            self._drained = False  # should the claim fail, nothing may be waited for before the next
        if self._called and (self._station.stopping.is_set() or self._station.slots.are_taken()):
            self._called = False
            self._broker.bell.ring([self._queue])  # so that somebody hears it who can claim
        if self._station.stopping.is_set():
            self._station.hand_back_waiting()
            time.sleep(self.STOPPING_SECONDS)
            return
        wanted = self._station.slots.reserve(self.STUCK_SECONDS)
        if wanted == 0:
            self._station.hand_back_waiting()
            return
        filled = 0
        try:
            filled = self._claim(wanted)
        finally:
            self._station.slots.release(wanted - filled)
        if not filled or time.monotonic() >= self._promote_at:
            self._promote()
        if filled == wanted:
            self._relay()

    def _claim(self, wanted: int) -> int:
        """Claim, and return how many slots that has filled. Fewer than wanted behind a floor proves nothing: the
        next claim starts at the front, and only if that finds fewer the queue is drained."""
        if time.monotonic() >= self._rescan_at:
            self._floor = ledger.FRONT
            self._rescan_at = time.monotonic() + self.RESCAN_SECONDS
        rows = self._station.claim(self._queue, wanted, self._floor)
        self._called = self._station.stopping.is_set()  # then nothing was claimed
        self._claimed_at = time.monotonic()
        self._drained = len(rows) < wanted and self._floor == ledger.FRONT
        self._floor = rows[-1].place if len(rows) == wanted else ledger.FRONT
        for row in rows:
            try:
                self._claimed.append(ClaimedMessage(row, self._queue))
            except (DecodeError, KeyError, TypeError) as error:
                self._station.refuse(row.claim, f"its arguments cannot be read: {error}")
        return len(rows)

    def _promote(self) -> None:
        """Queue what is due and note when to look again; anything queued is claimed in the next round."""
        number, next_seconds = ledger.promote(self._queue)
        pause = self.IDLE_SECONDS if self._drained else self.PROMOTE_SECONDS
        self._promote_at = time.monotonic() + min(pause, pause if next_seconds is None else next_seconds)
        if number:
            self._drained = False

    def _wait(self) -> bool:
        """Tells whether it was the bell that ended the wait."""
        if self._station.solo:  # suspects ring no bell of their own, and must not use up another's
            self._station.stopping.wait(self.SOLO_SECONDS)
            return False
        self._station.stopping.wait(max(0.0, self._claimed_at + self.GATHER_SECONDS - time.monotonic()))
        return self._waiter.wait(min(self.IDLE_SECONDS, self._promote_at - time.monotonic()))

    def _relay(self) -> None:
        """The queue may hold more than this process can start: wake the next one, who does the same."""
        now = time.monotonic()
        if now >= self._relay_at and not self._station.solo:
            self._relay_at = now + self.RELAY_SECONDS
            self._broker.bell.ring([self._queue])

    def _survive(self, error: Exception) -> None:
        """The database is away. What this process holds stays its own as long as its lease."""
        logger.warning("the ledger cannot be reached", extra={"action": "ledger_away", "reason": str(error)})
        connection.close()
        self._station.stopping.wait(self.OUTAGE_SECONDS)


def _outcome_unrun(message: ClaimedMessage, *, known: bool) -> Outcome:
    """A newer release may know the task, so this is tried again like an error. Unless its sender did not know it
    either and has said what becomes of it then (`if_unknown`, the error as JSON)."""
    reason = NOT_RUN if known else f"no task named {message.actor_name!r} is known to this worker"
    end = None if known else message.options.get("if_unknown")
    if end is None:
        return retries.outcome_of(message.claim, LookupError(reason), retries.backoff({}), message.options["retries"])
    return GivenUp(claim=message.claim, ends_as=Status.FAILED, error=reason, traceback="", result=end)
