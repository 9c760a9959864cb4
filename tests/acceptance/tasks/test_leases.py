"""Who is taken for dead: processes that are gone or paused past their lease, and nobody else.

A lease takes its time to run out, so all of it happens at once, on one stage: of one worker everything is killed, of
another the supervisor alone, a third is paused, a fourth is paused as well, its child in the middle of a transaction,
and a child of the fifth, which takes over from them, is busy in C code that does not let go of the interpreter. Each
test looks at one of them.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import pytest

from tests.support.processes import wait_until
from tests.support.service import Service, WorkerCommand

Figure = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What was run by whom; `struck_at` is time.time() when everything happened."""

    service: Service
    of_killed: str
    of_headless: str
    headless_children: list[psutil.Process]
    holding: str
    atomic: str
    plain: str
    paused: WorkerCommand
    paused_child: psutil.Process
    committing: str
    committer: WorkerCommand
    struck_at: float

    def seconds_until_taken_over(self, invocation: str) -> float:
        return self.service.wait_for_start(invocation, number=2, deadline_seconds=40).at - self.struck_at


@pytest.fixture(scope="module")
def stage(shared_service: Service) -> Stage:
    service, send = shared_service, shared_service.caller().send
    # Each worker has as many threads as it gets tasks, and is busy when the next one starts.
    killed = service.start_worker(threads=1)
    service.wait_for_start(of_killed := send("rest", 30))
    headless = service.start_worker(threads=1)
    service.wait_for_start(of_headless := send("rest", 30))
    committer = service.start_worker(threads=1)
    service.wait_for_start(committing := send("pause_before_commit", "committing", 6))
    paused = service.start_worker(threads=2)
    atomic, plain = send("record_atomically", "atomic", 6), send("record", "plain", 6)
    service.wait_for_start(atomic)
    service.wait_for_start(plain)
    taker = service.start_worker(processes=2, threads=4)
    service.wait_for_start(holding := send("hold_gil", 13))
    wait_until(lambda: len(taker.children()) == 2, 5, "all of the worker that is to take over")
    headless_children, paused_child = headless.children(), paused.child()
    killed.kill_all()
    headless.process.kill()
    paused.suspend()
    committer.process.send_signal(signal.SIGSTOP)  # its child stops its own clock, when its lease has begun to run out
    return Stage(
        service=service,
        of_killed=of_killed,
        of_headless=of_headless,
        headless_children=headless_children,
        holding=holding,
        atomic=atomic,
        plain=plain,
        paused=paused,
        paused_child=paused_child,
        committing=committing,
        committer=committer,
        struck_at=time.time(),
    )


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_children_of_a_killed_supervisor_end_by_themselves(stage: Stage) -> None:
    wait_until(lambda: not any(map(is_alive, stage.headless_children)), 5, "the end of the children")


def test_the_task_of_a_killed_supervisors_child_starts_again_within_twenty_seconds(
    stage: Stage, figure: Figure
) -> None:
    seconds = stage.seconds_until_taken_over(stage.of_headless)
    figure(f"{seconds:.1f} s after the kill")
    assert seconds < 20


def test_the_task_of_a_worker_that_was_killed_altogether_starts_again_within_twenty_seconds(
    stage: Stage, figure: Figure
) -> None:
    seconds = stage.seconds_until_taken_over(stage.of_killed)
    figure(f"{seconds:.1f} s after the kill")
    assert seconds < 20


def test_of_a_paused_worker_and_the_one_that_took_over_only_the_newest_attempt_counts(
    stage: Stage, figure: Figure
) -> None:
    """The one case in which a task runs twice at the same time; its effect and its end are there once."""
    service, both = stage.service, (stage.atomic, stage.plain)
    seconds = max(stage.seconds_until_taken_over(invocation) for invocation in both)
    stage.paused.resume()
    wait_until(lambda: not is_alive(stage.paused_child), 10, "the end of the fenced process")
    wait_until(stage.paused.children, 5, "the process that replaces it")
    service.ledger.wait_for_status(both, "succeeded", 15)

    assert [e.attempt for e in service.ledger.effects() if e.name == "atomic"] == [2]
    for invocation in both:
        assert service.ledger.invocation(invocation).attempt == 2
        assert len(service.starts_of(invocation)) == 2
    figure(f"taken over {seconds:.1f} s after the pause began")
    assert seconds < 20


def test_a_worker_that_is_paused_between_a_completion_and_its_commit_does_not_keep_the_task(
    stage: Stage, figure: Figure
) -> None:
    service, task = stage.service, stage.committing
    child = stage.committer.child()
    wait_until(lambda: child.status() == psutil.STATUS_STOPPED, 10, "the pause in the middle of a transaction")
    seconds = stage.seconds_until_taken_over(task)
    stage.committer.resume()
    wait_until(lambda: not is_alive(child), 10, "the end of the fenced process")
    service.ledger.wait_for_status([task], "succeeded", 15)

    assert [e.attempt for e in service.ledger.effects() if e.name == "committing"] == [2]
    figure(f"taken over {seconds:.1f} s after its lease was renewed for the last time")
    assert seconds < 20


def test_a_child_that_holds_the_interpreter_for_longer_than_a_lease_is_not_taken_for_dead(stage: Stage) -> None:
    stage.service.ledger.wait_for_status([stage.holding], "succeeded", 20)
    row = stage.service.ledger.invocation(stage.holding)
    assert (row.deaths, row.attempt) == (0, 1)
