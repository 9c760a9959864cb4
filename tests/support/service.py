"""A task layer of one test's own: workers and callers as real processes, and a look into their ledger."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg2
import requests
from psycopg2.extras import NamedTupleCursor

from tests.support.probes import traces
from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, wait_until

ENDED = ("succeeded", "failed", "dead", "cancelled")
WORKER = [*MANAGE, "worker"]
HINDERED_WORKER = [sys.executable, "-m", "tests.support.probes.hindered_worker"]


class Sent(NamedTuple):
    """What a caller answers: ids, when each call began (time.time()), and how long it took."""

    ids: list[str]
    sent_at: list[float]
    seconds: list[float]


class RefusedError(Exception):
    """The call raised, so nothing was accepted."""


class Ledger:
    """The test's own look into the service's database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Every row of a statement that is committed at once; connects again when the connection was lost."""
        try:
            return self._rows(statement, parameters)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.close()
            return self._rows(statement, parameters)

    def _rows(self, statement: str, parameters: Sequence[Any]) -> list[Any]:
        if self._connection is None:
            self._connection = psycopg2.connect(self._url, cursor_factory=NamedTupleCursor, connect_timeout=5)
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the only row."""
        return self.rows(statement, parameters)[0][0]

    def invocation(self, invocation: str) -> Any:
        return self.rows("SELECT * FROM tasks_invocation WHERE id = %s", [invocation])[0]

    def statuses(self, ids: Iterable[str] | None = None) -> dict[str, int]:
        """How many invocations there are of each status."""
        chosen = None if ids is None else list(ids)
        rows = self.rows(
            "SELECT status, count(*) FROM tasks_invocation WHERE %s::text[] IS NULL OR id = ANY (%s) GROUP BY 1",
            [chosen, chosen],
        )
        return {row[0]: row[1] for row in rows}

    def wait_for_status(self, ids: Sequence[str], status: str, deadline_seconds: float) -> None:
        """Until all of them have it."""
        try:
            wait_until(lambda: self.statuses(ids) == {status: len(ids)}, deadline_seconds, f"all {status}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.statuses(ids)}") from None

    def wait_for_quiet(self, deadline_seconds: float) -> None:
        """Until every invocation but the delayed ones has ended."""
        statement = "SELECT count(*) FROM tasks_invocation WHERE status IN ('queued', 'running', 'ending')"
        try:
            wait_until(lambda: self.one(statement) == 0, deadline_seconds, "every invocation has ended")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.statuses()}") from None

    def effects(self, kind: str = "done") -> list[Any]:
        return self.rows("SELECT * FROM probe_effect WHERE kind = %s ORDER BY id", [kind])

    def ends_of(self, invocation: str) -> list[str]:
        """The status that each call of its `on_end` was told, of the calls whose transaction was committed."""
        return [effect.name for effect in self.effects("end") if effect.invocation == invocation]


class Caller:
    """A process that sends. One order at a time."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.support.probes.caller"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=REPOSITORY,
        )
        self._lock = threading.Lock()
        self._ready = False

    def send(self, task: str, *arguments: Any, delay_seconds: float | None = None) -> str:
        """Send one; returns its id."""
        return self.send_many(task, [arguments], delay_seconds=delay_seconds).ids[0]

    def send_many(self, task: str, calls: Sequence[Sequence[Any]], *, delay_seconds: float | None = None) -> Sent:
        """Send once for each list of arguments, one call after the other."""
        delay_ms = None if delay_seconds is None else int(delay_seconds * 1000)
        return Sent(**self._order(do="send", task=f"probes.{task}", calls=calls, delay_ms=delay_ms))

    def apply_async(self, task: str, *arguments: Any, **options: Any) -> str:
        """Send one as Celery's users do; returns its id."""
        return str(self._order(do="apply_async", task=f"probes.{task}", args=arguments, options=options)["id"])

    def state_of(self, invocation: str) -> str:
        """What another process than the worker sees of a task, in Celery's words."""
        return str(self._order(do="look", id=invocation)["state"])

    def revoke(self, invocation: str) -> None:
        self._order(do="revoke", id=invocation)

    def begin(self) -> None:
        """Open a transaction for the sends that follow."""
        self._order(do="begin")

    def commit(self) -> None:
        self._order(do="end", commit=True)

    def roll_back(self) -> None:
        self._order(do="end", commit=False)

    def end(self) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        self._popen.kill()
        self._popen.wait()

    def _order(self, **order: Any) -> dict[str, Any]:
        assert self._popen.stdin is not None
        with self._lock:
            if not self._ready:
                self._ready = not self._read()
            self._popen.stdin.write(json.dumps(order) + "\n")
            self._popen.stdin.flush()
            answer = self._read()
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer

    def _read(self) -> dict[str, Any]:
        assert self._popen.stdout is not None
        answer: dict[str, Any] = json.loads(self._popen.stdout.readline() or '{"error": "the caller has ended"}')
        return answer


class Stream:
    """Sends without end, from a thread of the test, until it is stopped: the load of a test.

    Attributes:
      accepted: ids of the calls that returned.
      refused: what the calls that raised said.
      slowest_seconds: of all the calls.
    """

    def __init__(
        self, caller: Caller, task: str, arguments: Callable[[int], Sequence[Any]], pause_seconds: float
    ) -> None:
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self.slowest_seconds = 0.0
        self._caller = caller
        self._task = task
        self._arguments = arguments
        self._pause_seconds = pause_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stopped.wait(self._pause_seconds):
            number += 1
            began = time.monotonic()
            try:
                self.accepted.append(self._caller.send(self._task, *self._arguments(number)))
            except RefusedError as error:
                self.refused.append(str(error))
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)


class WorkerCommand:
    """A running worker command: the supervisor and its children."""

    def __init__(self, process: ChildProcess, *, processes: int) -> None:
        self.process = process
        self.processes = processes

    def children(self) -> list[psutil.Process]:
        """Of the supervisor, the oldest first."""
        try:
            children = psutil.Process(self.process.pid).children()
        except psutil.NoSuchProcess:
            return []
        return sorted(children, key=lambda child: child.pid)

    def child(self, deadline_seconds: float = 10) -> psutil.Process:
        """The oldest, as soon as there is one."""
        return wait_until(self.children, deadline_seconds, "a child of the worker")[0]

    def kill_all(self) -> None:
        """`kill -9` of the supervisor and all children at once, as the death of a machine."""
        self.process.send_signal_to_group(signal.SIGKILL)
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Signal the whole group, twice, as Heroku does; returns the time.monotonic() of the first."""
        began = time.monotonic()
        self.process.send_signal_to_group(number)
        wait_until(lambda: time.monotonic() - began > 0.3, 1, "a moment between two signals")
        self.process.send_signal_to_group(number)
        return began

    def left(self) -> list[psutil.Process]:
        """What is still there of its process group."""
        left = []
        for process in psutil.process_iter():
            try:
                if os.getpgid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    left.append(process)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
        return left

    def suspend(self) -> None:
        """Stop the clock for all of it, as the pause of a virtual machine does."""
        self.process.send_signal_to_group(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal_to_group(signal.SIGCONT)


class Service:
    """One database, one Redis, and the processes that a test starts on them."""

    def __init__(self, environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> None:
        self.environment = {**environment, "DJANGO_SETTINGS_MODULE": "tests.support.probe_settings"}
        Path(environment["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
        self.ledger = Ledger(environment["DATABASE_URL"])
        self.ledger.rows(traces.TABLE)
        self._start_process = start_process
        self._callers = [Caller(self.environment)]
        self._started: list[ChildProcess] = []

    def start_worker(
        self, *, processes: int = 1, threads: int = 8, grace: float = 25, hindrance: str | None = None
    ) -> WorkerCommand:
        """`manage.py worker`, or that under a difficulty of `probes.hindered_worker`; returns at once."""
        command = [*HINDERED_WORKER, hindrance] if hindrance else WORKER
        return self._start([*command, "-p", str(processes), "-t", str(threads), "--grace", str(grace)], processes)

    def start_worker_at_work(self, *, processes: int = 1, threads: int = 8, grace: float = 25) -> WorkerCommand:
        """The only worker, returned when it has ended tasks."""
        worker = self.start_worker(processes=processes, threads=threads, grace=grace)
        self.wait_for_work(worker)
        return worker

    def wait_for_work(self, *workers: WorkerCommand) -> None:
        """Until all the processes of these, which are all there are, have leases, and tasks have ended."""
        expected = sum(worker.processes for worker in workers)

        def have_leases() -> bool:
            for worker in workers:
                assert worker.process.is_running(), worker.process.output
            return bool(self.ledger.one("SELECT count(*) FROM tasks_workerprocess") >= expected)

        wait_until(have_leases, 20, "leases of all workers' children")
        self.ledger.wait_for_status(self.caller().send_many("do_nothing", [[]] * 20 * expected).ids, "succeeded", 20)

    def start_web(self) -> str:
        """`manage.py serve`; its address, once it answers."""
        web = self._start_process([*MANAGE, "serve"], env=self.environment)
        self._started.append(web)
        url = f"http://127.0.0.1:{self.environment['PORT']}"

        def answers() -> bool:
            try:
                return requests.get(f"{url}/health/live/", timeout=5).ok
            except requests.ConnectionError:
                return False

        wait_until(answers, 20, f"an answer of {web.command}")
        return url

    def start_rundramatiq(self, *, processes: int, threads: int) -> WorkerCommand:
        return self._start([*MANAGE, "rundramatiq", "-p", str(processes), "-t", str(threads)], processes)

    def _start(self, command: list[str], processes: int) -> WorkerCommand:
        self._started.append(self._start_process(command, env=self.environment))
        return WorkerCommand(self._started[-1], processes=processes)

    def caller(self, number: int = 0) -> Caller:
        """A caller, started when it is first asked for."""
        while len(self._callers) <= number:
            self._callers.append(Caller(self.environment))
        return self._callers[number]

    def starts(self) -> list[traces.Start]:
        return traces.read_starts(self.environment["DATA_DIR"])

    def starts_of(self, invocation: str) -> list[traces.Start]:
        return [start for start in self.starts() if start.invocation == invocation]

    def wait_for_start(self, invocation: str, number: int = 1, deadline_seconds: float = 20) -> traces.Start:
        """The start with that number of one invocation."""

        def nth() -> list[traces.Start]:
            return self.starts_of(invocation)[number - 1 :]

        return wait_until(nth, deadline_seconds, f"start {number} of {invocation}")[0]

    def clear(self) -> None:
        """Kill what was started and call off what is left, so that the next test finds nobody and nothing."""
        for process in self._started:
            process.kill_all()
        self._started.clear()
        self.ledger.rows("DELETE FROM tasks_workerprocess")
        self.ledger.rows("DELETE FROM tasks_invocation")
        self.ledger.rows("DELETE FROM probe_effect")
        traces.starts_path(self.environment["DATA_DIR"]).unlink(missing_ok=True)

    def end(self) -> None:
        for caller in self._callers:
            caller.end()
        self.ledger.close()
