"""Worker processes are killed at random moments; nothing is lost and no effect is repeated."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.support.figures import percentiles_ms
from tests.support.probes.traces import Start
from tests.support.processes import wait_until
from tests.support.service import Ledger, Service, Stream, WorkerCommand

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

    def _nobody_was_hit_twice(self) -> bool:
        statement = "SELECT count(*) FROM tasks_invocation WHERE deaths > 1 AND finished_at IS NULL"
        return bool(self.ledger.one(statement) == 0)


def redelivery_seconds(starts: list[Start], killed_at: dict[int, float]) -> list[float]:
    """From each kill to the next start of each task that the killed process was running."""
    delays = []
    for start in starts:
        later = [s.at for s in starts if s.invocation == start.invocation and s.attempt > start.attempt]
        if later and start.pid in killed_at:
            delays.append(min(later) - killed_at[start.pid])
    return delays


def test_fifty_kills_of_a_child_and_two_of_the_whole_worker_lose_nothing_and_repeat_no_effect(
    service: Service, figure: Callable[[str], None]
) -> None:
    chaos = Chaos(service.ledger)
    lengths = random.Random(SEED)
    worker = service.start_worker_at_work(processes=3, threads=4)
    with Stream(
        service.caller(),
        "record_atomically",
        lambda number: [f"task {number}", lengths.uniform(0.02, 0.1)],
        pause_seconds=0.01,
    ) as stream:
        for number in range(50):
            chaos.kill_child(worker)
            if number in {10, 25}:
                chaos.kill_worker(worker)
                worker = service.start_worker(processes=3, threads=4)
    last_kill = time.monotonic()
    service.ledger.wait_for_status(stream.accepted, "succeeded", 30)
    took = time.monotonic() - last_kill

    assert sorted(e.invocation for e in service.ledger.effects()) == sorted(stream.accepted)
    assert stream.refused == []
    delays = redelivery_seconds(service.starts(), chaos.killed_at)
    figure(f"{len(stream.accepted)} tasks, all ended {took:.1f} s after the last kill")
    figure(f"from a kill to the next start: {percentiles_ms(delays)}, {len(delays)} redeliveries")
