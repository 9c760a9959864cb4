"""The suite's own ground: real servers, and databases that no two tests share."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis
from django.db import connection

from apps.ops.embedded.endings import is_gone
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.support.processes import ChildProcess, wait_until

#: What conftest.py does at its start.
SESSION = """
import time
from tests.support import session
print("folder:", session.begin(["tests"]).folder, flush=True)
time.sleep(60)
"""


@pytest.mark.django_db
def test_the_database_of_the_settings_is_postgresql_with_durable_commits() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), current_setting('fsync'), current_setting('synchronous_commit')")
        version, fsync, synchronous_commit = cursor.fetchone()

    assert version.startswith("PostgreSQL")
    assert (fsync, synchronous_commit) == ("on", "on")


def test_the_redis_of_the_settings_keeps_what_it_is_told(redis_client: "redis.Redis[Any]") -> None:
    redis_client.set("key", "value")

    assert redis_client.get("key") == b"value"


def test_a_service_environment_has_a_migrated_database_apart_from_the_suites(
    service_environment: dict[str, str],
) -> None:
    database = psycopg2.connect(service_environment["DATABASE_URL"])
    with database, database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 0
    database.close()

    assert service_environment["DATABASE_URL"] != os.environ["DATABASE_URL"]
    assert service_environment["REDIS_URL"] != os.environ["REDIS_URL"]


def test_a_service_environment_lies_on_the_tests_own_servers_where_it_asks_for_them(
    service_environment: dict[str, str], own_postgres: PostgresServer, own_redis: RedisServer
) -> None:
    assert service_environment["DATABASE_URL"] == own_postgres.url()
    assert service_environment["REDIS_URL"] == own_redis.url()


def test_a_session_that_is_killed_leaves_neither_servers_nor_folder(
    start_process: Callable[..., ChildProcess],
) -> None:
    # Neither given servers nor one of pytest-xdist's workers, which would use those of the run it belongs to.
    inherited = re.compile(r"PYTEST_|.*_URL$")
    of_its_own = {name: value for name, value in os.environ.items() if not inherited.match(name)}
    session = start_process([sys.executable, "-c", SESSION], env=of_its_own)
    folder = Path(session.wait_for_output("folder:").partition("folder:")[2].strip())
    servers = [int(path.read_text().split()[0]) for path in folder.glob("*/**/*.pid")]
    assert len(servers) == 2

    session.kill()

    wait_until(lambda: not folder.exists(), 20, "the folder is removed")
    assert [pid for pid in servers if psutil.pid_exists(pid) and not is_gone(psutil.Process(pid))] == []
