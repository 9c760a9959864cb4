"""Databases of one test's own on a running PostgreSQL, copied from a migrated template in milliseconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from tests.support.processes import MANAGE, run
from tests.support.session import unused_name, with_path


@contextmanager
def statements(url: str) -> Iterator[Any]:
    """A cursor on the server's `postgres` database, outside of any transaction."""
    connection = psycopg2.connect(with_path(url, "postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def create_database(url: str, *, template: str = "template0") -> str:
    """Create a database and return its address."""
    name = unused_name("test_service")
    with statements(url) as cursor:
        # Without STRATEGY the copy goes through the write-ahead log page by page, which for a schema without
        # rows is the quicker way: no checkpoint is forced.
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return with_path(url, name)


def drop_database(url: str) -> None:
    with statements(url) as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {database_name(url)} WITH (FORCE)")


def database_name(url: str) -> str:
    return url.rpartition("/")[2]


def migrate(environment: dict[str, str]) -> None:
    run([*MANAGE, "migrate", "--skip-checks", "--verbosity", "0"], env=environment)
