"""Worker processes in the ledger: a lease for each, and how many of a kind are wanted.

A lease is a row with a counter that its keeper moves; what the silence of a counter means is for `reconciler` to say.
"""

from collections.abc import Sequence

from django.db import OperationalError, connection, transaction
from psycopg2.errors import LockNotAvailable

from apps.tasks import ledger
from apps.tasks.errors import RowsHeldError

#: A process that dies takes suspects with it; at the third death the invocation is quarantined as dead.
MOST_DEATHS = 3
#: How long taking back waits for rows that somebody holds: its caller has leases to keep.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s';\n"


def register(worker: str, *, host: str, solo: bool) -> None:
    """Open a lease. A worker claims nothing before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_workerprocess (id, host, solo, beat, beat_at, started_at)"
            " VALUES (%s, %s, %s, 0, clock_timestamp(), clock_timestamp())",
            [worker, host, solo],
        )


def renew(workers: Sequence[str]) -> set[str]:
    """Move the counters of these workers; returns those that still have a lease."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tasks_workerprocess SET beat = beat + 1, beat_at = clock_timestamp()"
            " WHERE id = ANY (%s) RETURNING id",
            [list(workers)],
        )
        return {row[0] for row in cursor.fetchall()}


def beats() -> dict[str, int]:
    """Every worker's counter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, beat FROM tasks_workerprocess")
        return dict(cursor.fetchall())


def take_back(worker: str, *, died: bool, reason: str) -> list[tuple[str, str]]:
    """End a worker's lease and take back what it was running; returns (queue, new status) of each.

    The lease's row goes first: a claim holds a share lock on it, so none of this worker's can slip in behind.
    Taking the same worker back twice finds nothing the second time. Raises RowsHeldError, after a second, when the
    worker was paused inside a transaction: its session ends by itself (LET_GO_WHEN_PAUSED), so try again later.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            end_lease = "DELETE FROM tasks_workerprocess WHERE id = %s"
            cursor.execute(ledger.LET_GO_WHEN_PAUSED + LOCK_TIMEOUT + end_lease, [worker])
            return ledger.take_back(worker, died=died, reason=reason, most_deaths=MOST_DEATHS)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise RowsHeldError(worker) from error
        raise


def count_suspects() -> int:
    """How many queued invocations wait for a solo worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tasks_invocation WHERE status = 'queued' AND deaths > 0")
        return int(cursor.fetchone()[0])


def count_idle(workers: Sequence[str]) -> int:
    """How many of these workers are running nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) AS idle (id) WHERE NOT EXISTS"
            " (SELECT 1 FROM tasks_invocation WHERE status = 'running' AND worker = idle.id)",
            [list(workers)],
        )
        return int(cursor.fetchone()[0])
