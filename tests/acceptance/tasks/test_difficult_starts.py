"""A supervisor goes on when its processes cannot be started, and stops when it is told to at the worst moment."""

import time
from collections.abc import Iterator

import pytest

from tests.support.processes import wait_until
from tests.support.service import Service


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    yield shared_service
    shared_service.clear()


def test_a_fork_that_fails_is_tried_again_after_a_pause_and_stops_are_still_heard(service: Service) -> None:
    worker = service.start_worker(hindrance="no processes")
    service.wait_for_work(worker)
    wait_until(
        lambda: service.ledger.one("SELECT count(*) FROM tasks_workerprocess") == 1, 5, "the lease of the living"
    )

    worker.stop()
    assert worker.process.wait(10) == 0, worker.process.output
    assert worker.process.output.count("a worker process cannot be started") == 2


def test_a_stop_that_arrives_while_a_process_is_forked_reaches_that_as_well(service: Service) -> None:
    began = time.monotonic()
    worker = service.start_worker(hindrance="a stop while forking", grace=25)
    assert worker.process.wait(15) == 0, worker.process.output

    assert time.monotonic() - began < 15
    assert worker.left() == []
    assert service.ledger.one("SELECT count(*) FROM tasks_workerprocess") == 0


def test_solo_processes_that_cannot_boot_are_started_with_growing_pauses(service: Service) -> None:
    suspect = service.caller().send("do_nothing")
    service.ledger.rows("UPDATE tasks_invocation SET deaths = 1 WHERE id = %s", [suspect])
    worker = service.start_worker(hindrance="dying solo processes")
    worker.process.wait_for_output("a solo process dies")
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began > 4, 5, "some pauses")

    assert 2 <= worker.process.output.count("a solo process dies") <= 6
    service.wait_for_work(worker)
    assert service.ledger.invocation(suspect).deaths == 1
