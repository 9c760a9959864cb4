"""How many readers of the list of pages a web process answers."""

from collections.abc import Mapping
from typing import ClassVar

import requests

from tests.benchmarks import pages_data, sites
from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.sites import BARE, PLAIN, Site

PATH = "/api/v1/pages/"
PAGES = 10_000


class PagesList(Benchmark):
    """The first 20 of 10 000 pages; the plain view answers the same bytes as a constant."""

    name = "pages_list"
    summary = "a list of 20 pages among 10 000 over 16 connections"
    contestants: ClassVar = (OURS, PLAIN, BARE)

    def prepare(self) -> None:
        pages_data.fill(pages=PAGES, contents=1)
        with sites.serve(self.ground, Site()) as served:
            answer = requests.get(f"http://127.0.0.1:{served.port}{PATH}", timeout=10).content
        self._sites = sites.answering(answer)

    def turn(self, contestant: str) -> Mapping[str, float]:
        with sites.serve(self.ground, self._sites[contestant]) as served:
            seconds = self.effort.size(full=8.0, quick=2.0)
            return sites.load(served, sites.get(PATH), seconds=seconds, expected_status=200)

    def figures(self, turns: Turns) -> list[Figure]:
        what = "list of 20 pages among 10 000, 16 connections"
        reach = {PLAIN: 0.3, BARE: None}
        return compare(turns, "per_second", what=what, unit="requests/s", better="higher", reach=reach)
