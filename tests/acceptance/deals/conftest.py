"""The deals of real web and worker processes, as their clients see them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import requests

from apps.ops.embedded.ports import find_free_port
from tests.support.processes import MANAGE, ChildProcess, wait_until

StartProcess = Callable[..., ChildProcess]
HEADER = "customer,item,total,quantity,date\n"
ASYNC = {"Prefer": "respond-async"}
RAW = {"Content-Type": "text/csv"}
#: Set it to run the largest cases: ten million rows, a line of a gigabyte. They take minutes.
FULL_SIZE = bool(os.environ.get("FULL_SIZE"))


class NotWholeError(AssertionError):
    """An answer that is no whole dataset's."""


def dataset(number: int, rows: int = 10) -> bytes:
    """Five customers who buy the same gem; its answer tells the number, and whether a row is missing."""
    lines = [f"{who}-{number},gem-{number},1,1,2018-12-14\n" for who in range(5)] * (rows // 5)
    return (HEADER + "".join(lines)).encode()


def number_of(answer: bytes | dict[str, Any], rows: int = 10) -> int:
    """Which dataset an answer is the whole of; 0: there was none yet."""
    shown = answer if isinstance(answer, dict) else requests.models.complexjson.loads(answer)
    response = shown["response"]
    if not response:
        return 0
    number = int(response[0]["username"].partition("-")[2])
    whole = [{"username": f"{who}-{number}", "spent_money": rows // 5, "gems": [f"gem-{number}"]} for who in range(5)]
    if response != whole:
        raise NotWholeError(response)
    return number


class Web:
    """One web process; `start` again after a kill: it keeps its port."""

    def __init__(self, environment: dict[str, str], start_process: StartProcess) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v1/deals/"
        self._environment = {**environment, "PORT": str(self.port)}
        self._start_process = start_process
        self.start()

    def start(self) -> None:
        self.process = self._start_process([*MANAGE, "serve"], env=self._environment)
        wait_until(self._listens, 30, f"the web process answers: {self.process.output}")

    def _listens(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/health/live/", timeout=5).ok
        except requests.ConnectionError:
            return False

    def post(self, content: Any, *, timeout: float = 60, **headers: str) -> requests.Response:
        return requests.post(self.url, data=content, headers={**RAW, **headers}, timeout=timeout)

    def number(self, rows: int = 10) -> int:
        answer = requests.get(self.url, timeout=20)
        assert answer.status_code == 200, answer.text
        return number_of(answer.content, rows)


class Deals:
    """The database and the processes on it."""

    def __init__(self, environment: dict[str, str], start_process: StartProcess) -> None:
        self.environment = environment
        self._start_process = start_process

    def start_web(self, **variables: str) -> Web:
        return Web({**self.environment, **variables}, self._start_process)

    def start_worker(self) -> ChildProcess:
        return self._start_process([*MANAGE, "worker"], env=self.environment)

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.connected() as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    @contextmanager
    def connected(self) -> Iterator[Any]:
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def statuses(self) -> list[str]:
        """Of all imports, in the order of their turns."""
        return [status for (status,) in self.query("SELECT status FROM deals_import ORDER BY turn")]

    def wait_for_status(self, import_id: int, status: str, deadline_seconds: float = 60) -> None:
        def reached() -> bool:
            return self.query("SELECT status FROM deals_import WHERE id = %s", import_id) == [(status,)]

        wait_until(reached, deadline_seconds, f"import {import_id} is {status}")


class Threads:
    """Runs functions again and again until told to stop; what one raises is raised at the end."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.errors: list[BaseException] = []

    def repeat(self, function: Callable[[], None]) -> None:
        def run() -> None:
            while not self._stopping.is_set() and not self.errors:
                try:
                    function()
                except BaseException as error:  # noqa: BLE001 — raised in `stop`
                    self.errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        if self.errors:
            raise self.errors[0]


@pytest.fixture
def deals(service_environment: dict[str, str], start_process: StartProcess) -> Deals:
    return Deals({**service_environment, "SHUTDOWN_GRACE_SECONDS": "5"}, start_process)


@pytest.fixture
def threads() -> Iterator[Threads]:
    started = Threads()
    yield started
    started._stopping.set()
