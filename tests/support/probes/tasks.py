"""The probes."""

import ctypes
import os
import signal
import threading
import time
from contextlib import nullcontext
from typing import Any

import dramatiq
from django.db import connection
from dramatiq.errors import Retry

from apps.tasks import runs, schedules
from apps.tasks.celery import AsyncResult, Task, shared_task, signals
from apps.tasks.endings import Ended
from apps.tasks.retries import Stop, TryAgain
from tests.support.probes import traces

#: An outage of PostgreSQL is an error of a task that uses it, and tried again until it is over.
STUBBORN = {"autoretry_for": (Exception,), "max_retries": None, "default_retry_delay": 1}
AT_ONCE = {"autoretry_for": (Exception,), "default_retry_delay": 0}


class ProbeError(Exception):
    """The probe was asked to fail."""


def _note_signal(signal: signals.Signal, **_named: Any) -> None:
    traces.write_signal(signal.name)


for of_a_worker in (
    signals.worker_process_init,
    signals.worker_ready,
    signals.worker_shutting_down,
    signals.worker_shutdown,
):
    of_a_worker.connect(_note_signal)


def note_start() -> int:
    """Leave a start; returns how often this invocation was retried before."""
    run = runs.current()
    assert run is not None
    traces.write_start(run.claim.id, run.claim.attempt)
    return run.retries


def note_effect(kind: str, name: str, invocation: str, attempt: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO probe_effect (kind, name, invocation, attempt, pid) VALUES (%s, %s, %s, %s, %s)",
            [kind, name, invocation, attempt, os.getpid()],
        )


def note_done(name: str) -> None:
    run = runs.current()
    assert run is not None
    note_effect("done", name, run.claim.id, run.claim.attempt)


def note_end(ended: Ended) -> None:
    """For `on_end`: an effect in the transaction that ends the invocation."""
    note_effect("end", ended.status, ended.id, 0)


def note_call_of(ended: Ended) -> int:
    """Leave a start for a call of `on_end`; returns which call of it this is."""
    traces.write_start(f"on_end of {ended.id}", 0)
    return sum(start.invocation == f"on_end of {ended.id}" for start in traces.read_starts(os.environ["DATA_DIR"]))


def raise_at_first(ended: Ended) -> None:
    """As an `on_end` that raises at its first call, after its effect."""
    note_end(ended)
    if note_call_of(ended) == 1:
        raise ProbeError("the first call of on_end")


def exit_at_first(ended: Ended) -> None:
    """The same with what code from a command line's world raises."""
    note_end(ended)
    if note_call_of(ended) == 1:
        raise SystemExit(3)


def end_slowly(ended: Ended) -> None:
    """As an `on_end` that waits for somebody else's answer."""
    note_call_of(ended)
    time.sleep(3)
    note_end(ended)


@shared_task(name="probes.do_nothing")
def do_nothing() -> None:
    """As short as a task can be."""


@shared_task(name="probes.stamp")
def stamp() -> None:
    """Leave a start and nothing else: needs no database."""
    note_start()


#: Only for the workers of tests that ask for it: the others count what they have sent.
if seconds_between_ticks := os.environ.get("PROBE_EVERY_SECONDS"):
    schedules.every(seconds=float(seconds_between_ticks), name="probe")(stamp)


@shared_task(name="probes.rest")
def rest(seconds: float) -> None:
    """Leave a start and sleep: needs no database."""
    note_start()
    time.sleep(seconds)


@shared_task(name="probes.record", **STUBBORN)
def record(name: str, seconds: float = 0) -> None:
    """Leave a start, work, leave an effect: safe to lose, not safe to run twice."""
    note_start()
    time.sleep(seconds)
    note_done(name)


@shared_task(name="probes.record_atomically", atomic=True, **STUBBORN)
def record_atomically(name: str, seconds: float = 0) -> None:
    """The same, with the effect and the completion in one transaction."""
    note_start()
    time.sleep(seconds)
    note_done(name)


def stop_clock_after_completion(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """As the pause of a machine between a completion and its commit.

    By a signal to this very thread: one to the process may reach another thread first, and this one goes on to commit.
    """
    answer = execute(sql, params, many, context)
    if "'succeeded'" in sql:
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    return answer


@shared_task(name="probes.pause_before_commit")
def pause_before_commit(name: str, seconds: float) -> None:
    """The first attempt is paused when its completion has taken the row and is not committed."""
    note_start()
    time.sleep(seconds)
    run = runs.current()
    first = run is not None and run.claim.attempt == 1
    pause = connection.execute_wrapper(stop_clock_after_completion) if first else nullcontext()
    with pause, runs.completing():
        note_done(name)


@shared_task(name="probes.kill_own_process", on_end=note_end)
def kill_own_process(way: str, after_seconds: float = 0) -> None:
    """Die by a signal, in C code, or by leaving with the exit code of success."""
    note_start()
    time.sleep(after_seconds)
    match way:
        case "signal":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            ctypes.string_at(0)
        case "exit":
            os._exit(0)


@shared_task(name="probes.fork_and_rest")
def fork_and_rest(seconds: float) -> None:
    """The first attempt forks a process that goes on after it, with all that is open in this one."""
    note_start()
    run = runs.current()
    if run is not None and run.claim.attempt == 1 and os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    time.sleep(seconds)


@shared_task(name="probes.kill_whole_worker", on_end=note_end)
def kill_whole_worker(after_seconds: float = 0) -> None:
    """What running out of a container's memory does: parent and all children are gone at once."""
    note_start()
    time.sleep(after_seconds)
    os.killpg(os.getpgid(0), signal.SIGKILL)


@shared_task(name="probes.fail", on_end=note_end, max_retries=3, **AT_ONCE)
def fail(times: int) -> None:
    """Fail so often, then succeed."""
    if note_start() < times:
        raise ProbeError("asked to")


@shared_task(
    name="probes.fail_with_backoff",
    autoretry_for=(ProbeError,),
    max_retries=2,
    retry_backoff=1,
    retry_jitter=False,
    on_end=note_end,
)
def fail_with_backoff() -> None:
    """Fail always: the first try, and two more after 1 s and 2 s."""
    note_start()
    raise ProbeError("always")


@shared_task(name="probes.fail_to_a_failing_end", on_end=raise_at_first)
def fail_to_a_failing_end() -> None:
    note_start()
    raise ProbeError("always")


@shared_task(name="probes.fail_to_a_slow_end", on_end=end_slowly)
def fail_to_a_slow_end() -> None:
    note_start()
    raise ProbeError("always")


@shared_task(name="probes.fail_to_an_exit", on_end=exit_at_first)
def fail_to_an_exit() -> None:
    note_start()
    raise ProbeError("always")


@shared_task(name="probes.die_to_a_slow_end", on_end=end_slowly)
def die_to_a_slow_end() -> None:
    note_start()
    os.kill(os.getpid(), signal.SIGKILL)


class RaisingPolicy:
    def after(self, error: BaseException, retries: int) -> TryAgain | Stop:
        raise ProbeError(f"cannot decide about {error!r} after {retries} retries")


@dramatiq.actor(actor_name="probes.fail_undecidedly", retry_policy=RaisingPolicy(), on_end=note_end)
def fail_undecidedly() -> None:
    note_start()
    raise ProbeError("always")


@dramatiq.actor(actor_name="probes.retry_in_an_aeon", on_end=note_end)
def retry_in_an_aeon() -> None:
    """Ask for a delay that no calendar holds."""
    note_start()
    raise Retry("later", delay=10**18)


@dramatiq.actor(actor_name="probes.overrun", time_limit=1_000, max_retries=0, on_end=note_end)
def overrun() -> None:
    """Run on past a time limit of a second, in steps between which an exception can be raised."""
    note_start()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        time.sleep(0.05)


@shared_task(name="probes.hold_gil")
def hold_gil(seconds: float) -> None:
    """Stay in C code that does not let go of the interpreter: nothing else in this process runs meanwhile.

    Signals are left to the other threads, or they would end the sleep.
    """
    note_start()
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        ctypes.PyDLL(None).usleep(int(seconds * 1e6))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())


class Watched(Task):
    """Leaves a trace of each hook: its name, and what another process could see of the call meanwhile."""

    def on_success(self, *_told: Any) -> None:
        note_hook(self, "on_success")

    def on_failure(self, *_told: Any) -> None:
        note_hook(self, "on_failure")

    def on_retry(self, *_told: Any) -> None:
        note_hook(self, "on_retry")

    def after_return(self, *_told: Any) -> None:
        note_hook(self, "after_return")


def note_hook(task: Task, hook: str) -> None:
    assert task.request.id is not None
    note_effect("hook", f"{hook} {AsyncResult(task.request.id).state}", task.request.id, 0)


@shared_task(name="probes.go", base=Watched, bind=True, max_retries=1, default_retry_delay=0)
def go(self: Task, way: str) -> str:
    """Succeed, fail, or try again, with hooks that leave traces."""
    note_start()
    match way:
        case "fail":
            raise ProbeError("asked to")
        case "retry":
            raise self.retry(exc=ProbeError("again"))
        case "tell":
            self.update_state(state="PROGRESS", meta={"done": 1})
            traces.wait_for_word()
        case "overrun":
            end = time.monotonic() + 20
            while time.monotonic() < end:
                time.sleep(0.02)
    return way
