"""How many readers of a page a web process answers, each counted."""

from collections.abc import Mapping
from typing import ClassVar

import requests

from tests.benchmarks import pages_data, sites
from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.sites import BARE, PLAIN, Site
from tests.support.processes import MANAGE, wait_until

CONTENTS = 15


class PagesGet(Benchmark):
    """The plain view answers the same bytes as a constant; ours counts a view of each content as well, and a worker
    on the same machine applies them meanwhile."""

    name = "pages_get"
    summary = "GET of a page of 15 contents over 16 connections, each request counted"
    contestants: ClassVar = (OURS, PLAIN, BARE)

    def prepare(self) -> None:
        self._path = f"/api/v1/pages/{pages_data.fill(pages=1, contents=CONTENTS)}/"
        with sites.serve(self.ground, Site()) as served:
            answer = requests.get(f"http://127.0.0.1:{served.port}{self._path}", timeout=10).content
        self._sites = sites.answering(answer)

    def turn(self, contestant: str) -> Mapping[str, float]:
        worker = self.ground.start([*MANAGE, "worker"]) if contestant == OURS else None
        with sites.serve(self.ground, self._sites[contestant]) as served:
            if worker:  # its start would take a good part of the machine
                requests.get(f"http://127.0.0.1:{served.port}{self._path}", timeout=10).raise_for_status()
                wait_until(self._all_is_applied, 30, "the worker applies views")
            seconds = self.effort.size(full=8.0, quick=2.0)
            measured = sites.load(served, sites.get(self._path), seconds=seconds, expected_status=200)
        if worker:
            worker.terminate(30)
        return measured

    def _all_is_applied(self) -> bool:
        return not any(self.ground.redis.xlen(stream) for stream in self.ground.redis.scan_iter("understudy:tally:*"))

    def figures(self, turns: Turns) -> list[Figure]:
        what = "page of 15 contents, counted, 16 connections"
        reach = {PLAIN: 0.65, BARE: None}
        return [
            *compare(turns, "per_second", what=what, unit="requests/s", better="higher", reach=reach),
            *compare(turns, "p99_ms", what=f"{what}: p99", unit="ms", better="lower", reach={PLAIN: None}),
        ]
