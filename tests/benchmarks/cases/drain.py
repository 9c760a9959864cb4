"""How fast a backlog is worked off."""

from collections.abc import Mapping
from typing import ClassVar

from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.cases import ends
from tests.benchmarks.figures import Figure, grouped
from tests.benchmarks.layers.commands import CELERY, DRAMATIQ, OURS


class Drain(Benchmark):
    """From the first task's begin to the last one's end, so that nobody's start counts. The backlog is sent before a
    worker runs. Ours has ended when the ledger says so; the others when the last task has begun, which flatters them.
    """

    name = "drain"
    summary = "a backlog of durable no-ops drained by two processes"
    contestants: ClassVar = (OURS, CELERY, DRAMATIQ)

    def turn(self, contestant: str) -> Mapping[str, float]:
        count, layer = self._count(), self.ground.layers[contestant]
        self.ground.clean()
        with self.ground.sender(layer) as sender:
            sender.burst(count)
        with self.ground.worker(layer) as worker:
            ended_at = ends.wait_for(self.ground, worker, layer, count)
        return {"per_second": count / (ended_at - min(self.ground.board.began[:count]))}

    def figures(self, turns: Turns) -> list[Figure]:
        what = f"backlog of {grouped(self._count())} no-ops drained, 2 processes"
        reach = {CELERY: 6.0, DRAMATIQ: None}
        return compare(turns, "per_second", what=what, unit="tasks/s", better="higher", reach=reach)

    def _count(self) -> int:
        return self.effort.size(full=10_000, quick=2_000)
