"""How many readers of the five best customers a web process answers."""

from collections.abc import Mapping
from typing import ClassVar

import requests

from tests.benchmarks import deals_file, sites
from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.sites import BARE, PLAIN, Site

PATH = "/api/v1/deals/"
ROWS = 10_000


class DealsGet(Benchmark):
    """The plain view answers the same bytes as a constant; ours asks PostgreSQL each time which answer is the right
    one."""

    name = "deals_get"
    summary = "GET of the five best customers over 16 connections"
    contestants: ClassVar = (OURS, PLAIN, BARE)

    def prepare(self) -> None:
        path = self.ground.folder / "deals.csv"
        deals_file.write(path, ROWS)
        with sites.serve(self.ground, Site()) as served:
            address = f"http://127.0.0.1:{served.port}{PATH}"
            requests.post(address, files={"deals": path.open("rb")}, timeout=60).raise_for_status()
            answer = requests.get(address, timeout=10).content
        self._sites = sites.answering(answer)

    def turn(self, contestant: str) -> Mapping[str, float]:
        with sites.serve(self.ground, self._sites[contestant]) as served:
            seconds = self.effort.size(full=8.0, quick=2.0)
            return sites.load(served, sites.get(PATH), seconds=seconds, expected_status=200)

    def figures(self, turns: Turns) -> list[Figure]:
        what = "five best customers, 16 connections"
        reach = {PLAIN: 0.65, BARE: None}
        return [
            *compare(turns, "per_second", what=what, unit="requests/s", better="higher", reach=reach),
            *compare(turns, "p99_ms", what=f"{what}: p99", unit="ms", better="lower", reach={PLAIN: None}),
        ]
