"""What the person in front of the terminal sees: steps with the time they took, and the lines of each part."""

import io
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

COLOURS = {"web": "36", "worker": "33", "setup": "35"}


class Terminal:
    """Whole lines only, whichever thread they come from. A terminal that went away is no error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a narrow locale must not stop a part's lines
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str) -> None:
        with self._lock:
            try:
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()
            except OSError:
                return

    def log(self, part: str, line: str) -> None:
        prefix = f"{part:<6} |"
        if self._coloured:
            prefix = f"\033[{COLOURS.get(part, '0')}m{prefix}\033[0m"
        self.say(f"{prefix} {line}")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Say `what` and the seconds it took, once it is done."""
        started = time.monotonic()
        yield
        self.say(f"  {what:<58} {time.monotonic() - started:5.1f} s")
