"""Starts everything, keeps it running, stops it. Reads from top to bottom as the start happens."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from apps.ops.embedded import ports
from apps.ops.embedded.errors import EmbeddedError
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from apps.ops.embedded.server import EmbeddedServer
from apps.ops.up import leftovers
from apps.ops.up.environment import Environment
from apps.ops.up.errors import FolderNotWritableError, NotReadyError, PortTakenError, StartError
from apps.ops.up.lock import Lock
from apps.ops.up.parts import Part, Program, ServerPart
from apps.ops.up.readiness import Readiness
from apps.ops.up.supervisor import StopRequested, Supervisor
from apps.ops.up.terminal import Terminal
from project.config import BASE_DIR, ConfigError

READY_SECONDS = 60.0
PORT_PATIENCE_SECONDS = 2.0
#: Who gets a login, in the order in which `prepare` is told where to keep it.
ROLES = ("admin", "editor")


class Up:
    """One run of `make up`."""

    def __init__(self, environment: Environment, terminal: Terminal, supervisor: Supervisor) -> None:
        self._environment = environment
        self._config = environment.config
        self._terminal = terminal
        self._supervisor = supervisor
        self._lock: Lock | None = None

    def start(self) -> None:
        """Return when everything is up, or raise what stands in the way."""
        self._take_folder()
        self._take_port()
        self._start_servers()
        self._prepare()
        self._start_programs()
        self._say_ready()

    def stop(self) -> None:
        if self._lock is not None:
            self._lock.say_stopping()
            self._environment.kept_path.unlink(missing_ok=True)
        self._supervisor.stop()

    def _take_folder(self) -> None:
        """The folder is ours alone; what a killed run left running on it is ended."""
        folder = self._config.data_dir
        try:
            make_data_dir(folder)
            lock = Lock(folder / "up.lock")
            self._environment.complete_secret_key()
        except OSError as error:
            raise FolderNotWritableError(folder, error.strerror or str(error)) from None
        lock.acquire(
            on_wait=lambda owner: self._terminal.say(f"  waiting for another `make up` to end (process {owner})"),
            check=self._supervisor.check,
        )
        self._lock = lock
        self._environment.kept_path.unlink(missing_ok=True)  # of a run that was killed
        left = leftovers.find_leftovers(folder)
        if left:
            with self._terminal.step(f"ended {len(left)} processes of a run that was killed"):
                leftovers.end_leftovers(left)

    def _take_port(self) -> None:
        """A process that was killed may hold its port for a moment after it counts as ended."""
        deadline = time.monotonic() + PORT_PATIENCE_SECONDS
        while not ports.is_free(self._config.host, self._config.port):
            if time.monotonic() > deadline:
                raise PortTakenError(self._config.host, self._config.port)
            self._supervisor.attend(0.05)

    def _start_servers(self) -> None:
        if not self._environment.has("DATABASE_URL"):
            postgres = PostgresServer(self._config.data_dir / "postgres")
            self._start_server(postgres)
            self._environment.complete("DATABASE_URL", postgres.url())
            if postgres.folder.parent != self._config.data_dir:
                self._terminal.say(f"  DATA_DIR is below a private folder; the database lies in {postgres.folder}")
        if not self._environment.has("REDIS_URL"):
            redis = RedisServer(self._config.data_dir / "redis")
            self._start_server(redis)
            self._environment.complete("REDIS_URL", redis.url())

    def _start_server(self, server: EmbeddedServer) -> None:
        part = ServerPart(server, self._supervisor.part_ended)
        self._supervisor.add_server(part)
        with self._terminal.step(f"{server.name} started"):
            server.start(check=self._supervisor.check)
        if server.process is not None:
            part.watch(server.process)
        self._supervisor.check()

    def _prepare(self) -> None:
        paths = [str(self._environment.login_path(role)) for role in ROLES]
        command = [sys.executable, "-m", "apps.ops.up.prepare", *paths]
        with self._terminal.step("database, static files and admin account"):
            self._supervisor.run_once(self._program("setup", command, on_end=lambda _part: None))

    def _start_programs(self) -> None:
        """The web is up when it says so; the worker, when it has forked: by then it has spoken to the database."""
        readiness = Readiness(self._environment)
        worker, web = self._manage("worker", "worker"), self._manage("web", "serve")
        self._environment.keep()
        deadline = time.monotonic() + READY_SECONDS
        with self._terminal.step("web and worker started"):
            self._supervisor.start_program(worker)
            self._supervisor.start_program(web)
            while not (readiness.is_reached() and worker.has_children()):
                if time.monotonic() > deadline:
                    raise NotReadyError(
                        READY_SECONDS, readiness.url, readiness.last_answer, has_worker=worker.has_children()
                    )
                self._supervisor.attend(0.05)
        self._supervisor.settled = True

    def _say_ready(self) -> None:
        url = self._environment.base_url
        admin = self._login("admin") or "with the account you made"
        editor = self._login("editor")
        lines = [f"ready: {url}", f"admin: {url}admin/  {admin}", *([f"editor of pages: {editor}"] if editor else [])]
        self._terminal.say("\n".join([*lines, "Ctrl-C stops everything."]))

    def _login(self, role: str) -> str | None:
        path = self._environment.login_path(role)
        if not path.exists():
            return None
        known = json.loads(path.read_text())
        return f"user {known['user']}, password {known['password']}"

    def _manage(self, name: str, command: str) -> Program:
        return self._program(name, [sys.executable, str(BASE_DIR / "manage.py"), command], self._supervisor.part_ended)

    def _program(self, name: str, command: list[str], on_end: Callable[[Part], None]) -> Program:
        return Program(
            name,
            command,
            environment=self._environment.variables,
            on_line=self._terminal.log,
            on_end=on_end,
        )


def make_data_dir(folder: Path) -> None:
    """Others have no business in it; root alone lets them pass, because PostgreSQL's user is one of them."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def main() -> int:
    terminal = Terminal()
    try:
        environment = Environment()
    except ConfigError as error:
        terminal.say(str(error))
        return 1
    supervisor = Supervisor(terminal, environment.config.shutdown_grace_seconds)
    up = Up(environment, terminal, supervisor)
    try:
        up.start()
        while True:
            supervisor.attend()
    except StopRequested as reason:
        terminal.say(f"stopping ({reason})")
        return 0
    except (StartError, EmbeddedError) as error:
        terminal.say(f"\n{error}")
        return 1
    finally:
        up.stop()
