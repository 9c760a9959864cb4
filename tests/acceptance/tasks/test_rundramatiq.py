"""Dramatiq's own command runs tasks too, with a keeper of the lease beside each of its processes."""

import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.support.processes import wait_until
from tests.support.service import Service


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    yield shared_service
    shared_service.clear()


def test_it_runs_tasks_and_lets_them_finish_when_it_is_stopped_twice(service: Service) -> None:
    worker = service.start_rundramatiq(processes=1, threads=4)
    service.wait_for_work(worker)
    running = service.caller().send("rest", 2)
    service.wait_for_start(running)
    worker.stop()
    assert worker.process.wait(15) == 0, worker.process.output
    service.ledger.wait_for_status([running], "succeeded", 1)

    assert len(service.starts_of(running)) == 1
    wait_until(lambda: service.ledger.one("SELECT count(*) FROM tasks_workerprocess") == 0, 5, "no lease is left")


def test_a_process_that_is_told_to_stop_again_and_again_lets_its_tasks_finish(service: Service) -> None:
    worker = service.start_rundramatiq(processes=1, threads=4)
    service.wait_for_work(worker)
    running = service.caller().send("rest", 2)
    runner = psutil.Process(service.wait_for_start(running).pid)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        runner.send_signal(number)
        began = time.monotonic()
        wait_until(lambda began=began: time.monotonic() - began > 0.2, 1, "a moment between two signals")
    service.ledger.wait_for_status([running], "succeeded", 10)

    assert len(service.starts_of(running)) == 1


def test_the_death_of_a_process_is_seen_although_what_it_forked_lives_on(service: Service) -> None:
    worker = service.start_rundramatiq(processes=1, threads=4)
    service.wait_for_work(worker)
    running = service.caller().send("fork_and_rest", 1)
    start = service.wait_for_start(running)
    wait_until(lambda: len(psutil.Process(start.pid).children()) == 2, 5, "its companion and what the task forked")
    psutil.Process(start.pid).kill()
    service.start_worker()
    service.wait_for_start(running, number=2, deadline_seconds=8)
    service.ledger.wait_for_status([running], "succeeded", 10)


def test_the_tasks_of_a_killed_process_run_again_elsewhere(service: Service, figure: Callable[[str], None]) -> None:
    worker = service.start_rundramatiq(processes=2, threads=4)
    service.wait_for_work(worker)
    running = service.caller().send("rest", 3)
    start = service.wait_for_start(running)
    service.start_worker()
    psutil.Process(start.pid).kill()
    killed_at = time.time()
    again = service.wait_for_start(running, number=2, deadline_seconds=20)
    figure(f"started again {again.at - killed_at:.2f} s after the kill")
    assert again.pid != start.pid
    service.ledger.wait_for_status([running], "succeeded", 15)
    assert service.ledger.invocation(running).retries == 0
