"""The board: times that senders and workers write into memory they share, so that taking them costs no one anything.

Every process of a benchmark maps the same file, named by the variable BENCH_BOARD. A row is one call, a column one
event; a value is time.time() on this host, or 0 as long as it has not happened. Eight aligned bytes are written at
once, and no two processes write the same cell at the same time, so there are no locks.
"""

import mmap
import os
from functools import cache
from pathlib import Path
from typing import Self

VARIABLE = "BENCH_BOARD"
ROWS = 16_384
#: Rows from here on are for warming up.
WARM_UP = 16_000
COLUMNS = ("sent", "began", "began_again", "pid")
CELL_BYTES = 8


class Board:
    """The columns are sequences of ROWS floats.

    Attributes:
      sent: just before the call of `send`.
      began: the first line of the task.
      began_again: the first line of the task's second attempt.
      pid: the process of the first attempt.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        cells = memoryview(self._memory).cast("d")
        columns = [cells[index * ROWS : (index + 1) * ROWS] for index in range(len(COLUMNS))]
        self.sent, self.began, self.began_again, self.pid = columns

    @classmethod
    def create(cls, path: Path) -> Self:
        path.write_bytes(bytes(len(COLUMNS) * ROWS * CELL_BYTES))
        return cls(path)

    def clear(self) -> None:
        self._memory[:] = bytes(len(self._memory))

    def count_begun(self, rows: int) -> int:
        """How many of the first so many calls have begun."""
        return rows - self.began[:rows].tolist().count(0)


@cache
def shared() -> Board:
    """The board of this process's environment."""
    return Board(Path(os.environ[VARIABLE]))
