"""Ending processes that may not be our children, the gentle way first."""

import signal
import time
from collections.abc import Sequence

import psutil

POLL_SECONDS = 0.02
KILL_SECONDS = 2.0


def end_all(processes: Sequence[psutil.Process], signals: Sequence[signal.Signals], patience_seconds: float) -> None:
    """Send the first signal and wait; then the others and SIGKILL, each waited for shortly."""
    for number in (*signals, signal.SIGKILL):
        for process in processes:
            _send(process, number)
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if all(is_gone(process) for process in processes):
                return
            time.sleep(POLL_SECONDS)
        patience_seconds = KILL_SECONDS


def wake(processes: Sequence[psutil.Process]) -> None:
    """One that was stopped (SIGSTOP) hears of nothing but its death."""
    for process in processes:
        _send(process, signal.SIGCONT)


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended, with all it held.

    An ended orphan stays a zombie for good in a container without an init, so a zombie has ended; but not yet
    while one of its threads still runs, which holds its port and files.
    """
    try:
        if process.is_running():
            return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
    except psutil.NoSuchProcess:
        return True
    return True


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
