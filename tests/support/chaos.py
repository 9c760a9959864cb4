"""Kills worker processes at random moments, and tells how long what they were running lay idle."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from tests.support.probes.traces import Start
from tests.support.processes import wait_until
from tests.support.service import Ledger, WorkerCommand

SEED = 20


@dataclass
class Chaos:
    """Kills what it is given and remembers when: pid → time.time().

    The third death of a process that ran nothing but one task quarantines the task, and rightly: nobody can tell
    who killed it. So a task that was hit twice is spared until it has ended.
    """

    ledger: Ledger
    moments: random.Random = field(default_factory=lambda: random.Random(SEED))
    killed_at: dict[int, float] = field(default_factory=dict)

    def kill_child(self, worker: WorkerCommand) -> None:
        """One child, any, at some moment of its work."""
        time.sleep(self.moments.uniform(0, 0.15))
        wait_until(self._nobody_was_hit_twice, 15, "the end of what was killed twice")
        victim = self.moments.choice(wait_until(worker.children, 15, "a child to be killed"))
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            return
        self.killed_at[victim.pid] = time.time()

    def kill_worker(self, worker: WorkerCommand) -> None:
        """Parent and children at once, as the death of a machine does."""
        wait_until(self._nobody_was_hit_twice, 15, "the end of what was killed twice")
        pids = [process.pid for process in worker.process.processes()]
        worker.kill_all()
        self.killed_at |= dict.fromkeys(pids, time.time())

    def redelivery_seconds(self, starts: Sequence[Start]) -> list[float]:
        """From each kill to the next start of each task that the killed process was running."""
        delays = []
        for start in starts:
            later = [s.at for s in starts if s.invocation == start.invocation and s.attempt > start.attempt]
            if later and start.pid in self.killed_at:
                delays.append(min(later) - self.killed_at[start.pid])
        return delays

    def _nobody_was_hit_twice(self) -> bool:
        statement = "SELECT count(*) FROM tasks_invocation WHERE deaths > 1 AND finished_at IS NULL"
        return bool(self.ledger.one(statement) == 0)
