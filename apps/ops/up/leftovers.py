"""Ends the web and worker processes of a `make up` that was killed, so that port and queue are free again."""

import signal
from pathlib import Path

import psutil

from apps.ops.embedded.endings import end_all, is_gone
from apps.ops.up.environment import MARK

#: Nobody waits for what they were doing: uploads in flight lost their client, tasks are started again.
PATIENCE_SECONDS = 3.0


def find_leftovers(data_dir: Path) -> list[psutil.Process]:
    """Every living process that a `make up` on this DATA_DIR started."""
    return [process for process in psutil.process_iter() if _is_marked(process, data_dir)]


def end_leftovers(leftovers: list[psutil.Process]) -> None:
    end_all(leftovers, [signal.SIGTERM], PATIENCE_SECONDS)


def _is_marked(process: psutil.Process, data_dir: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(data_dir) and not is_gone(process)
    except (psutil.Error, OSError):
        return False  # it ended meanwhile, or it is another user's and so not ours
