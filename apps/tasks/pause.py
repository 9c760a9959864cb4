"""The pause before a process is started again that could not live: it doubles each time."""

import time


class Pause:
    FIRST_SECONDS = 0.2
    #: No longer than this, because a few killers among the tasks look the same, and the others wait meanwhile.
    LONGEST_SECONDS = 2.0

    def __init__(self) -> None:
        self._seconds = 0.0
        self._over_at = 0.0

    def follow(self, *, short_life: bool) -> None:
        """Begin after a life; after a long one there is none, and the next short one is the first again."""
        longer = min(max(self.FIRST_SECONDS, 2 * self._seconds), self.LONGEST_SECONDS)
        self._seconds = longer if short_life else 0.0
        self._over_at = time.monotonic() + self._seconds

    def is_over(self) -> bool:
        return time.monotonic() >= self._over_at
