"""What a send costs its caller."""

from collections.abc import Mapping
from typing import ClassVar

from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.board import WARM_UP
from tests.benchmarks.figures import Figure
from tests.benchmarks.layers.commands import CELERY, DRAMATIQ, OURS


class Send(Benchmark):
    """Each layer's own send outside of a transaction, one after the other from one thread; no worker runs."""

    name = "send"
    summary = "a durable send outside of a transaction"
    contestants: ClassVar = (OURS, CELERY, DRAMATIQ)
    #: The function of our layer's module.
    ours: ClassVar = "send"

    def turn(self, contestant: str) -> Mapping[str, float]:
        count, layer = self.effort.size(full=5_000, quick=1_000), self.ground.layers[contestant]
        self.ground.clean()
        with self.ground.sender(layer, self.ours if contestant == OURS else "send") as sender:
            sender.burst(50, first=WARM_UP)
            return {"ms": 1000 * sender.burst(count) / count}

    def figures(self, turns: Turns) -> list[Figure]:
        what, reach = "one send, durable, outside of a transaction", {CELERY: 1.5, DRAMATIQ: None}
        return compare(turns, "ms", what=what, unit="ms", better="lower", reach=reach)


class Delay(Send):
    """`delay()` of a task written for Celery. Celery keeps no results here, which is its cheapest."""

    name = "delay"
    summary = "`delay()` of a Celery task"
    contestants: ClassVar = (OURS, CELERY)
    ours: ClassVar = "delay"

    def figures(self, turns: Turns) -> list[Figure]:
        return compare(turns, "ms", what="one `delay()`, durable", unit="ms", better="lower", reach={CELERY: 1.5})
