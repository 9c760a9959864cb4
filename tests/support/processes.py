"""Start a command as a child of the test, see what it wrote, wait for things with a deadline, kill it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from apps.ops.embedded.endings import end_all
from tests.support.guardian import SESSION_VARIABLE

REPOSITORY = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(REPOSITORY / "manage.py")]
POLL_SECONDS = 0.02
Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], deadline_seconds: float, what: str) -> Value:
    """The first true value of `condition`, asked again and again; fails with `what` after the deadline."""
    deadline = time.monotonic() + deadline_seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {deadline_seconds} s: {what}")
        time.sleep(POLL_SECONDS)
    return value


class ChildProcess:
    """A command in a process group of its own; what it writes goes to a file."""

    def __init__(
        self, command: Sequence[str], *, env: dict[str, str], output_path: Path, cwd: Path = REPOSITORY
    ) -> None:
        self.command = list(command)
        self.output_path = output_path
        with output_path.open("ab") as output:
            self._popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        self.pid = self._popen.pid

    @property
    def output(self) -> str:
        return self.output_path.read_text(errors="replace")

    @property
    def returncode(self) -> int | None:
        return self._popen.poll()

    def is_running(self) -> bool:
        return self.returncode is None

    def processes(self) -> list[psutil.Process]:
        """The child and all its descendants, the child first; nobody once the child has been waited for."""
        if self._popen.returncode is not None:
            return []
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]

    def wait_for_output(self, text: str, deadline_seconds: float = 20) -> str:
        """Everything written so far, once `text` is in it; fails at once if the child ends without it."""

        def written() -> str:
            running = self.is_running()  # asked first: what it wrote before its end is in the file
            output = self.output
            if text in output:
                return output
            assert running, f"{self.command} ended with {self.returncode} before {text!r}:\n{output}"
            return ""

        try:
            return wait_until(written, deadline_seconds, f"{text!r} in the output of {self.command}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output}") from None

    def wait(self, deadline_seconds: float = 20) -> int:
        """Its return code; fails with what it wrote if it is still running at the deadline."""
        try:
            return self._popen.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command} still runs after {deadline_seconds} s:\n{self.output}") from None

    def send_signal(self, number: signal.Signals) -> None:
        """To the child alone, as a platform's first signal or `kill` does."""
        self._popen.send_signal(number)

    def send_signal_to_group(self, number: signal.Signals) -> None:
        """To every process of its group, as Ctrl-C in a terminal and Heroku's stop do.

        The group may outlive the child. But once the child has been waited for its number may be given to
        somebody else, so then only processes of this test session are sent to.
        """
        if self._popen.returncode is None:
            os.killpg(self.pid, number)
            return
        for process in psutil.process_iter():
            if _belongs(process, group=self.pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def terminate(self, deadline_seconds: float = 20) -> int:
        self.send_signal(signal.SIGTERM)
        return self.wait(deadline_seconds)

    def kill(self) -> None:
        """`kill -9` of the child alone; its own children are left as they are."""
        self._popen.kill()
        self._popen.wait()

    def kill_all(self) -> None:
        """`kill -9` of the child, its group and all descendants: nothing is left behind."""
        family = self.processes()
        self.send_signal_to_group(signal.SIGKILL)
        end_all(family, [signal.SIGKILL], patience_seconds=5)
        self._popen.wait()


def _belongs(process: psutil.Process, *, group: int) -> bool:
    try:
        ours = process.environ().get(SESSION_VARIABLE) == os.environ[SESSION_VARIABLE]
        return ours and os.getpgid(process.pid) == group
    except (psutil.Error, ProcessLookupError):
        return False


def run(command: Sequence[str], *, env: dict[str, str], deadline_seconds: float = 60) -> str:
    """What a command that must succeed writes."""
    ended = subprocess.run(
        list(command),
        env=env,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=deadline_seconds,
        check=False,
    )
    assert ended.returncode == 0, f"{list(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
    return ended.stdout
