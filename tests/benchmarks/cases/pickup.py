"""How soon an idle worker begins, and what it costs while it has nothing to do."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.board import WARM_UP
from tests.benchmarks.cases.consumption import Consumption
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.layers.commands import CELERY, OURS

#: After the last task, until a worker has come to rest.
SETTLE_SECONDS = 2.0


class Pickup(Benchmark):
    """From the call of `send` to the first line of the task, each sent when everything has come to rest; between
    warming up and the sends the worker is watched doing nothing."""

    name = "pickup"
    summary = "pick-up from idle, and the cost of being idle, two processes"
    contestants: ClassVar = (OURS, CELERY)

    def turn(self, contestant: str) -> Mapping[str, Any]:
        count, layer, board = self.effort.size(full=200, quick=30), self.ground.layers[contestant], self.ground.board
        self.ground.clean()
        with self.ground.worker(layer) as worker, self.ground.sender(layer) as sender:
            sender.pace(10, first=WARM_UP)
            time.sleep(SETTLE_SECONDS)
            consumption = Consumption(self.ground, worker)
            time.sleep(self.effort.size(full=10.0, quick=4.0))
            idle = consumption.rates()
            sender.pace(count)
        waits = [1000 * (began - sent) for sent, began in zip(board.sent[:count], board.began[:count], strict=True)]
        return {"p50_ms": percentile(waits, 0.5), "p99_ms": percentile(waits, 0.99), **idle}

    def figures(self, turns: Turns) -> list[Figure]:
        lines = (
            ("p50_ms", "pick-up from idle, median", "ms", 1.0),
            ("p99_ms", "pick-up from idle, p99", "ms", 1.0),
            ("redis_commands", "idle: Redis commands", "/s", None),
            ("worker_cpu", "idle: CPU of the worker", "% of a core", None),
            ("all_cpu", "idle: CPU of the worker, PostgreSQL and Valkey", "% of a core", None),
        )
        return [
            figure
            for key, what, unit, reach in lines
            for figure in compare(turns, key, what=what, unit=unit, better="lower", reach={CELERY: reach})
        ]
