"""The writer: one thread of a worker process that records how invocations ended, in groups.

While one group is being written the next one gathers, so under load a transaction carries many ends and from idle a
single one waits for nobody. A crash before the write leaves the rows claimed: they are taken back and run again.
"""

import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence

from django.db import DatabaseError, DataError, InterfaceError, connection, transaction

from apps.tasks import ledger
from apps.tasks.bell import Bell
from apps.tasks.ledger import Claim, Success
from apps.tasks.outcomes import AnotherTry, GivenUp, HandedBack, Outcome
from apps.tasks.states import Status

logger = logging.getLogger(__name__)


class OutcomeWriter:
    """Takes outcomes from the worker's threads and writes them: one transaction a group, one statement for all its
    successes and one for each of the (rare) others."""

    MOST_IN_GROUP = 500
    OUTAGE_SECONDS = 0.5

    def __init__(self, bell: Bell, drop: Callable[[list[Claim]], None], wake_ender: Callable[[], None]) -> None:
        self._bell = bell
        self._drop = drop
        self._wake_ender = wake_ender
        self._outcomes: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outcome-writer", daemon=True)
        self._given_up = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def put(self, outcome: Outcome) -> None:
        self._outcomes.put(outcome)

    def close(self, timeout_seconds: float) -> None:
        """Write what is left, as far as the time allows; what is not written will be run again."""
        self._outcomes.put(None)
        self._thread.join(timeout_seconds)
        self._given_up.set()

    def _run(self) -> None:
        """A process that cannot record ends must not live: what it runs would be `running` for good."""
        try:
            self._write_groups()
        except BaseException:
            logger.critical("the writer failed", extra={"action": "writer_failed"}, exc_info=True)
            os._exit(1)

    def _write_groups(self) -> None:
        closing = False
        while not closing:
            group = self._next_group()
            closing = None in group
            self._insist([outcome for outcome in group if outcome is not None])
        connection.close()

    def _next_group(self) -> list[Outcome | None]:
        group = [self._outcomes.get()]
        while len(group) < self.MOST_IN_GROUP:
            try:
                group.append(self._outcomes.get_nowait())
            except queue.Empty:
                break
        return group

    def _insist(self, outcomes: Sequence[Outcome]) -> None:
        """Write again until it succeeds: an end that is not recorded is run a second time. Safe to repeat, since
        every statement is fenced. An end that cannot be stored as it is must not keep the others waiting."""
        while outcomes and not self._given_up.is_set():
            try:
                self._write(outcomes)
            except DataError as error:
                outcomes = self._replace_unstorable(outcomes, error)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("outcomes wait", extra={"action": "ledger_away", "reason": str(error)})
                connection.close()
                self._given_up.wait(self.OUTAGE_SECONDS)
            else:
                return

    def _replace_unstorable(self, outcomes: Sequence[Outcome], error: DataError) -> Sequence[Outcome]:
        """Of a group, find it by writing them one at a time; alone, give it up."""
        if len(outcomes) == 1:
            reason = f"its end could not be recorded: {error}"
            return [GivenUp(claim=outcomes[0].claim, ends_as=Status.DEAD, error=reason, traceback="")]
        for outcome in outcomes:
            self._insist([outcome])
        return []

    def _write(self, outcomes: Sequence[Outcome]) -> None:
        successes = [o for o in outcomes if isinstance(o, Success)]
        others = [o for o in outcomes if not isinstance(o, Success)]
        if successes:
            ledger.complete(successes)
        if others:
            self._write_others(others)
        self._drop([o.claim for o in outcomes])

    def _write_others(self, outcomes: Sequence[AnotherTry | GivenUp | HandedBack]) -> None:
        wake: set[str] = set()
        with transaction.atomic():
            if handed_back := [o.claim for o in outcomes if isinstance(o, HandedBack)]:
                wake |= ledger.hand_back(handed_back)
            for outcome in outcomes:
                match outcome:
                    case AnotherTry():
                        wake |= outcome.write()
                    case GivenUp():
                        outcome.write()
        self._bell.ring(wake)
        if any(isinstance(outcome, GivenUp) for outcome in outcomes):
            self._wake_ender()
