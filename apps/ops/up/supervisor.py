"""Keeps the parts running until it is told to stop, then stops them in order."""

import contextlib
import heapq
import os
import queue
import signal
import time
from types import FrameType

from apps.ops.up.errors import PartFailedError
from apps.ops.up.parts import Part, Program, ServerPart
from apps.ops.up.terminal import Terminal

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Beyond the grace a task or request gets: one second to leave, the rest for the servers.
STOP_SECONDS_BEYOND_GRACE = 4.5
#: How often it looks whether `make` is still there.
TICK_SECONDS = 1.0


class StopRequested(Exception):  # noqa: N818 — not an error
    """Somebody asked for the end: Ctrl-C, SIGTERM, or the `make` that started this is gone."""


class Supervisor:
    """One thread decides everything; signals and ended parts reach it through a queue.

    Until `settled` a part that ends is the end of the start; afterwards it is started again.
    """

    def __init__(self, terminal: Terminal, grace_seconds: float) -> None:
        self.settled = False
        self._stop_signal: signal.Signals | None = None
        self._terminal = terminal
        self._grace_seconds = grace_seconds
        self._events: queue.SimpleQueue[Part | signal.Signals] = queue.SimpleQueue()
        self._programs: list[Program] = []
        self._servers: list[ServerPart] = []
        self._restarts: list[tuple[float, int, Part]] = []
        self._make = os.getppid() if "MAKELEVEL" in os.environ else None
        for number in STOP_SIGNALS:
            # nohup starts us with SIGHUP ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note_signal)

    def part_ended(self, part: Part) -> None:
        self._events.put(part)

    def add_server(self, part: ServerPart) -> None:
        self._servers.append(part)

    def start_program(self, part: Program) -> None:
        self._programs.append(part)
        part.start()

    def check(self) -> None:
        """For waits that do not handle events: raise StopRequested if somebody asked for the end."""
        if self._stop_signal is not None:
            raise StopRequested(self._stop_signal.name)

    def run_once(self, part: Program) -> None:
        """Run a program that is to end by itself, and with success."""
        self.start_program(part)
        while part.is_running():
            self.attend(0.02)
        self._programs.remove(part)
        if part.process is None or part.process.returncode != 0:
            raise PartFailedError(part.name, part.how_it_ended())

    def attend(self, seconds: float = TICK_SECONDS) -> None:
        """Handle the next thing that happens within `seconds`; may raise StopRequested or PartFailedError."""
        if self._restarts:
            seconds = min(seconds, max(0.0, self._restarts[0][0] - time.monotonic()))
        with contextlib.suppress(queue.Empty):
            self._handle(self._events.get(timeout=seconds))
        if self._make is not None and os.getppid() != self._make:
            raise StopRequested("the make that started this is gone")
        while self._restarts and self._restarts[0][0] <= time.monotonic():
            heapq.heappop(self._restarts)[-1].start()

    def stop(self) -> None:
        """Web and worker first, the servers they use last. A signal meanwhile changes nothing."""
        started = time.monotonic()
        end = started + self._grace_seconds + STOP_SECONDS_BEYOND_GRACE
        for program in self._programs:
            program.terminate()
        for program in self._programs:
            self._await_end(program, started + self._grace_seconds + 1)
        for part in self._servers:
            part.server.stop(patience_seconds=max(1.5, end - time.monotonic() - 1))

    def _await_end(self, program: Program, deadline: float) -> None:
        if not program.wait(max(0, deadline - time.monotonic())):
            self._terminal.say(f"{program.name} still runs after the grace period and is killed")
            program.kill()
            program.wait(1)

    def _handle(self, event: Part | signal.Signals) -> None:
        if isinstance(event, signal.Signals):
            raise StopRequested(event.name)
        if event.is_running():
            return  # started again already
        if not self.settled:
            raise PartFailedError(event.name, event.how_it_ended())
        pause_seconds = event.pause_seconds()
        after = f" in {pause_seconds:.1f} s" if pause_seconds else ""
        self._terminal.say(f"{event.name} {event.how_it_ended()}; starting it again{after}")
        heapq.heappush(self._restarts, (time.monotonic() + pause_seconds, id(event), event))

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stop_signal = signal.Signals(number)
        self._events.put(self._stop_signal)
