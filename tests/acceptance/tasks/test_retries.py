"""What follows an error: another try at its time, or an end that the domain hears of once."""

from collections.abc import Callable

import pytest

from tests.support.processes import wait_until
from tests.support.service import Service, WorkerCommand


@pytest.fixture(scope="module", autouse=True, name="worker")
def only_worker(shared_service: Service) -> WorkerCommand:
    return shared_service.start_worker_at_work()


@pytest.fixture
def service(shared_service: Service) -> Service:
    return shared_service


def test_a_task_that_fails_twice_succeeds_at_the_third_attempt(service: Service) -> None:
    failing = service.caller().send("fail", 2)
    service.ledger.wait_for_status([failing], "succeeded", 10)
    row = service.ledger.invocation(failing)
    assert (row.retries, row.attempt, row.error) == (2, 3, "")
    assert service.ledger.ends_of(failing) == []


def test_backoff_is_kept_and_the_last_error_ends_the_task_together_with_its_on_end(
    service: Service, figure: Callable[[str], None]
) -> None:
    failing = service.caller().send("fail_with_backoff")
    service.ledger.wait_for_status([failing], "dead", 15)
    first, second, third = [start.at for start in service.starts_of(failing)]
    row = service.ledger.invocation(failing)
    assert (row.retries, row.error) == (2, "ProbeError: always")
    assert "raise ProbeError" in row.traceback
    assert 1 <= second - first < 2
    assert 2 <= third - second < 3
    figure(f"backoff of 1 s and 2 s was {second - first:.3f} s and {third - second:.3f} s")
    # The transaction that wrote each row's present version is the same one.
    (ended_in,) = service.ledger.rows("SELECT xmin::text FROM tasks_invocation WHERE id = %s", [failing])
    (told_in,) = service.ledger.rows(
        "SELECT xmin::text FROM probe_effect WHERE kind = 'end' AND invocation = %s", [failing]
    )
    assert ended_in == told_in


def test_a_task_whose_retry_policy_raises_is_dead_and_not_running_for_good(service: Service) -> None:
    failing = service.caller().send("fail_undecidedly")
    service.ledger.wait_for_status([failing], "dead", 10)
    assert "could not be decided" in service.ledger.invocation(failing).error
    assert service.ledger.ends_of(failing) == ["dead"]


@pytest.mark.parametrize(
    ("task", "error"),
    [("fail_to_a_failing_end", "ProbeError"), ("fail_to_an_exit", "SystemExit")],
    ids=["an error", "sys.exit"],
)
def test_an_on_end_that_raises_is_called_again_and_the_task_has_not_ended_before(
    service: Service, worker: WorkerCommand, task: str, error: str
) -> None:
    failing = service.caller().send(task)
    service.wait_for_start(f"on_end of {failing}")
    worker.process.wait_for_output(error)
    assert service.ledger.invocation(failing).status == "ending"
    assert service.ledger.ends_of(failing) == []

    # The pause before the second call is half a minute: let it be over.
    wait_until(lambda: service.ledger.rows(POSTPONED, [failing]), 5, "the second call is postponed")
    service.ledger.rows("UPDATE tasks_invocation SET due_at = now() WHERE id = %s", [failing])
    service.wait_for_start(f"on_end of {failing}", number=2)
    service.ledger.wait_for_status([failing], "failed", 10)
    assert service.ledger.ends_of(failing) == ["failed"]
    # Neither the worker nor its records have suffered.
    service.ledger.wait_for_status(service.caller().send_many("do_nothing", [[]] * 20).ids, "succeeded", 10)
    assert len(service.starts_of(failing)) == 1


POSTPONED = "SELECT 1 FROM tasks_invocation WHERE id = %s AND due_at > now()"


@pytest.mark.parametrize("task", ["fail_to_a_slow_end", "die_to_a_slow_end"])
def test_a_slow_on_end_holds_nobody_up(service: Service, worker: WorkerCommand, task: str) -> None:
    """Neither the records of other tasks nor the supervisor, who starts killed processes again and keeps leases."""
    caller = service.caller()
    ending = caller.send(task)
    service.wait_for_start(f"on_end of {ending}")
    service.ledger.wait_for_status(caller.send_many("do_nothing", [[]] * 20).ids, "succeeded", 2)
    neighbour = caller.send("rest", 0.5)
    service.wait_for_start(neighbour)
    # The process that does not run the on_end, if there is one.
    worker.children()[-1].kill()
    service.wait_for_start(neighbour, number=2, deadline_seconds=2)
    service.ledger.wait_for_status([neighbour], "succeeded", 5)
    assert service.ledger.ends_of(ending) == []

    service.ledger.wait_for_quiet(15)
    assert len(service.ledger.ends_of(ending)) == 1


def test_a_time_limit_ends_a_task(service: Service) -> None:
    endless = service.caller().send("overrun")
    service.ledger.wait_for_status([endless], "dead", 5)
    assert "TimeLimitExceeded" in service.ledger.invocation(endless).error


def test_a_delay_that_no_calendar_holds_ends_the_task_and_holds_nobody_up(service: Service) -> None:
    caller = service.caller()
    impossible = caller.send("retry_in_an_aeon")
    service.wait_for_start(impossible)
    others = caller.send_many("do_nothing", [[]] * 20).ids
    service.ledger.wait_for_status(others, "succeeded", 10)
    wait_until(
        lambda: service.ledger.invocation(impossible).status != "running", 10, "the impossible retry is recorded"
    )
