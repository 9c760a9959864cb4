"""Who is taken for dead: processes that are gone or paused past their lease, and nobody else."""

import time
from collections.abc import Callable

import psutil

from tests.support.processes import wait_until
from tests.support.service import Service, WorkerCommand

Figure = Callable[[str], None]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def send_to(service: Service, worker: WorkerCommand, others: list[WorkerCommand], task: str, *arguments: object) -> str:
    """Have one of several workers run a task."""
    for other in others:
        other.suspend()
    invocation = service.caller().send(task, *arguments)
    service.wait_for_start(invocation)
    for other in others:
        other.resume()
    assert any(child.pid == service.starts_of(invocation)[0].pid for child in worker.children())
    return invocation


def test_killed_workers_are_taken_over_by_one_whose_own_child_holds_the_interpreter(
    service: Service, figure: Figure
) -> None:
    """Of one worker everything is killed, of another the supervisor alone. In a child of the third nothing but one
    task runs for 15 s: it is busy, not dead, and its supervisor is not busy."""
    whole, headless, taker = (service.start_worker(processes=number) for number in (1, 1, 2))
    service.wait_for_work(whole, headless, taker)
    of_whole = send_to(service, whole, [headless, taker], "rest", 30)
    of_headless = send_to(service, headless, [whole, taker], "rest", 30)
    holding = send_to(service, taker, [whole, headless], "hold_gil", 15)
    children = headless.children()
    headless.process.kill()
    whole.kill_all()
    killed_at = time.time()
    wait_until(lambda: not any(map(is_alive, children)), 5, "the end of the children without a supervisor")
    children_gone_at = time.time()
    again = {name: service.wait_for_start(name, number=2, deadline_seconds=20).at for name in (of_whole, of_headless)}
    service.ledger.wait_for_status([holding], "succeeded", 20)

    figure(f"the children of a killed supervisor ended within {children_gone_at - killed_at:.2f} s")
    figure(f"its task started again {again[of_headless] - killed_at:.1f} s after the kill")
    figure(f"supervisor and children killed at once: {again[of_whole] - killed_at:.1f} s")
    assert max(again.values()) - killed_at < 20
    row = service.ledger.invocation(holding)
    assert (row.deaths, row.attempt) == (0, 1)


def test_of_a_paused_worker_and_the_one_that_took_over_only_the_newest_attempt_counts(
    service: Service, figure: Figure
) -> None:
    """The one case in which a task runs twice at the same time; its effect and its end are there once."""
    paused, other = service.start_worker(), service.start_worker()
    service.wait_for_work(paused, other)
    caller = service.caller()
    other.suspend()
    atomic = caller.send("record_atomically", "atomic", 4)
    plain = caller.send("record", "plain", 4)
    for invocation in (atomic, plain):
        service.wait_for_start(invocation)
    child = paused.child()
    paused.suspend()
    other.resume()
    paused_at = time.time()
    newest = [service.wait_for_start(invocation, number=2, deadline_seconds=20) for invocation in (atomic, plain)]
    paused.resume()
    took_over_after = max(start.at for start in newest) - paused_at
    wait_until(lambda: not is_alive(child), 10, "the end of the fenced process")
    wait_until(lambda: [c for c in paused.children() if c.pid != child.pid], 5, "the process that replaces it")
    service.ledger.wait_for_status([atomic, plain], "succeeded", 15)

    assert [e.attempt for e in service.ledger.effects() if e.name == "atomic"] == [2]
    for invocation in (atomic, plain):
        assert service.ledger.invocation(invocation).attempt == 2
        assert len(service.starts_of(invocation)) == 2
    figure(f"taken over {took_over_after:.1f} s after the pause began")
    assert took_over_after < 20
