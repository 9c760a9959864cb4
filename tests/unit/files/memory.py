"""Measures how much memory a process takes to process a file: all of it, that of C libraries included.

Run as a program it processes one file and prints what came of it; the tests call `processed_alone`.
"""

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.files.errors import Unprocessable
from apps.files.processors import registry
from apps.files.processors.base import Context

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Outcome:
    """`result` is None where the file was refused, with `code`. `reports` is what progress was told."""

    result: dict[str, Any] | None
    code: str | None
    reports: list[tuple[int, int]]
    grown_bytes: int


def processed_alone(path: Path, name: str) -> Outcome:
    """Process a file in a process of its own, without coverage: tracing would take memory, and most of the time."""
    command = [sys.executable, "-m", "tests.unit.files.memory", str(path), name]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Outcome(**json.loads(done.stdout))


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(path: Path, name: str) -> None:
    with path.open("rb") as file:
        detected = registry.detect(file.read(64 * 1024), name, path.stat().st_size)
    reports: list[tuple[int, int]] = []
    context = Context(
        path, name, "", detected.content_type, path.stat().st_size, lambda done, total: reports.append((done, total))
    )
    result, code, before = None, None, _peak_bytes()
    try:
        result = registry.process(detected.kind, context).result
    except Unprocessable as refusal:
        code = refusal.code
    grown = _peak_bytes() - before
    outcome = {"result": result, "code": code, "reports": reports[:1] + reports[-1:], "grown_bytes": grown}
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
