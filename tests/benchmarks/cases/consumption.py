"""What a worker uses up in a while: commands to Redis, and time of the processor."""

import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from tests.benchmarks.ground import Ground
from tests.support.processes import ChildProcess


class Consumption:
    """Counts from its making to `rates`."""

    def __init__(self, ground: Ground, worker: ChildProcess) -> None:
        self._ground = ground
        self._worker = worker
        self._began_at = time.monotonic()
        self._before = self._totals()

    def rates(self) -> dict[str, float]:
        """`redis_commands` a second; `worker_cpu` and, with the servers, `all_cpu`, in % of a core."""
        seconds = time.monotonic() - self._began_at
        now = self._totals()
        spent = {key: (now[key] - self._before[key]) / seconds for key in now}
        return {
            "redis_commands": spent["commands"],
            "worker_cpu": 100 * spent["worker"],
            "all_cpu": 100 * (spent["worker"] + spent["servers"]),
        }

    def _totals(self) -> dict[str, float]:
        servers = [family for root in self._ground.server_processes() for family in (root, *root.children())]
        return {
            "commands": self._commands(),
            "worker": _processor_seconds(self._worker.processes()),
            "servers": _processor_seconds(servers),
        }

    def _commands(self) -> float:
        """All that anybody has sent to Redis, but for this question."""
        asked = self._ground.redis.info("commandstats")
        return sum(float(stats["calls"]) for name, stats in asked.items() if not name.startswith("cmdstat_info"))


def _processor_seconds(processes: Iterable[psutil.Process]) -> float:
    """Of all their threads, from where Linux has it in nanoseconds: what tools show comes in steps of 10 ms, which is
    as much as an idle process uses in seconds. Threads that have ended are not in it."""
    files = [path for process in processes for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
    return sum(int(path.read_text().split()[0]) for path in files) / 1e9
