"""The processes of a running service: programs of ours, and embedded servers. Both can be started again."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

import psutil

from apps.ops.embedded.server import EmbeddedServer

#: A part that lived this long and then died did not die of its start.
SETTLED_SECONDS = 10
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


class Part(ABC):
    """One process; `on_end` is called, in a thread, each time it has ended."""

    def __init__(self, name: str, on_end: Callable[["Part"], None]) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._on_end = on_end
        self._started_at = 0.0
        self._early_deaths = 0

    @abstractmethod
    def spawn(self) -> subprocess.Popen[bytes]: ...

    def start(self) -> None:
        self.watch(self.spawn())

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self._started_at = process, time.monotonic()
        self._ended = threading.Event()
        threading.Thread(target=self._await_end, args=[process, self._ended], daemon=True).start()

    def is_running(self) -> bool:
        return self.process is not None and not self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, asked for at most `seconds`."""
        return self.process is None or self._ended.wait(seconds)

    def how_it_ended(self) -> str:
        code = self.process.returncode if self.process is not None else None
        return f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"

    def pause_seconds(self) -> float:
        """How long to wait before it is started again: longer each time it dies right away."""
        if time.monotonic() - self._started_at >= SETTLED_SECONDS:
            self._early_deaths = 0
            return 0
        self._early_deaths += 1
        return PAUSES_SECONDS[min(self._early_deaths, len(PAUSES_SECONDS)) - 1]

    @abstractmethod
    def clear_up(self, process: subprocess.Popen[bytes]) -> None:
        """What is to be done when the process has ended, before anybody hears of it."""

    def _await_end(self, process: subprocess.Popen[bytes], ended: threading.Event) -> None:
        process.wait()
        self.clear_up(process)
        ended.set()
        self._on_end(self)


class ServerPart(Part):
    """An embedded server that is already running, or was."""

    def __init__(self, server: EmbeddedServer, on_end: Callable[[Part], None]) -> None:
        super().__init__(server.name, on_end)
        self.server = server

    def spawn(self) -> subprocess.Popen[bytes]:
        return self.server.spawn()

    def clear_up(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing: children of a dead server end by themselves, and its next start makes sure of it."""


class Program(Part):
    """A Python program of ours in a process group of its own, whose lines go to `on_line`.

    A Ctrl-C in the terminal does not reach it: the supervisor decides when it is to end.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        environment: dict[str, str],
        on_line: Callable[[str, str], None],
        on_end: Callable[[Part], None],
    ) -> None:
        super().__init__(name, on_end)
        self._command = command
        self._environment = environment
        self._on_line = on_line
        self._reader = threading.Thread()

    def spawn(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 — our own command line
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._forward_lines, args=[process], daemon=True)
        self._reader.start()
        return process

    def has_children(self) -> bool:
        """Whether it has come so far as to start processes of its own."""
        try:
            return self.process is not None and bool(psutil.Process(self.process.pid).children())
        except psutil.NoSuchProcess:
            return False

    def terminate(self) -> None:
        if self.process is not None and self.is_running():
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.process is not None and self.is_running():
            self.process.kill()

    def clear_up(self, process: subprocess.Popen[bytes]) -> None:
        """End what the leader left of its group, which would compete with the next one, and show its last lines.

        At once, because the group's number is free to be given away as soon as the group is empty.
        """
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM where all are dead
            os.killpg(process.pid, signal.SIGKILL)
        self._reader.join(1)

    def _forward_lines(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 — asked for above
        while line := process.stdout.readline(64 * 1024):
            self._on_line(self.name, line.decode(errors="replace").rstrip("\n"))
