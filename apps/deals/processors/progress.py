"""Tells readers how far an import is, while its own transaction is still open."""

import logging
import time
from types import TracebackType
from typing import Self

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)

SECONDS = 1.0
NOTE = "UPDATE deals_import SET progress = %s, rows = %s WHERE id = %s AND status = 'importing'"


class Progress:
    """Writes an import's progress at most once a second, on a connection of its own that short imports never open."""

    def __init__(self, import_id: int, total_bytes: int) -> None:
        self._import_id = import_id
        self._total_bytes = total_bytes
        self._noted_at = time.monotonic()
        self._connection: BaseDatabaseWrapper | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def note(self, done_bytes: int, rows: int) -> None:
        now = time.monotonic()
        if now - self._noted_at < SECONDS:
            return
        self._noted_at = now
        percent = min(99, 100 * done_bytes // max(self._total_bytes, 1))  # 100 comes with the outcome
        if self._connection is None:
            self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(NOTE, [percent, rows, self._import_id])
        except DatabaseError as error:  # nothing is lost but a number; the import has a connection of its own
            logger.warning("progress not noted", extra={"action": "progress_not_noted", "reason": str(error)})
            self._connection.close()
