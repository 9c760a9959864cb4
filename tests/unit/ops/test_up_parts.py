"""Parts that are started again, the lock of a folder, and the end of processes: with real ones, small."""

import os
import platform
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from apps.ops.embedded import ports
from apps.ops.embedded.endings import end_all, is_gone
from apps.ops.up import parts
from apps.ops.up.errors import AlreadyRunningError, PartFailedError
from apps.ops.up.lock import Lock
from apps.ops.up.parts import Part, Program
from apps.ops.up.supervisor import STOP_SIGNALS, StopRequested, Supervisor
from apps.ops.up.terminal import Terminal
from tests.support.processes import REPOSITORY, wait_until

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
OBEDIENT = "import signal; print('up', flush=True); signal.pause()"
HOLDER = """
import sys
from pathlib import Path
from apps.ops.up.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire(on_wait=print, check=lambda: None)
print("held", flush=True)
sys.stdin.read()
"""

LEADER_ENDS_FIRST = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=[60]).start()
ctypes.CDLL(None).syscall(60, 0)  # exit, of this thread alone
"""


class Ground:
    """A program's lines and ends, as a supervisor would get them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ends: queue.SimpleQueue[Part] = queue.SimpleQueue()

    def program(self, code: str) -> Program:
        return Program(
            "part",
            [sys.executable, "-c", code],
            environment=dict(os.environ),
            on_line=lambda _name, line: self.lines.append(line),
            on_end=self.ends.put,
        )


@pytest.fixture
def ground() -> Ground:
    return Ground()


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    # The suite itself may run under nohup, which has SIGHUP ignored.
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in STOP_SIGNALS}
    yield Supervisor(Terminal(), grace_seconds=0.5)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_lines_are_forwarded_before_the_end_is_told(ground: Ground) -> None:
    program = ground.program("print('one'); print('двa'); raise SystemExit(3)")

    program.start()
    ended = ground.ends.get(timeout=20)

    assert ended is program
    assert ground.lines == ["one", "двa"]
    assert program.how_it_ended() == "ended with code 3"


def test_what_a_dead_leader_left_of_its_group_ends_with_it(ground: Ground) -> None:
    program = ground.program(
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    )

    program.start()
    ground.ends.get(timeout=20)

    left = int(ground.lines[0])
    wait_until(lambda: not psutil.pid_exists(left) or is_gone(psutil.Process(left)), 5, "the rest has ended")


def test_the_pause_grows_while_it_dies_at_once_and_has_an_end(ground: Ground) -> None:
    program = ground.program("")
    program.start()
    ground.ends.get(timeout=20)

    pauses = [program.pause_seconds() for _ in range(9)]

    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_one_that_had_settled_is_started_again_at_once(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    program = ground.program("")
    program.start()
    ground.ends.get(timeout=20)
    program.pause_seconds()
    monkeypatch.setattr(parts, "SETTLED_SECONDS", 0)

    assert program.pause_seconds() == 0


def test_before_the_service_is_settled_a_death_is_the_end_of_the_start(supervisor: Supervisor, ground: Ground) -> None:
    program = ground.program("raise SystemExit(3)")
    program._on_end = supervisor.part_ended
    supervisor.start_program(program)

    with pytest.raises(PartFailedError, match="part ended with code 3"):
        supervisor.attend(20)


def test_a_program_that_is_to_end_must_end_well(supervisor: Supervisor, ground: Ground) -> None:
    supervisor.run_once(ground.program(""))

    with pytest.raises(PartFailedError):
        supervisor.run_once(ground.program("raise SystemExit(1)"))


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_asks_for_the_end(supervisor: Supervisor, number: signal.Signals) -> None:
    os.kill(os.getpid(), number)

    with pytest.raises(StopRequested):
        supervisor.attend(5)
    with pytest.raises(StopRequested):
        supervisor.check()


@pytest.mark.parametrize("code", [pytest.param(OBEDIENT, id="obedient"), pytest.param(STUBBORN, id="stubborn")])
def test_a_stop_ends_the_stubborn_too(supervisor: Supervisor, ground: Ground, code: str) -> None:
    program = ground.program(code)
    supervisor.start_program(program)
    wait_until(lambda: ground.lines, 20, "the program runs")

    supervisor.stop()

    assert not program.is_running()


def test_processes_that_ignore_the_gentle_signal_are_killed() -> None:
    child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
    child.stdout.readline()

    end_all([psutil.Process(child.pid)], [signal.SIGTERM], patience_seconds=0.2)

    assert child.wait(5) == -signal.SIGKILL
    child.stdout.close()


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="ends one thread by its system call"
)
def test_a_process_has_not_ended_while_one_of_its_threads_runs() -> None:
    child = subprocess.Popen([sys.executable, "-c", LEADER_ENDS_FIRST])
    process = psutil.Process(child.pid)
    wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE, 20, "its first thread has ended")

    assert not is_gone(process)

    child.kill()
    wait_until(lambda: is_gone(process), 5, "it has ended as a whole")
    child.wait()


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    holder.stdout.readline()
    asked = []

    def kill_holder(owner: str) -> None:
        asked.append(owner)
        holder.kill()

    Lock(tmp_path / "lock").acquire(on_wait=kill_holder, check=lambda: None)

    assert asked == [str(holder.pid)]
    assert (tmp_path / "lock").read_text() == str(os.getpid())
    holder.communicate()


def test_a_lock_whose_holder_stays_is_refused_with_its_number(tmp_path: Path) -> None:
    first = Lock(tmp_path / "lock")
    first.acquire(on_wait=lambda _owner: None, check=lambda: None)

    with pytest.raises(AlreadyRunningError, match=f"process {os.getpid()}"):
        Lock(tmp_path / "lock").acquire(on_wait=lambda _owner: None, check=lambda: None)


def test_waiting_for_a_lock_can_be_given_up(tmp_path: Path) -> None:
    first = Lock(tmp_path / "lock")
    first.acquire(on_wait=lambda _owner: None, check=lambda: None)
    first.say_stopping()

    def give_up() -> None:
        raise StopRequested

    started = time.monotonic()
    with pytest.raises(StopRequested):
        Lock(tmp_path / "lock").acquire(on_wait=lambda _owner: None, check=give_up)
    assert time.monotonic() - started < 5
    assert (tmp_path / "lock").read_text() == f"{os.getpid()} stopping"


def test_free_ports_lie_below_those_of_outgoing_connections() -> None:
    assert {ports.find_free_port() in range(15_000, 32_000) for _ in range(20)} == {True}
