"""Waiting for the end of everything that was sent."""

from tests.benchmarks.ground import Ground
from tests.benchmarks.layers.commands import OURS, Layer
from tests.support.processes import ChildProcess, wait_until

DEADLINE_SECONDS = 180.0
UNENDED = "SELECT count(*) FILTER (WHERE status <> 'succeeded') FROM tasks_invocation"
LAST_END = "SELECT extract(epoch FROM max(finished_at))::float8 FROM tasks_invocation"


def wait_for(ground: Ground, worker: ChildProcess, layer: Layer, count: int) -> float:
    """When the last of the first `count` calls ended: as the ledger has it, or else as its task began."""

    def all_begun() -> bool:
        assert worker.is_running(), f"the worker of {layer.key} ended:\n{worker.output}"
        return ground.board.count_begun(count) == count

    wait_until(all_begun, DEADLINE_SECONDS, f"{count} calls begun by {layer.key}")
    if layer.key != OURS:
        return max(ground.board.began[:count])
    wait_until(lambda: ground.query(UNENDED) == (0,), DEADLINE_SECONDS, "every invocation succeeded")
    return float(ground.query(LAST_END)[0])
