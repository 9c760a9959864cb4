"""A task that kills its own process is given up after the third time; what merely shared the process is not."""

import random
from collections.abc import Callable

import psutil
import pytest

from tests.support.service import Service, Stream, WorkerCommand

SEED = 6


@pytest.fixture(scope="module", autouse=True, name="worker")
def only_worker(shared_service: Service) -> WorkerCommand:
    return shared_service.start_worker_at_work(grace=4)


@pytest.fixture
def service(shared_service: Service) -> Service:
    return shared_service


def assert_is_quarantined(service: Service, killer: str) -> None:
    service.ledger.wait_for_status([killer], "dead", 20)
    row = service.ledger.invocation(killer)
    assert (row.deaths, len(service.starts_of(killer))) == (3, 3)
    assert "died" in row.error
    assert "3 of 3" in row.error
    assert service.ledger.ends_of(killer) == ["dead"]


@pytest.mark.parametrize("ways", [["signal"], ["crash", "exit"]], ids=["one killer", "two killers at once"])
def test_a_killer_is_dead_after_its_third_attempt_and_its_neighbours_succeed(
    service: Service, figure: Callable[[str], None], ways: list[str]
) -> None:
    """The long-running neighbours take longer than they would be given after a stop."""
    caller = service.caller()
    neighbours = caller.send_many("rest", [[3], [3], [0.5], [0.5]]).ids
    for neighbour in neighbours:
        service.wait_for_start(neighbour)
    killers = [caller.send("kill_own_process", way, 0.1) for way in ways]
    for killer in killers:
        assert_is_quarantined(service, killer)
    service.ledger.wait_for_status(neighbours, "succeeded", 20)

    rows = [service.ledger.invocation(neighbour) for neighbour in neighbours]
    assert all(row.deaths <= 1 for row in rows)
    assert max(len(service.starts_of(neighbour)) for neighbour in neighbours) <= 2
    starts = [service.starts_of(killer) for killer in killers]
    figure(f"from the first start to the third: {max(s[2].at - s[0].at for s in starts):.2f} s")


def test_a_suspect_does_not_wait_for_another_that_takes_long(service: Service) -> None:
    suspects = [service.caller().send("rest", 4)]
    psutil.Process(service.wait_for_start(suspects[0]).pid).kill()
    service.wait_for_start(suspects[0], number=2)
    suspects.append(service.caller().send("rest", 4))
    psutil.Process(service.wait_for_start(suspects[1]).pid).kill()
    service.wait_for_start(suspects[1], number=2, deadline_seconds=3)
    service.ledger.wait_for_status(suspects, "succeeded", 10)


def test_a_burst_of_killers_holds_nobody_up(service: Service, figure: Callable[[str], None]) -> None:
    """Each kills the process that all share, one after the other."""
    lengths = random.Random(SEED)
    with Stream(
        service.caller(), "record_atomically", lambda number: [f"task {number}", lengths.uniform(0, 0.05)], 0.02
    ) as stream:
        killers = [service.caller(1).send("kill_own_process", "signal", lengths.uniform(0, 0.2)) for _ in range(10)]
        service.ledger.wait_for_status(killers, "dead", 30)
    service.ledger.wait_for_status(stream.accepted, "succeeded", 20)

    done = [effect.invocation for effect in service.ledger.effects() if effect.invocation in set(stream.accepted)]
    assert sorted(done) == sorted(stream.accepted)
    waited = service.ledger.one(
        "SELECT max(extract(epoch FROM finished_at - created_at))::float8 FROM tasks_invocation WHERE id = ANY (%s)",
        [stream.accepted],
    )
    figure(f"{len(stream.accepted)} neighbours of ten killers, the slowest ended {waited:.1f} s after it was sent")
    assert waited < 10
