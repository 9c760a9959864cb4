"""How fast calls are worked off that are sent one by one, meanwhile."""

from collections.abc import Mapping
from typing import ClassVar

from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.board import WARM_UP
from tests.benchmarks.cases import ends
from tests.benchmarks.figures import Figure, grouped, percentile
from tests.benchmarks.layers.commands import CELERY, DRAMATIQ, OURS


class Live(Benchmark):
    """From the first call of `send` to the last task's end; the worker is up and warm."""

    name = "live"
    summary = "the same number sent one by one from one thread while being drained, send to done"
    contestants: ClassVar = (OURS, CELERY, DRAMATIQ)

    def turn(self, contestant: str) -> Mapping[str, float]:
        count, layer, board = self._count(), self.ground.layers[contestant], self.ground.board
        self.ground.clean()
        with self.ground.worker(layer) as worker, self.ground.sender(layer) as sender:
            sender.pace(5, first=WARM_UP)
            sender.burst(50, first=WARM_UP + 5)
            sender.burst(count)
            ended_at = ends.wait_for(self.ground, worker, layer, count)
        waits = [began - sent for sent, began in zip(board.sent[:count], board.began[:count], strict=True)]
        return {
            "per_second": count / (ended_at - board.sent[0]),
            "wait_ms": 1000 * percentile(waits, 0.5),
        }

    def figures(self, turns: Turns) -> list[Figure]:
        what = f"{grouped(self._count())} no-ops sent one by one while being drained"
        reach = {CELERY: 1.5, DRAMATIQ: None}
        return [
            *compare(turns, "per_second", what=what, unit="tasks/s", better="higher", reach=reach),
            *compare(
                turns,
                "wait_ms",
                what="median wait of a task meanwhile",
                unit="ms",
                better="lower",
                reach={CELERY: None},
            ),
        ]

    def _count(self) -> int:
        return self.effort.size(full=10_000, quick=2_000)
