"""How many uploads a web process takes in."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from tests.benchmarks import sites
from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.sites import BARE, PLAIN, Site
from tests.support.processes import MANAGE, run

CONTENT = b"Ten kilobytes of a text that somebody keeps.\n" * 228
ANSWER_BYTES = 400


class Upload(Benchmark):
    """No worker runs: what is measured is taking in, not processing. The plain view waits for no disk but the commit's;
    ours flushes the file, and records the file and its task in one transaction."""

    name = "upload"
    summary = "POST of a 10 KB file, durable and its task recorded, over 16 connections"
    contestants: ClassVar = (OURS, PLAIN, BARE)

    def prepare(self) -> None:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": sites.plain().settings}
        run([*MANAGE, "migrate", "--run-syncdb", "--skip-checks", "--verbosity", "0"], env=environment)

    def turn(self, contestant: str) -> Mapping[str, float]:
        self._clean()
        known = {OURS: Site(), PLAIN: sites.plain(), BARE: sites.bare(ANSWER_BYTES)}
        with sites.serve(self.ground, known[contestant]) as served:
            seconds = self.effort.size(full=8.0, quick=2.0)
            return sites.load(served, sites.upload(CONTENT), seconds=seconds, expected_status=201)

    def figures(self, turns: Turns) -> list[Figure]:
        what = "upload of 10 KB, 16 connections"
        return [
            *compare(
                turns, "per_second", what=what, unit="requests/s", better="higher", reach={PLAIN: 0.6, BARE: None}
            ),
            *compare(turns, "p99_ms", what=f"{what}: p99", unit="ms", better="lower", reach={PLAIN: None}),
        ]

    def _clean(self) -> None:
        self.ground.clean()
        with self.ground.ledger.cursor() as cursor:
            cursor.execute("TRUNCATE files_file, web_storedfile")
        shutil.rmtree(Path(os.environ["DATA_DIR"]) / "media", ignore_errors=True)
