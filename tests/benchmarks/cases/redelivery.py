"""How long the work of a killed process lies idle."""

import os
import signal
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import psutil

from tests.benchmarks.benchmark import Benchmark, Turns
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.ground import Ground
from tests.benchmarks.layers.commands import OURS
from tests.support.processes import ChildProcess, wait_until

DEADLINE_SECONDS = 60.0
#: A process that dies younger is taken for one that cannot start, and its replacement is held back.
GROWN_UP_SECONDS = 5.5


class Redelivery(Benchmark):
    """From `kill -9` of the process that runs a task to the first line of its next attempt, as seen on the same clock:
    once killing only that process of a worker, once killing all of the worker beside which another one runs."""

    name = "redelivery"
    summary = "kill -9 of a worker process, time until its task runs again"
    contestants: ClassVar = (OURS,)

    def turn(self, contestant: str) -> Mapping[str, Any]:
        self.ground.clean()
        layer = self.ground.layers[contestant]
        with self.ground.worker(layer) as worker, self.ground.sender(layer, "send_held") as sender:
            waits = []
            for row in range(self.effort.size(full=10, quick=3)):
                sender.burst(1, first=row)
                waits.append(_kill_runner(self.ground, worker, row))
        return {"waits": waits, "whole_waits": self._kill_workers(self.effort.size(full=4, quick=1))}

    def _kill_workers(self, number: int) -> list[float]:
        """One worker is killed with all of its processes; the other one has to find out."""
        self.ground.clean()
        layer = self.ground.layers[OURS]
        waits = []
        with self.ground.sender(layer, "send_held") as sender:
            for row in range(number):
                doomed = self.ground.start(layer.worker, layer.environment)
                sender.burst(1, first=row)
                _wait_for_begin(self.ground, doomed, row)
                with self.ground.worker(layer):
                    wait_until(self._two_lead, DEADLINE_SECONDS, "both workers at work")
                    killed_at = time.time()
                    doomed.kill_all()
                    waits.append(_wait_for_next(self.ground, row) - killed_at)
        return waits

    def _two_lead(self) -> bool:
        """Both workers have opened the leases of their processes."""
        (leases,) = self.ground.query("SELECT count(*) FROM tasks_workerprocess")
        return bool(leases >= 4)

    def figures(self, turns: Turns) -> list[Figure]:
        """The percentiles are of all rounds together: the rounds alone are too few."""
        lines = (("waits", "one process of a worker"), ("whole_waits", "a whole worker"))
        figures = []
        for key, what in lines:
            waits = [wait for turn in turns[OURS] for wait in turn[key]]
            for share, name, reach in ((0.5, "median", None), (0.99, "p99", 20.0)):
                figures.append(
                    Figure(
                        what=f"kill -9 of {what} to the next attempt, {name} of {len(waits)}",
                        unit="s",
                        ours=[percentile(waits, share)],
                        better="lower",
                        reach=reach,
                    )
                )
        return figures


def _kill_runner(ground: Ground, worker: ChildProcess, row: int) -> float:
    _wait_for_begin(ground, worker, row)
    runner = psutil.Process(int(ground.board.pid[row]))
    wait_until(lambda: time.time() - runner.create_time() > GROWN_UP_SECONDS, DEADLINE_SECONDS, "a grown-up process")
    killed_at = time.time()
    os.kill(runner.pid, signal.SIGKILL)
    return _wait_for_next(ground, row) - killed_at


def _wait_for_begin(ground: Ground, worker: ChildProcess, row: int) -> None:
    def begun() -> bool:
        assert worker.is_running(), worker.output
        return bool(ground.board.began[row])

    wait_until(begun, DEADLINE_SECONDS, f"call {row} begun")


def _wait_for_next(ground: Ground, row: int) -> float:
    return wait_until(lambda: ground.board.began_again[row], DEADLINE_SECONDS, f"call {row} begun again")
