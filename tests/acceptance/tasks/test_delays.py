"""Delays are kept in the ledger, at any horizon, and end in time."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.support.figures import percentiles_ms
from tests.support.service import Service, WorkerCommand

YEAR_SECONDS = 365 * 24 * 3600


@pytest.fixture(scope="module", autouse=True)
def worker(shared_service: Service) -> WorkerCommand:
    return shared_service.start_worker_at_work(processes=2)


@pytest.fixture
def service(shared_service: Service) -> Service:
    return shared_service


def test_a_countdown_of_a_year_is_kept(service: Service) -> None:
    caller = service.caller()
    invocation = caller.send("stamp", delay_seconds=YEAR_SECONDS)
    service.ledger.wait_for_status(caller.send_many("stamp", [[]] * 10, delay_seconds=0.1).ids, "succeeded", 10)

    row = service.ledger.invocation(invocation)
    assert row.status == "scheduled"
    assert abs((row.due_at - datetime.now(UTC)).total_seconds() - YEAR_SECONDS) < 60


def test_delayed_tasks_start_when_they_are_due(service: Service, figure: Callable[[str], None]) -> None:
    caller = service.caller()
    delays = [0.2, 0.5, 0.7, 1.1, 2.3]
    sent = [caller.send_many("stamp", [[]], delay_seconds=delay) for delay in delays]
    late = [
        service.wait_for_start(one.ids[0]).at - one.sent_at[0] - delay for one, delay in zip(sent, delays, strict=True)
    ]
    figure(f"lateness of single delayed tasks: {percentiles_ms(late)}")
    assert min(late) >= 0
    assert max(late) < 1


def test_a_thousand_tasks_due_at_the_same_second_run_once_each_and_in_time(
    service: Service, figure: Callable[[str], None]
) -> None:
    caller = service.caller()
    caller.begin()  # they are due within the time that their sending takes, and visible together
    began = time.time()
    ids = caller.send_many("stamp", [[]] * 1000, delay_seconds=3).ids
    took = time.time() - began
    caller.commit()
    service.ledger.wait_for_status(ids, "succeeded", 15)

    starts = [start for start in service.starts() if start.invocation in set(ids)]
    assert Counter(start.invocation for start in starts) == Counter(ids)
    late = [start.at - began - 3 for start in starts]
    assert min(late) >= 0
    figure(f"sent within {took:.1f} s, started after the first was due: {percentiles_ms(late)}")
