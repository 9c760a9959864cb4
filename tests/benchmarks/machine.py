"""The machine that a figure was measured on, without which it says nothing."""

import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.benchmarks.figures import percentile

#: More runnable processes than this, for each core, before the start: the figures will be poor.
QUIET_LOAD = 0.3


@dataclass(frozen=True, kw_only=True)
class Machine:
    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str


def describe() -> Machine:
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def fsync_ms(folder: Path) -> float:
    """Median time to append 4 KiB to a file there and have them on disk: a commit costs at least that."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(100):
            began = time.perf_counter()
            os.write(file.fileno(), bytes(4096))
            os.fsync(file.fileno())
            times.append(1000 * (time.perf_counter() - began))
    return percentile(times, 0.5)


def load() -> float:
    """Runnable processes of the last minute, for each core."""
    return os.getloadavg()[0] / describe().cores


def warn_if_busy() -> None:
    if load() > QUIET_LOAD:
        print(f"This machine is busy (load {load():.1f} a core): do not quote the figures.", file=sys.stderr)


def today() -> str:
    return datetime.now(UTC).date().isoformat()
