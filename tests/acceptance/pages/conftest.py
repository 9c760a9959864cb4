"""The pages of real web and worker processes, read by many and changed by an editor."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import requests

from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, wait_until
from tests.support.readers import Readers

StartProcess = Callable[..., ChildProcess]
EDITOR = [sys.executable, "-m", "tests.acceptance.pages.editor"]
CONNECTIONS = 16
CONTENTS = 15
#: Set it for twenty thousand views of every scenario by itself; it takes minutes.
FULL_SIZE = bool(os.environ.get("FULL_SIZE"))


class Pages:
    """One page of fifteen contents, a web process and a worker."""

    def __init__(self, environment: dict[str, str], start_process: StartProcess) -> None:
        self.environment = environment
        self.port = int(environment["PORT"])
        self._start_process = start_process
        made = subprocess.run(
            [*EDITOR, "make", str(CONTENTS)],
            env=environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        self.page_id = int(made.stdout)
        self.path = f"/api/v1/pages/{self.page_id}/"
        self.start_web()
        self.start_worker()

    def start_web(self) -> None:
        self.web = self._start_process([*MANAGE, "serve"], env=self.environment)
        wait_until(self._listens, 30, "the web process answers")

    def start_worker(self) -> None:
        self.worker = self._start_process([*MANAGE, "worker"], env=self.environment)

    def wait_for_worker(self) -> None:
        wait_until(lambda: self.query("SELECT FROM tasks_workerprocess"), 30, "the worker is at work")

    def _listens(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/health/live/", timeout=5).ok
        except requests.ConnectionError:
            return False

    def readers(self) -> Readers:
        return Readers(port=self.port, path=self.path, connections=CONNECTIONS)

    @contextmanager
    def editor(self) -> Iterator[dict[str, Any]]:
        """Changes the page all the time; how often, and what failed, is known at the end."""
        report: dict[str, Any] = {}
        with subprocess.Popen(
            [*EDITOR, "edit", str(self.page_id)],
            env=self.environment,
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield report
            report |= json.loads(process.communicate(timeout=30)[0])

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.environment["DATABASE_URL"], connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def counters(self) -> list[int]:
        """Each one that there is, in the order of the contents' ids."""
        return [value for (value,) in self.query("SELECT value FROM pages_counter ORDER BY content_id")]

    def deadlocks(self) -> int:
        ((number,),) = self.query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(number)

    def wait_until_drained(self, expected: int, deadline_seconds: float = 30) -> None:
        """Until no counter is below this."""

        def drained() -> bool:
            counters = self.counters()
            return len(counters) == CONTENTS and min(counters) >= expected

        try:
            wait_until(drained, deadline_seconds, f"{expected} views are in the database")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.counters()}\n{self.worker.output[-3000:]}") from None


class Lag:
    """Looks at the database's counters all the time, to be compared with what was answered when."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen: list[tuple[float, int]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Lag":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        connection = psycopg2.connect(self._url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            is_last = False
            while not is_last:
                is_last = self._stopping.wait(0.01)
                cursor.execute("SELECT coalesce(min(value), 0) FROM pages_counter")
                row = cursor.fetchone()
                self._seen.append((time.monotonic(), row[0] if row else 0))
        connection.close()

    def seconds(self, answered: list[tuple[float, int]]) -> list[float]:
        """For each moment of the history, how long it took until all that was answered by then was in the database."""
        lags, seen = [], iter(self._seen)
        at, value = next(seen)
        for moment, number in answered:
            while value < number:
                at, value = next(seen)
            lags.append(max(0.0, at - moment))
        return lags


@pytest.fixture
def pages(service_environment: dict[str, str], start_process: StartProcess) -> Pages:
    return Pages({**service_environment, "SHUTDOWN_GRACE_SECONDS": "5"}, start_process)
