"""What a huge import does to the memory of the web process."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import requests

from tests.benchmarks import deals_file, sites
from tests.benchmarks.benchmark import Benchmark, Turns
from tests.benchmarks.figures import Figure, column, grouped
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.memory import forget_peak, peak_mib
from tests.benchmarks.sites import Served, Site

SMALL_ROWS = 10_000
TIMEOUT_SECONDS = 1_800


class DealsMemory(Benchmark):
    """The highest resident memory during the import less that before it, after a small import that loads all code;
    and what a million rows take in it."""

    name = "deals_memory"
    summary = "growth of the web process during an import of 10 000 000 deals, and its time for a million of them"
    contestants: ClassVar = (OURS,)

    def prepare(self) -> None:
        self._small, self._large = (self.ground.folder / name for name in ("small.csv", "large.csv"))
        deals_file.write(self._small, SMALL_ROWS)
        deals_file.write(self._large, self._rows())

    def turn(self, contestant: str) -> Mapping[str, float]:  # noqa: ARG002 — there is but one
        self.ground.clean()
        with self.ground.ledger.cursor() as cursor:
            cursor.execute("TRUNCATE deals_deal, deals_import")
        with sites.serve(self.ground, Site()) as served:
            self._import(served, self._small)
            before = forget_peak(served.process.pid)
            seconds = self._import(served, self._large)
            return {
                "mib": peak_mib(served.process.pid) - before,
                "seconds_a_million": seconds / self._rows() * 1_000_000,
            }

    def figures(self, turns: Turns) -> list[Figure]:
        what = f"import of {grouped(self._rows())} deals"
        return [
            Figure(
                what=f"{what}: growth of the web process",
                unit="MiB",
                ours=column(turns[OURS], "mib"),
                better="lower",
                reach=64.0,
            ),
            Figure(
                what=f"{what}: time for a million of them",
                unit="s",
                ours=column(turns[OURS], "seconds_a_million"),
                better="lower",
            ),
        ]

    def _rows(self) -> int:
        return self.effort.size(full=10_000_000, quick=300_000)

    def _import(self, served: Served, path: Path) -> float:
        """The seconds it took."""
        address = f"http://127.0.0.1:{served.port}/api/v1/deals/"
        began = time.perf_counter()
        with path.open("rb") as file:
            answer = requests.post(address, data=file, headers={"Content-Type": "text/csv"}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return time.perf_counter() - began
