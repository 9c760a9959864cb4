"""What probes leave behind: effects in the test's own table, and starts in a file.

An effect is part of the transaction it is written in. A start is written at once, whatever becomes of the task, of
its transaction and of PostgreSQL: it is how a test sees every attempt.
"""

import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

#: Created by each test in its own database; see tests.support.service.
TABLE = """
CREATE TABLE probe_effect (
    id bigserial PRIMARY KEY, kind text, name text, invocation text, attempt int, pid int,
    at timestamptz DEFAULT clock_timestamp()
)
"""


class Start(NamedTuple):
    """One attempt that has begun; `at` is time.time()."""

    invocation: str
    attempt: int
    pid: int
    at: float


def starts_path(data_dir: str) -> Path:
    return Path(data_dir) / "starts.txt"


def write_start(invocation: str, attempt: int) -> None:
    _append(starts_path(os.environ["DATA_DIR"]), [invocation, attempt, os.getpid(), time.time()])


def _append(path: Path, values: list[Any]) -> None:
    """One short line in one write to a file opened for appending: lines of several processes never mix."""
    line = json.dumps(values) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def read_starts(data_dir: str) -> list[Start]:
    path = starts_path(data_dir)
    lines: list[Any] = path.read_text().splitlines() if path.exists() else []
    return [Start(*json.loads(line)) for line in lines]


def signals_path(data_dir: str) -> Path:
    return Path(data_dir) / "signals.txt"


def write_signal(name: str) -> None:
    """A signal of this process's life."""
    _append(signals_path(os.environ["DATA_DIR"]), [name, os.getpid()])


def read_signals(data_dir: str) -> list[tuple[str, int]]:
    path = signals_path(data_dir)
    lines: list[Any] = path.read_text().splitlines() if path.exists() else []
    return [(name, pid) for name, pid in map(json.loads, lines)]


def word_path(data_dir: str) -> Path:
    return Path(data_dir) / "word"


def wait_for_word(deadline_seconds: float = 10) -> None:
    """Until the test gives the word to go on."""
    deadline = time.monotonic() + deadline_seconds
    while not word_path(os.environ["DATA_DIR"]).exists():
        if time.monotonic() > deadline:
            raise TimeoutError("no word was given")
        time.sleep(0.01)
