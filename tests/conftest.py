"""Gives the suite its real PostgreSQL and Redis, and the fixtures for tests that run real processes."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
import redis
from django.conf import settings
from django.test import override_settings

from apps.common import log_context
from apps.ops.embedded import ports
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.support import databases, processes, session

# While this file is imported, so that whatever is imported after it may use models. The module's name does not
# stay in the environment: workers of pytest-xdist would read the settings before they have come here.
if settings.configured:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the suite sets its environment itself.")
SESSION = session.begin(sys.argv[1:])
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    if SESSION is not None:
        SESSION.end()


@pytest.hookimpl(trylast=True)  # after the shuffle: among themselves, the files of each kind stay in random order
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that at the end short ones fill up whichever half of a run is done sooner."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow and not {"acceptance", "browser"} & set(item.path.parts))


@pytest.fixture(scope="session", autouse=True)
def plain_static_files() -> Iterator[None]:
    """Pages rendered inside the test process need no collected files; those of a real web process do."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        yield


@pytest.fixture(autouse=True)
def no_request() -> None:
    """Requests of the test before this one, which the same thread made, have caused nothing in this one."""
    log_context.begin()


@pytest.fixture
def redis_client() -> Iterator["redis.Redis[Any]"]:
    """A client of the settings' Redis, emptied before the test."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[..., processes.ChildProcess]]:
    """`start_process(command, env=…)` starts a child; whatever of it still runs at the end is killed."""
    children: list[processes.ChildProcess] = []

    def start(command: list[str], *, env: dict[str, str]) -> processes.ChildProcess:
        child = processes.ChildProcess(command, env=env, output_path=tmp_path / f"output-{len(children)}.txt")
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill_all()


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder of the test's own that every system user can pass through; removed after the test."""
    folder = session.make_folder(Path(os.environ["DATA_DIR"]).parent)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # children of a server that was killed may still write


@pytest.fixture
def own_redis(own_folder: Path) -> Iterator[RedisServer]:
    """A Valkey that belongs to this test: stop, start, kill, flush or limit it."""
    server = RedisServer(own_folder / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_redis() -> Iterator[RedisServer]:
    """A Redis of a module's own; each of its tests leaves it running."""
    folder = session.make_folder(Path(os.environ["DATA_DIR"]).parent)
    server = RedisServer(folder / "redis")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def own_postgres(own_folder: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL that belongs to this test: stop, start or kill it."""
    server = PostgresServer(own_folder / "postgres")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def collected_static_files() -> None:
    """What a web process needs before it can answer with a page."""
    processes.run([*processes.MANAGE, "collectstatic", "--no-input", "--skip-checks"], env=dict(os.environ))


@pytest.fixture(scope="session")
def migrated_template() -> Iterator[str]:
    """The name of a migrated database on the session's PostgreSQL that others are copied from."""
    url = databases.create_database(os.environ["DATABASE_URL"])
    databases.migrate({**os.environ, "DATABASE_URL": url})
    yield databases.database_name(url)
    databases.drop_database(url)


@pytest.fixture
def service_environment(
    request: pytest.FixtureRequest,
    own_folder: Path,
    own_redis: RedisServer,
    collected_static_files: None,
) -> Iterator[dict[str, str]]:
    """The whole environment for `manage.py serve` and `manage.py worker`: nothing in it is shared.

    The database is migrated and empty. It lies on the session's PostgreSQL, or on `own_postgres` when the test
    asks for that as well. Redis is `own_redis`.
    """
    environment = {
        **os.environ,
        "REDIS_URL": own_redis.url(),
        "DATA_DIR": str(own_folder / "data"),
        "PORT": str(ports.find_free_port()),
    }
    if "own_postgres" in request.fixturenames:
        environment["DATABASE_URL"] = request.getfixturevalue("own_postgres").url()
        databases.migrate(environment)
        yield environment
        return
    template = request.getfixturevalue("migrated_template")
    environment["DATABASE_URL"] = databases.create_database(os.environ["DATABASE_URL"], template=template)
    yield environment
    databases.drop_database(environment["DATABASE_URL"])
