"""Tasks written for Celery, in real workers: what another process sees of them, and when."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.probes import traces
from tests.support.processes import ChildProcess, wait_until
from tests.support.service import Service, WorkerCommand

#: Of the worker.
THREADS = 8


@pytest.fixture(scope="module", autouse=True, name="worker")
def only_worker(shared_service: Service) -> WorkerCommand:
    return shared_service.start_worker_at_work()


@pytest.fixture
def service(shared_service: Service) -> Service:
    return shared_service


@pytest.fixture
def service_of_its_own(
    service_environment: dict[str, str], start_process: Callable[..., ChildProcess]
) -> Iterator[Service]:
    service = Service(service_environment, start_process)
    yield service
    service.end()


def hooks_of(service: Service, invocation: str) -> list[str]:
    return [effect.name for effect in service.ledger.effects("hook") if effect.invocation == invocation]


@pytest.mark.parametrize(
    ("way", "status", "hooks"),
    [
        ("succeed", "succeeded", ["on_success SUCCESS", "after_return SUCCESS"]),
        ("fail", "failed", ["on_failure FAILURE", "after_return FAILURE"]),
        ("retry", "dead", ["on_retry RETRY", "on_failure FAILURE", "after_return FAILURE"]),
    ],
)
def test_what_a_hook_is_told_another_process_can_see(service: Service, way: str, status: str, hooks: list[str]) -> None:
    sent = service.caller().apply_async("go", way)

    service.ledger.wait_for_status([sent], status, 10)
    wait_until(lambda: len(hooks_of(service, sent)) == len(hooks), 5, "all hooks have been called")

    assert hooks_of(service, sent) == hooks


def test_a_state_of_ones_own_is_seen_by_another_process_while_the_task_runs(service: Service) -> None:
    caller = service.caller()
    sent = caller.apply_async("go", "tell")
    wait_until(lambda: caller.state_of(sent) == "PROGRESS", 5, "the state is seen")

    traces.word_path(service.environment["DATA_DIR"]).touch()

    wait_until(lambda: caller.state_of(sent) == "SUCCESS", 5, "the end is seen")


def test_a_hard_limit_ends_a_task_and_its_thread_goes_on(service: Service) -> None:
    caller = service.caller()
    sent = caller.apply_async("go", "overrun", time_limit=0.3)

    service.ledger.wait_for_status([sent], "failed", 5)
    wait_until(lambda: len(hooks_of(service, sent)) == 2, 5, "the hooks have been called")

    assert "TimeLimitExceeded" in service.ledger.invocation(sent).error
    assert len(service.starts_of(sent)) == 1
    service.ledger.wait_for_status(caller.send_many("do_nothing", [[]] * 50).ids, "succeeded", 5)


def test_a_queue_that_only_the_sender_knows_is_consumed(service: Service) -> None:
    sent = service.caller().apply_async("go", "succeed", queue="known_to_nobody")
    delayed = service.caller().apply_async("go", "succeed", queue="known_to_nobody_either", countdown=0.1)

    service.ledger.wait_for_status([sent, delayed], "succeeded", 10)


def test_what_is_revoked_before_it_starts_never_runs(service: Service) -> None:
    caller = service.caller()
    sent = caller.apply_async("go", "succeed", countdown=2)
    caller.revoke(sent)

    service.ledger.wait_for_status([sent], "cancelled", 5)

    assert caller.state_of(sent) == "REVOKED"
    assert service.starts_of(sent) == []


def test_what_is_revoked_while_a_worker_holds_it_ahead_does_not_start_any_more(service: Service) -> None:
    caller = service.caller()
    for _ in range(3):  # short tasks, so that the worker claims more than it has threads for
        caller.send_many("do_nothing", [[]] * 300)
        service.ledger.wait_for_quiet(30)
    sent = [caller.apply_async("rest", 1.5) for _ in range(40)]
    wait_until(lambda: service.ledger.statuses(sent).get("running", 0) > THREADS, 5, "some are held ahead")

    revoked_at = {}
    for one in sent:
        caller.revoke(one)
        revoked_at[one] = time.time()
    service.ledger.wait_for_quiet(20)

    # Less than a tenth of a second after its claim a task starts without another look.
    assert [one for one in sent for start in service.starts_of(one) if start.at > revoked_at[one] + 0.2] == []
    assert service.ledger.statuses(sent)["cancelled"] >= 40 - 2 * THREADS


def test_an_expired_task_does_not_run(service: Service) -> None:
    caller = service.caller()
    sent = caller.apply_async("go", "succeed", countdown=0.5, expires=0.1)

    service.ledger.wait_for_status([sent], "cancelled", 10)

    assert caller.state_of(sent) == "REVOKED"
    assert service.starts_of(sent) == []


def test_each_process_of_a_worker_tells_of_its_life(service_of_its_own: Service) -> None:
    worker = service_of_its_own.start_worker_at_work(processes=2)
    children = {child.pid for child in worker.children()}

    worker.stop()
    worker.process.wait(10)

    told = traces.read_signals(service_of_its_own.environment["DATA_DIR"])
    names = ["worker_process_init", "worker_ready", "worker_shutting_down", "worker_shutdown"]
    assert {pid: [name for name, each in told if each == pid] for pid in children} == dict.fromkeys(children, names)
    assert {pid for _, pid in told} == children
