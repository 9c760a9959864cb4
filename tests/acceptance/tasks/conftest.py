"""The service under test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.support import databases, session
from tests.support.processes import ChildProcess
from tests.support.service import Service


@pytest.fixture
def service(service_environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> Iterator[Service]:
    """An empty service of the test's own with the probes' table; no worker runs yet. For a PostgreSQL that may be
    restarted the test asks for `own_postgres` as well."""
    service = Service(service_environment, start_process)
    yield service
    service.end()


@pytest.fixture(scope="session")
def lasting_postgres() -> Iterator[PostgresServer]:
    folder = session.make_folder(Path(os.environ["DATA_DIR"]).parent)
    server = PostgresServer(folder / "postgres")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def own_postgres(lasting_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A PostgreSQL to be restarted. To make one takes seconds: each test finds the last one's running and emptied."""
    yield lasting_postgres
    if not lasting_postgres.is_running():
        lasting_postgres.start()
    databases.drop_database(lasting_postgres.url())
    with databases.statements(lasting_postgres.url()) as cursor:
        cursor.execute(f"CREATE DATABASE {databases.database_name(lasting_postgres.url())}")


@pytest.fixture(scope="module")
def shared_service(
    migrated_template: str, shared_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that all tests of a module share, with the worker that the module starts: to start one for each test
    would take longer than the tests. They look at their own invocations only."""
    children: list[ChildProcess] = []

    def start(command: list[str], *, env: dict[str, str]) -> ChildProcess:
        output_path = tmp_path_factory.mktemp("worker") / "output.txt"
        children.append(ChildProcess(command, env=env, output_path=output_path))
        return children[-1]

    environment = {
        **os.environ,
        "DATABASE_URL": databases.create_database(os.environ["DATABASE_URL"], template=migrated_template),
        "REDIS_URL": shared_redis.url(),
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
    }
    service = Service(environment, start)
    yield service
    service.end()
    for child in children:
        child.kill_all()
    databases.drop_database(environment["DATABASE_URL"])
