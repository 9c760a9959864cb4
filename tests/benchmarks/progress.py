"""The progress bar, on standard error; a line a step where that is no terminal."""

import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

WIDTH = 24


class Progress:
    """Counts turns. The time left is guessed from the turns so far."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._label = ""
        self._started_at = time.monotonic()
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def begin(self, label: str) -> None:
        self._label = label
        self._draw()

    def finish(self) -> None:
        self._done += 1
        if self._live:
            self._draw()

    def say(self, lines: Iterable[str]) -> None:
        """Print above the bar."""
        self._clear()
        print("\n".join(lines), flush=True)

    def bar(self) -> str:
        filled = WIDTH * self._done // max(self._total, 1)
        elapsed = time.monotonic() - self._started_at
        left = f", about {_clock(elapsed / self._done * (self._total - self._done))} left" if self._done else ""
        return f"[{'█' * filled}{'·' * (WIDTH - filled)}] {self._done}/{self._total} {_clock(elapsed)}{left}  "

    def _draw(self) -> None:
        line = self.bar() + self._label
        sys.stderr.write(f"\r\033[K{line}" if self._live else f"{line}\n")
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._live:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
