"""Whether the list of files costs more the more files there are."""

import os
from collections.abc import Mapping
from typing import ClassVar

import psycopg2

from tests.benchmarks import sites
from tests.benchmarks.benchmark import Benchmark, Turns, compare
from tests.benchmarks.figures import Figure, grouped
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.sites import BARE, Site
from tests.support import databases

SMALL = "the same at 1 000 rows"
SMALL_ROWS = 1_000
ANSWER_BYTES = 350_000
#: All that the table's rules want, every third one processed.
FILL = """
INSERT INTO files_file (
    file, uploaded_at, processed, name, size, content_type, kind, declared_type, status, progress,
    error_code, error_detail, result, thumbnail, invocation_id
)
SELECT 'files/00/' || n, now(), n % 3 = 0, 'notes-' || n || '.txt', 10000 + n, 'text/plain', 'text', 'text/plain',
    CASE WHEN n % 3 = 0 THEN 'processed' ELSE 'queued' END, 0, '', '', '{{"lines": 3}}'::jsonb, '', n::text
FROM generate_series(1, {rows}) AS n
"""


class FilesList(Benchmark):
    """Two databases that differ in nothing but the number of their files; the first page of 1 000 files of each."""

    name = "files_list"
    summary = "a list of 1 000 files among 1 000 000 beside the same among 1 000"
    contestants: ClassVar = (OURS, SMALL, BARE)

    def prepare(self) -> None:
        self._sites = {
            OURS: Site(environment={"DATABASE_URL": _filled(self._rows())}),
            SMALL: Site(environment={"DATABASE_URL": _filled(SMALL_ROWS)}),
            BARE: sites.bare(ANSWER_BYTES),
        }

    def turn(self, contestant: str) -> Mapping[str, float]:
        with sites.serve(self.ground, self._sites[contestant]) as served:
            seconds = self.effort.size(full=8.0, quick=2.0)
            return sites.load(served, sites.get("/api/v1/files/"), seconds=seconds, expected_status=200)

    def figures(self, turns: Turns) -> list[Figure]:
        what = f"list of 1 000 files among {grouped(self._rows())}, 16 connections"
        reach = {SMALL: 0.8, BARE: None}
        return compare(turns, "per_second", what=what, unit="requests/s", better="higher", reach=reach)

    def _rows(self) -> int:
        return self.effort.size(full=1_000_000, quick=50_000)


def _filled(rows: int) -> str:
    """The address of a new, migrated database with so many files."""
    url = databases.create_database(os.environ["DATABASE_URL"])
    databases.migrate({**os.environ, "DATABASE_URL": url})
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(rows=rows))
        cursor.execute("VACUUM ANALYZE files_file")
    connection.close()
    return url
