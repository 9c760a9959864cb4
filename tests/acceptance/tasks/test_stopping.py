"""A stop lets running tasks finish, hands the rest to others at once, and is over before the platform kills."""

import itertools
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.support.processes import wait_until
from tests.support.service import Service, WorkerCommand


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    yield shared_service
    shared_service.clear()


def ended_after(worker: WorkerCommand, began: float, deadline_seconds: float) -> float:
    assert worker.process.wait(deadline_seconds) == 0, worker.process.output
    return time.monotonic() - began


def test_running_tasks_finish_and_the_backlog_goes_to_another_worker_at_once(
    service: Service, figure: Callable[[str], None]
) -> None:
    """Of the running tasks one takes 2 s longer than the others; all of them end within the grace."""
    other, stopped = service.start_worker(threads=2), service.start_worker(threads=8, grace=11)
    service.wait_for_work(other, stopped)
    caller = service.caller()
    other.suspend()  # so that the long tasks start in the one that will be stopped
    running = caller.send_many("rest", [[seconds] for seconds in (4, 4, 4, 4, 4, 4, 4, 6)]).ids
    for invocation in running:
        service.wait_for_start(invocation)
    other.resume()
    backlog = caller.send_many("record", [[f"task {number}", 0.02] for number in range(200)]).ids
    wait_until(lambda: len(service.ledger.effects()) > 10, 10, "the backlog is being worked at")

    began = stopped.stop()
    handed_over_by = time.time()
    service.ledger.wait_for_status(backlog, "succeeded", 10)
    took = ended_after(stopped, began, 11)
    service.ledger.wait_for_status(running, "succeeded", 1)

    sent = {*running, *backlog}  # besides, what is scheduled is run here
    starts = [start for start in service.starts() if start.invocation in sent]
    assert sorted(s.invocation for s in starts) == sorted(sent)
    assert service.ledger.one("SELECT max(deaths) FROM tasks_invocation") == 0
    left = [s.at for s in starts if s.at > handed_over_by]
    pause = max((later - earlier for earlier, later in itertools.pairwise(left)), default=0.0)
    figure(f"a 6 s task ended, exit {took:.1f} s after the first signal; longest pause in the backlog {pause:.2f} s")
    assert pause < 1
    assert other.process.is_running()


@pytest.mark.parametrize(
    ("number", "task"),
    [(signal.SIGTERM, "rest"), (signal.SIGINT, "rest"), (signal.SIGTERM, "hold_gil")],
    ids=["SIGTERM", "SIGINT", "SIGTERM to one that holds the interpreter"],
)
def test_a_task_longer_than_the_grace_starts_elsewhere_as_soon_as_its_process_is_gone(
    service: Service, figure: Callable[[str], None], number: signal.Signals, task: str
) -> None:
    other, stopped = service.start_worker(), service.start_worker(grace=4)
    service.wait_for_work(other, stopped)
    other.suspend()
    long = service.caller().send(task, 12)
    service.wait_for_start(long)
    other.resume()
    runner = stopped.child()
    began = stopped.stop(number)
    wait_until(lambda: not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE, 6, "the end of the child")
    took, gone_at = time.monotonic() - began, time.time()
    # Python's own end takes a moment on a busy machine.
    ended_after(stopped, began, 6)
    second = service.wait_for_start(long, number=2, deadline_seconds=2)

    row = service.ledger.invocation(long)
    assert (row.deaths, row.retries, row.status) == (0, 0, "running")
    figure(f"gone after {took:.1f} s of a grace of 4 s, started elsewhere {second.at - gone_at:.2f} s later")
    assert took <= 5


def test_an_idle_worker_stops_soon(service: Service, figure: Callable[[str], None]) -> None:
    worker = service.start_worker_at_work(processes=2)
    took = ended_after(worker, worker.stop(), 5)
    assert service.ledger.one("SELECT count(*) FROM tasks_workerprocess") == 0
    figure(f"exit {took:.2f} s after the first signal")
