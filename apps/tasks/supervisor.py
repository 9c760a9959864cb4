"""The supervisor: forks worker processes, starts a dead one again, and stops all of them cleanly.

It is the parent of `manage.py worker`. It runs no tasks and no threads, so forking is safe and children start in
milliseconds with everything imported. Signals only set flags; the loop in `run` does the rest.
"""

import logging
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from django.db import DatabaseError, InterfaceError

from apps.common.parent import Parent
from apps.tasks.identity import Identity
from apps.tasks.keeper import Departure, Keeper
from apps.tasks.pause import Pause

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


#: A solo worker's exit code when it has run out of suspects. Not 0: a suspect may end its process with that.
SOLO_DONE = 73


@dataclass(frozen=True)
class Member:
    """A child process."""

    identity: Identity
    started_at: float


@dataclass(frozen=True)
class Orders:
    """What a child is told: its lease, and a pipe that is closed when its parent is gone."""

    identity: Identity
    parent_gone: int


@dataclass(frozen=True)
class Ward:
    """A process that is not a child but whose lease is kept; `farewell` is a pipe that ends with it."""

    identity: Identity
    pid: int
    farewell: int


class Supervisor:
    """Runs `processes` workers, and a solo worker for each suspect, up to `most_solo` at a time.

    Parameters:
      work: the body of a child; returns its exit code. It unblocks the stop signals when it can handle them.
      grace_seconds: from the first stop signal until children are killed.
      ward: with one, this is its companion: it ends with its ward and not at a signal.
    """

    ROUND_SECONDS = 1.0
    #: Within the grace: how long the ledger is tried for, to tell it of the last departures.
    LAST_WORDS_SECONDS = 2.0
    #: After the grace: when the kernel ends this process, should it hang in the database.
    END_SECONDS = 0.9
    #: A child that lived shorter is started again after a pause. (A solo one lives as long as its suspect lets it:
    #: what counts there is whether it died with nothing in its hands.)
    SHORT_LIFE_SECONDS = 5.0

    def __init__(
        self,
        *,
        processes: int,
        most_solo: int,
        grace_seconds: float,
        keeper: Keeper,
        work: Callable[[Orders], int],
        ward: Ward | None = None,
    ) -> None:
        self._processes = processes
        self._most_solo = most_solo
        self._grace_seconds = grace_seconds
        self._keeper = keeper
        self._work = work
        self._ward = ward
        self._members: dict[int, Member] = {}
        self._stop_at: float | None = None
        self._pause = Pause()
        self._solo_pause = Pause()
        self._parent = Parent(STOP_SIGNALS)

    def run(self) -> int:
        """Block until a stop signal and the end of every child; returns the exit code."""
        self._parent.catch_signals(signal.SIG_IGN if self._ward else self._stop)
        while True:
            self._reap()
            self._round()
            if self._stop_at is not None:
                if not self._members:
                    break
                if time.monotonic() >= self._stop_at:
                    self._signal_all(signal.SIGKILL)
            self._sleep()
        deadline = min(time.monotonic() + self.LAST_WORDS_SECONDS, self._stop_at)
        while not (self._guarded(self._settle) and self._keeper.is_settled()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self._keeper.hang_up()
        signal.setitimer(signal.ITIMER_REAL, 0)
        return 0

    def _round(self) -> None:
        """Everything that needs the database; what fails is done in the next round."""
        self._guarded(self._database_round)

    def _database_round(self) -> None:
        workers = self._workers()
        for pid in (workers[worker] for worker in self._keeper.renew(set(workers))):
            logger.error("a worker lost its lease", extra={"action": "lease_lost", "pid": pid})
            _kill(pid, signal.SIGKILL)
        self._settle()  # after the renewal: one departure that cannot be settled must not cost a lease
        self._keeper.write_measures()
        if self._stop_at is None:
            self._keeper.reconcile()
            self._spawn_missing()

    def _settle(self) -> None:
        """A solo process that dies with nothing in its hands died of itself, not of a suspect."""
        for settled in self._keeper.settle():
            if settled.departure.identity.solo:
                self._solo_pause.follow(short_life=settled.departure.died and not settled.taken_back)

    def _guarded(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the ledger cannot be reached", extra={"action": "ledger_away", "reason": str(error)})
            self._keeper.lose_touch()
            return False
        return True

    # --- children -----------------------------------------------------------------------------------

    def _spawn_missing(self) -> None:
        solo = [member.identity.worker for member in self._members.values() if member.identity.solo]
        for _ in range(self._processes + len(solo) - len(self._members)):
            if self._pause.is_over():
                self._spawn(Identity(), self._pause)
        for _ in range(min(self._keeper.count_missing_solo(solo), self._most_solo - len(solo))):
            if self._solo_pause.is_over():
                self._spawn(Identity(solo=True), self._solo_pause)

    def _spawn(self, identity: Identity, pause: Pause) -> None:
        self._keeper.enrol(identity)
        self._keeper.hang_up()
        try:
            with self._parent.holding_stops():
                self._fork_unless_stopped(identity)
        except OSError as error:  # no memory or no process to be had: those that run go on
            logger.exception("a worker process cannot be started", extra={"action": "fork_failed"})
            self._keeper.depart(Departure(identity=identity, died=False, reason=f"not started: {error}"))
            pause.follow(short_life=True)

    def _fork_unless_stopped(self, identity: Identity) -> None:
        """A child born when a stop has been heard since the round began would not hear of it."""
        if self._stop_at is not None:
            self._keeper.depart(Departure(identity=identity, died=False, reason="not started"))
            return
        pid = self._parent.fork(lambda parent_gone: self._work(Orders(identity, parent_gone)))
        self._members[pid] = Member(identity, time.monotonic())

    def _reap(self) -> None:
        for pid in list(self._members):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._departed(self._members.pop(pid), os.waitstatus_to_exitcode(status))

    def _departed(self, member: Member, code: int) -> None:
        left = self._stop_at is not None or (code == SOLO_DONE and member.identity.solo)
        reason = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        self._keeper.depart(Departure(identity=member.identity, died=not left, reason=reason))
        if left:
            return
        logger.error("a worker process died", extra={"action": "worker_died", "reason": reason})
        if not member.identity.solo:
            self._pause.follow(short_life=time.monotonic() - member.started_at < self.SHORT_LIFE_SECONDS)

    def _workers(self) -> dict[str, int]:
        """Every worker whose lease is kept here, with its process."""
        workers = {member.identity.worker: pid for pid, member in self._members.items()}
        return workers | ({self._ward.identity.worker: self._ward.pid} if self._ward else {})

    # --- signals ------------------------------------------------------------------------------------

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """The first one counts; platforms send it several times, and to the children as well."""
        if self._stop_at is None:
            self._begin_stop()
        self._signal_all(signal.SIGTERM)

    def _begin_stop(self) -> None:
        self._stop_at = time.monotonic() + self._grace_seconds
        signal.setitimer(signal.ITIMER_REAL, self._grace_seconds + self.END_SECONDS)

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in list(self._members):
            _kill(pid, number)

    def _sleep(self) -> None:
        """Until the next round, or until a signal arrives or the grace is over."""
        seconds = self.ROUND_SECONDS
        if self._stop_at is not None:
            seconds = max(0.01, min(seconds, self._stop_at - time.monotonic()))
        ended = self._parent.sleep(seconds, watched=[self._ward.farewell] if self._ward else [])
        # What its process forked may hold the pipe open; who the parent is tells of its end all the same.
        if self._ward and (ended or os.getppid() != self._ward.pid):
            self._lose(self._ward)

    def _lose(self, ward: Ward) -> None:
        """It was forked by its ward, and ends with it."""
        said, _, _ = select.select([ward.farewell], [], [], 0)
        died = not (said and os.read(ward.farewell, 1))
        self._keeper.depart(Departure(identity=ward.identity, died=died, reason="its process ended"))
        self._ward = None
        self._begin_stop()
        self._signal_all(signal.SIGTERM)


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        logger.debug("already gone", extra={"action": "kill_missed", "pid": pid})
