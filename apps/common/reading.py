"""Reads that come with every request: planned once for a connection, and not broken by a restart of PostgreSQL; and
reads of one moment.

To plan such a statement takes PostgreSQL longer than to run it, and psycopg2 prepares nothing by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from psycopg2 import errors

#: What is raised where a pooler hands our statements to different sessions, or where a table has another shape by now.
NOT_AS_PREPARED = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)
#: Connection of psycopg2 → the names of what is prepared for it; None: nothing more is.
_prepared: "WeakKeyDictionary[Any, set[str] | None]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Read:
    """A statement that only reads, with `%s` for a parameter, and the name under which it is prepared."""

    name: str
    sql: str


def first_row(read: Read, *parameters: Any) -> Any:
    """The first row, or None. One round trip, and one more with a connection's first.

    Django would send `SELECT 1` first, to find connections that a restart of PostgreSQL has broken. This statement
    finds them itself, and as a read it can be sent again.
    """
    if connection.in_atomic_block:
        return _fetch(read.sql, parameters)
    connection.health_check_done = True  # type: ignore[attr-defined] # not in the stubs
    try:
        return _fetch_prepared(read, parameters)
    except (OperationalError, InterfaceError):
        connection.close()
        return _fetch_prepared(read, parameters)


@contextmanager
def one_moment() -> Iterator[None]:
    """What is read in here is of one moment, whatever others commit meanwhile; nothing can be written in here. Inside
    a transaction, which has begun with moments of its own, it is not."""
    nested = connection.in_atomic_block
    with transaction.atomic(savepoint=False):
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _fetch_prepared(read: Read, parameters: tuple[Any, ...]) -> Any:
    connection.ensure_connection()
    names = _prepared.setdefault(connection.connection, set())
    if names is None:
        return _fetch(read.sql, parameters)
    try:
        if read.name not in names:
            _prepare(read, len(parameters))
            names.add(read.name)
        return _fetch(f"EXECUTE {read.name}{_places(parameters)}", parameters)
    except DatabaseError as error:
        if not isinstance(error.__cause__, NOT_AS_PREPARED):
            raise
        _prepared[connection.connection] = None
        return _fetch(read.sql, parameters)


def _prepare(read: Read, number: int) -> None:
    numbered = read.sql % tuple(f"${place}" for place in range(1, number + 1))
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE {read.name} AS {numbered}")


def _places(parameters: tuple[Any, ...]) -> str:
    return f"({', '.join(['%s'] * len(parameters))})" if parameters else ""


def _fetch(statement: str, parameters: tuple[Any, ...]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchone()
