"""Sending is part of the caller's transaction."""

import time
from collections.abc import Callable

import pytest

from tests.support.service import Service, WorkerCommand


@pytest.fixture(scope="module", autouse=True, name="worker")
def only_worker(shared_service: Service) -> WorkerCommand:
    return shared_service.start_worker_at_work(processes=2)


@pytest.fixture
def service(shared_service: Service) -> Service:
    return shared_service


def test_a_task_of_a_rolled_back_transaction_never_runs(service: Service) -> None:
    caller = service.caller()
    caller.begin()
    lost = caller.send("stamp")
    service.caller(1).send("stamp")  # rings the bell while the transaction is open
    caller.roll_back()
    later = caller.send_many("stamp", [[]] * 10).ids
    service.ledger.wait_for_status(later, "succeeded", 10)
    assert not service.starts_of(lost)
    assert service.ledger.rows("SELECT 1 FROM tasks_invocation WHERE id = %s", [lost]) == []


def test_a_task_runs_once_and_only_after_its_commit_however_often_the_bell_rings_before(
    service: Service, figure: Callable[[str], None]
) -> None:
    caller, other = service.caller(), service.caller(1)
    caller.begin()
    held = caller.send("record_atomically", "held")
    open_until = time.monotonic() + 1
    rung: list[str] = []
    while time.monotonic() < open_until:
        rung.append(other.send("stamp"))
    before_commit = time.time()
    caller.commit()
    committed = time.time()
    service.ledger.wait_for_status([held, *rung], "succeeded", 10)

    (start,) = service.starts_of(held)
    assert start.at >= before_commit
    assert [effect.invocation for effect in service.ledger.effects() if effect.name == "held"] == [held]
    figure(f"started {1000 * (start.at - committed):.1f} ms after the commit, the bell had rung {len(rung)} times")


def test_all_tasks_of_one_transaction_run_once_after_it(service: Service) -> None:
    caller = service.caller()
    caller.begin()
    sent = caller.send_many("record_atomically", [[f"task {number}"] for number in range(50)])
    assert service.ledger.statuses(sent.ids) == {}
    caller.commit()
    service.ledger.wait_for_status(sent.ids, "succeeded", 10)
    done = [effect.invocation for effect in service.ledger.effects() if effect.name.startswith("task")]
    assert sorted(done) == sorted(sent.ids)
