"""How many invocations a worker process may hold: one for each idle thread, and a few more when tasks are short."""

import threading


class Slots:
    """Counts the claimed invocations of this process against its threads. Thread-safe.

    A thread that has to wait for the next claim stands idle for a millisecond: as long as a task, for a short task.
    So as many invocations are held ahead as will have started within AHEAD_SECONDS, going by how long tasks have
    been taking lately; for tasks longer than that none is, so that an idle process elsewhere can take it.
    """

    AHEAD_SECONDS = 0.05
    MOST_AHEAD = 256
    #: Weight of the newest task in the moving average of their length.
    NEWEST = 0.2

    def __init__(self, threads: int, *, hold_ahead: bool = True) -> None:
        self._threads = threads
        self._hold_ahead = hold_ahead
        self._held = 0
        self._usual_seconds = 1.0
        self._changed = threading.Condition()

    def reserve(self, timeout_seconds: float) -> int:
        """Take every free slot, waiting for the first one; 0 when none came free in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._free() > 0, timeout_seconds)
            taken = max(0, self._free())
            self._held += taken
            return taken

    def are_taken(self) -> bool:
        """Whether nothing could be reserved just now."""
        with self._changed:
            return self._free() <= 0

    def release(self, number: int) -> None:
        """Give back slots that were reserved and not filled, or whose invocation was handed back."""
        with self._changed:
            self._held -= number
            self._changed.notify_all()

    def finish(self, seconds: float) -> None:
        """One invocation is over; it took so long."""
        with self._changed:
            self._held -= 1
            self._usual_seconds += self.NEWEST * (seconds - self._usual_seconds)
            self._changed.notify_all()

    def _free(self) -> int:
        # Refill when half of what may be held ahead is used up: claims of one row each would cost more than they win.
        ahead = 0
        if self._hold_ahead:
            ahead = min(self.MOST_AHEAD, int(self._threads * self.AHEAD_SECONDS / max(self._usual_seconds, 1e-4)))
        free = self._threads + ahead - self._held
        return free if free > ahead // 2 or self._held < self._threads else 0
