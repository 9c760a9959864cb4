"""The embedded PostgreSQL and Valkey: durable, private, and not to be blocked by what a killed run left."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from apps.ops.embedded import placement, ports
from apps.ops.embedded.endings import is_gone
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from apps.ops.embedded.server import EmbeddedServer

pytestmark = pytest.mark.slow

StartServer = Callable[[type[EmbeddedServer], Path], EmbeddedServer]
BOTH = pytest.mark.parametrize(
    "kind", [pytest.param(PostgresServer, id="postgres"), pytest.param(RedisServer, id="redis")]
)
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another system user")


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    servers: list[EmbeddedServer] = []

    def start(kind: type[EmbeddedServer], folder: Path) -> EmbeddedServer:
        server = kind(folder)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()
        server.end_leftover()


def write_note(server: EmbeddedServer) -> None:
    if isinstance(server, RedisServer):
        redis.Redis.from_url(server.url()).set("note", "kept")
        return
    assert isinstance(server, PostgresServer)
    database = psycopg2.connect(server.url())
    with database, database.cursor() as cursor:
        cursor.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    database.close()


def read_note(server: EmbeddedServer) -> str:
    if isinstance(server, RedisServer):
        return redis.Redis.from_url(server.url(), decode_responses=True).get("note")
    assert isinstance(server, PostgresServer)
    database = psycopg2.connect(server.url())
    with database, database.cursor() as cursor:
        cursor.execute("SELECT text FROM note")
        found = cursor.fetchone()[0]
    database.close()
    return found


@BOTH
def test_what_was_acknowledged_survives_kill_9(
    kind: type[EmbeddedServer], start_server: StartServer, own_folder: Path
) -> None:
    server = start_server(kind, own_folder / "server")
    write_note(server)

    server.process.kill()
    server.process.wait()
    server.start()

    assert read_note(server) == "kept"


@BOTH
def test_a_server_left_behind_is_ended_by_the_next_start(
    kind: type[EmbeddedServer], start_server: StartServer, own_folder: Path
) -> None:
    left = start_server(kind, own_folder / "server")
    write_note(left)

    following = start_server(kind, own_folder / "server")

    assert not left.is_running()
    assert read_note(following) == "kept"


@BOTH
def test_a_stranger_with_the_number_of_a_dead_server_is_left_alone_and_blocks_nothing(
    kind: type[EmbeddedServer], start_server: StartServer, own_folder: Path
) -> None:
    server = start_server(kind, own_folder / "server")
    server.process.kill()
    server.process.wait()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lines = server.pid_path.read_text().splitlines()
    server.pid_path.write_text("\n".join([str(stranger.pid), *lines[1:]]))

    server.start()

    assert stranger.poll() is None
    stranger.communicate(b"\n")


@BOTH
def test_a_port_taken_between_look_and_start_is_replaced(
    kind: type[EmbeddedServer], start_server: StartServer, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start_server(kind, own_folder / "first")
    found, asked = ports.find_free_port(), []

    def lose_the_race_once() -> int:
        asked.append(True)
        return first.port if len(asked) == 1 else found

    monkeypatch.setattr(ports, "find_free_port", lose_the_race_once)

    # Valkey's `answers` needs its own password, so the other server on the port is not mistaken for it.
    second = start_server(kind, own_folder / "second")

    assert second.port == found


@BOTH
def test_it_listens_on_the_loopback_address_only(
    kind: type[EmbeddedServer], start_server: StartServer, own_folder: Path
) -> None:
    server = start_server(kind, own_folder / "server")

    listening = {
        connection.laddr.ip
        for connection in psutil.Process(server.process.pid).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


def test_postgresql_wants_the_password(start_server: StartServer, own_folder: Path) -> None:
    server = start_server(PostgresServer, own_folder / "server")
    assert isinstance(server, PostgresServer)

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url().replace(server.password, "guess"))


def test_valkey_wants_the_password(start_server: StartServer, own_folder: Path) -> None:
    server = start_server(RedisServer, own_folder / "server")

    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port).ping()


@BOTH
def test_no_other_user_reads_its_folder(
    kind: type[EmbeddedServer], start_server: StartServer, own_folder: Path
) -> None:
    server = start_server(kind, own_folder / "server")

    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


@BOTH
@pytest.mark.parametrize(
    "name", [pytest.param("deep/" * 40 + "server", id="long"), pytest.param("a b'c\"d ф", id="odd characters")]
)
def test_any_path_will_do(kind: type[EmbeddedServer], name: str, start_server: StartServer, own_folder: Path) -> None:
    server = start_server(kind, own_folder / name)

    write_note(server)

    assert read_note(server) == "kept"


def test_an_interrupted_creation_is_begun_again(start_server: StartServer, own_folder: Path) -> None:
    (own_folder / "server" / "data.draft").mkdir(parents=True)
    (own_folder / "server" / "data.draft" / "PG_VERSION").write_text("18\n")

    server = start_server(PostgresServer, own_folder / "server")

    write_note(server)
    assert read_note(server) == "kept"


def test_a_child_of_a_killed_postgresql_is_ended_before_the_next_start(
    start_server: StartServer, own_folder: Path
) -> None:
    server = start_server(PostgresServer, own_folder / "server")
    write_note(server)
    children = psutil.Process(server.process.pid).children()
    checkpointer = next(child for child in children if "checkpointer" in child.cmdline()[0])
    checkpointer.suspend()
    server.process.kill()
    server.process.wait()

    server.start()

    assert is_gone(checkpointer)
    assert read_note(server) == "kept"


def test_a_frozen_postgresql_is_stopped_with_all_its_children(start_server: StartServer, own_folder: Path) -> None:
    server = start_server(PostgresServer, own_folder / "server")
    write_note(server)
    leader = psutil.Process(server.process.pid)
    family = [leader, *leader.children(recursive=True)]
    for process in family:
        process.suspend()

    server.stop()

    assert all(is_gone(process) for process in family)
    server.start()
    assert read_note(server) == "kept"


def test_valkey_is_durable_and_refuses_instead_of_forgetting(own_redis: RedisServer) -> None:
    client = redis.Redis.from_url(own_redis.url(), decode_responses=True)

    said = {name: client.config_get(name)[name] for name in ("appendonly", "appendfsync", "maxmemory-policy")}

    assert said == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def test_postgresql_is_durable_and_speaks_utf_8(own_postgres: PostgresServer) -> None:
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "server_encoding": "UTF8",
        "max_connections": "100",
    }
    database = psycopg2.connect(own_postgres.url())
    with database, database.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)])
        said = dict(cursor.fetchall())
        cursor.execute("SELECT lower('СЕРЁЖА')")
        lowered = cursor.fetchone()[0]
    database.close()

    assert said == wanted
    assert lowered == "серёжа"


@AS_ROOT
def test_as_root_a_private_folder_stays_private_and_the_data_lies_elsewhere(
    start_server: StartServer, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "SYSTEM_FOLDER", own_folder / "system")
    home = own_folder / "home"
    home.mkdir(mode=0o700)

    server = start_server(PostgresServer, home / "var" / "postgres")

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert server.folder.parent == own_folder / "system"
    write_note(server)
    assert read_note(server) == "kept"


@AS_ROOT
def test_as_root_programs_below_a_private_folder_are_copied_where_they_can_be_run(
    start_server: StartServer, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable = placement.is_reachable
    monkeypatch.setattr(placement, "is_reachable", lambda path: "site-packages" not in str(path) and reachable(path))

    server = start_server(PostgresServer, own_folder / "server")

    assert Path(server.command()[0]).is_relative_to(own_folder)
    write_note(server)
    assert read_note(server) == "kept"


@AS_ROOT
def test_as_root_data_that_exist_keep_their_owner(start_server: StartServer, own_folder: Path) -> None:
    server = start_server(PostgresServer, own_folder / "server")
    write_note(server)
    server.stop()
    ordinary_user = 54321
    for path in (server.folder, *server.folder.rglob("*")):
        os.chown(path, ordinary_user, ordinary_user)

    following = start_server(PostgresServer, own_folder / "server")

    assert psutil.Process(following.process.pid).uids().effective == ordinary_user
    assert server.folder.stat().st_uid == ordinary_user
    assert read_note(following) == "kept"
