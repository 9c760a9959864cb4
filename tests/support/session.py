"""What one test session runs on: PostgreSQL, Redis, a folder, and the environment that names them.

Servers named by DATABASE_URL and REDIS_URL are used as they are (the container case); otherwise embedded ones
are started once, by the process that was started first: workers of pytest-xdist inherit its environment.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from apps.ops.embedded import placement
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.support.guardian import SESSION_VARIABLE
from tests.support.processes import REPOSITORY

ENVIRONMENT = {
    "SECRET_KEY": "of-the-test-suite",
    "ALLOWED_HOSTS": "*",
    "API_ACCESS": "public",
    "DEMO_DATA": "0",
    "HTTPS": "0",
    "THROTTLE_LOGIN": "1000/minute",
    "HOST": "127.0.0.1",
    "LOG_FORMAT": "text",
}


class Session:
    """The folder, the servers and the guardian of one run of pytest; made by its first process only."""

    def __init__(self, *, needs_servers: bool) -> None:
        self.folder = make_folder()
        self.guardian = subprocess.Popen(
            [sys.executable, "-m", "tests.support.guardian", str(self.folder)],
            stdin=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,
        )
        os.environ.update(ENVIRONMENT)
        os.environ[SESSION_VARIABLE] = str(self.folder)
        _keep_bytecode(self.folder)
        os.environ["DATA_DIR"] = str(self.folder / "data")
        os.environ["STATIC_DIR"] = str(self.folder / "static")
        _make_static_dir()
        if needs_servers:
            self._start_servers()
        else:
            self._name_absent_servers()

    def end(self) -> None:
        """End every process of the session and remove its folder."""
        assert self.guardian.stdin is not None
        self.guardian.stdin.close()
        self.guardian.wait()

    def _start_servers(self) -> None:
        if not os.environ.get("DATABASE_URL"):
            # Enough for the services of all the processes of a run.
            postgres = PostgresServer(self.folder / "postgres", settings={"max_connections": "300"})
            postgres.start()
            os.environ["DATABASE_URL"] = postgres.url()
        if not os.environ.get("REDIS_URL"):
            redis = RedisServer(self.folder / "redis")
            redis.start()
            os.environ["REDIS_URL"] = redis.url()

    def _name_absent_servers(self) -> None:
        """The settings want addresses: some where nobody listens."""
        os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")


def _keep_bytecode(folder: Path) -> None:
    """Some hundred processes import the same modules: where bytecode must not be written beside them, as in a
    container, it is kept for the session, or each process would compile them again."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")


def begin(arguments: list[str]) -> Session | None:
    """Set the environment of this process up; the session is for the run's first process to end."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None:
        _set_apart(int(worker.removeprefix("gw")))
        return None
    paths = [argument for argument in arguments if argument.startswith("tests")]
    only_units = bool(paths) and all(path.startswith("tests/unit") for path in paths)
    return Session(needs_servers=not only_units)


def _set_apart(number: int) -> None:
    """A Redis database and folders of its own for a worker; pytest-django sees to the database."""
    os.environ["REDIS_URL"] = with_path(os.environ["REDIS_URL"], str(number + 1))
    os.environ["DATA_DIR"] += f"-{number}"
    os.environ["STATIC_DIR"] += f"-{number}"
    _make_static_dir()


def _make_static_dir() -> None:
    """Empty, until a test has files collected; WhiteNoise warns of one that is not there."""
    Path(os.environ["STATIC_DIR"]).mkdir()


def make_folder(parent: Path | None = None) -> Path:
    """A new folder that PostgreSQL's system user can pass through when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="understudy-tests-", dir=parent or _passable_root()))
    folder.chmod(0o711)
    return folder


def _passable_root() -> Path:
    roots = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return next((root for root in roots if placement.is_reachable(root / "new")), roots[0])


def with_path(url: str, path: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def unused_name(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(6)}"
