"""The handle on a sending process."""

import json
import subprocess
from pathlib import Path


class Sender:
    """Gives orders to a process that runs `sender`, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]", errors: Path) -> None:
        self._process = process
        self._errors = errors

    def burst(self, count: int, *, first: int = 0) -> float:
        """Send one after the other from one thread; the seconds it took."""
        self.begin_burst(count, first=first)
        return self.answer()

    def pace(self, count: int, *, first: int = 0) -> None:
        """Send each from idle: when the one before has begun, after a pause."""
        self._order("pace", count, first)
        self.answer()

    def begin_burst(self, count: int, *, first: int = 0) -> None:
        """As `burst`, without waiting; `answer` is to be called later."""
        self._order("burst", count, first)

    def answer(self) -> float:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sender ended:\n{self._errors.read_text(errors='replace')}")
        return float(json.loads(line))

    def _order(self, order: str, count: int, first: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, "first": first, "count": count}) + "\n")
        self._process.stdin.flush()
