"""The ground that benchmarks stand on: servers of their own in a folder of their own, and what runs on them.

PostgreSQL and Valkey are the embedded ones with their durable settings as they are. All of it is removed at the end,
however the run ends.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg2
import redis

from tests.benchmarks import software
from tests.benchmarks.board import VARIABLE, Board
from tests.benchmarks.layers.commands import Layer, known_layers
from tests.benchmarks.sending import Sender
from tests.support import databases, session
from tests.support.processes import REPOSITORY, ChildProcess

SETTINGS_MODULE = "tests.benchmarks.settings"
#: A worker may finish what it runs; nothing here takes longer.
STOP_SECONDS = 40.0


class Ground:
    """Servers, board, and the processes started on them.

    Attributes:
      folder: everything that is written lies below it.
      board: where senders and workers write their times.
      ledger: an autocommitting connection to the database.
      redis: a client; database 0, which is ours.
      layers: the task layers by key.
      software: name → version of all that takes part.
    """

    def __init__(self, *, celery_python: Path) -> None:
        for address in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(address, None)  # with them a server that stands somewhere would be used
        self._session = session.Session(needs_servers=True)
        try:
            self._stand_on(celery_python)
        except BaseException:
            self._session.end()
            raise

    def _stand_on(self, celery_python: Path) -> None:
        self.folder = self._session.folder
        self.board = Board.create(self.folder / "board")
        os.environ[VARIABLE] = str(self.folder / "board")
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS_MODULE
        databases.migrate(dict(os.environ))
        self.ledger = psycopg2.connect(os.environ["DATABASE_URL"])
        self.ledger.autocommit = True
        self.redis = redis.Redis.from_url(os.environ["REDIS_URL"])
        self.layers = known_layers(celery_python, os.environ["REDIS_URL"])
        self.software = software.versions(celery_python, self.query, self.redis, self.folder)
        self._processes: list[ChildProcess] = []
        self._started = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_processes()
        self._session.end()

    # --- servers ------------------------------------------------------------------------------------

    def query(self, statement: str) -> tuple[Any, ...]:
        """The first row of the answer."""
        with self.ledger.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() or ()

    def clean(self) -> None:
        """Every turn begins with empty servers and an empty board; nothing may be running."""
        with self.ledger.cursor() as cursor:
            cursor.execute("TRUNCATE tasks_invocation, tasks_workerprocess")
        self.redis.flushall()
        self.board.clear()

    def server_processes(self) -> list[psutil.Process]:
        """PostgreSQL's first process and Valkey."""
        (backend,) = self.query("SELECT pg_backend_pid()")
        return [psutil.Process(psutil.Process(backend).ppid()), psutil.Process(self.redis.info("server")["process_id"])]

    # --- processes ----------------------------------------------------------------------------------

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> ChildProcess:
        self._started += 1
        output = self.folder / f"output-{self._started}.txt"
        child = ChildProcess(command, env={**os.environ, **(environment or {})}, output_path=output)
        self._processes.append(child)
        return child

    def end_processes(self) -> None:
        """Kill whatever a benchmark has left running. One that has ended is let be: its number may be another's."""
        for child in self._processes:
            if child.is_running():
                child.kill_all()
        self._processes.clear()

    @contextmanager
    def worker(self, layer: Layer) -> Iterator[ChildProcess]:
        """Two processes that run a layer's tasks, stopped in order at the end."""
        child = self.start(layer.worker, layer.environment)
        yield child
        code = child.terminate(STOP_SECONDS)
        if code != 0:
            raise RuntimeError(f"the worker of {layer.key} ended with {code}:\n{child.output}")

    @contextmanager
    def sender(self, layer: Layer, function: str = "send") -> Iterator[Sender]:
        """A process that sends a layer's task."""
        with (self.folder / f"sender-{layer.key}.txt").open("ab") as errors:
            process = subprocess.Popen(
                [str(layer.python), "-m", "tests.benchmarks.sender", layer.module, function],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **layer.environment},
                cwd=REPOSITORY,
            )
        with process:
            try:
                yield Sender(process, Path(errors.name))
            finally:
                process.communicate(timeout=STOP_SECONDS)  # closes its input, at which it ends
