"""A read that a restart of PostgreSQL does not break, without asking beforehand whether the connection still works."""

from typing import Any

from django.db import InterfaceError, OperationalError, connection


def first_row(statement: str, parameters: list[Any] | None = None) -> Any:
    """The first row of a statement that only reads, or None.

    Django would send `SELECT 1` first, to find connections that a restart of PostgreSQL has broken. This statement
    finds them itself, and as a read it can be sent again.
    """
    if connection.in_atomic_block:
        return _first_row(statement, parameters)
    connection.health_check_done = True  # type: ignore[attr-defined] # not in the stubs
    try:
        return _first_row(statement, parameters)
    except (OperationalError, InterfaceError):
        connection.close()
        return _first_row(statement, parameters)


def _first_row(statement: str, parameters: list[Any] | None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()
