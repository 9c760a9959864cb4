"""Whether what a connection moves is enough to keep it: a byte a minute would do where only silence ended it."""

#: What Kestrel, the server of ASP.NET, asks of requests and of those who read its answers.
MIN_BYTES_PER_SECOND = 240


class Pace:
    """Of one connection, looked at about once a second. Times are time.time(), bytes count from its beginning."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._bytes = 0

    def rest(self, now: float, moved_bytes: int) -> None:
        """Nothing needs to move now; counting starts here."""
        self._since, self._bytes = now, moved_bytes

    def is_too_slow(self, now: float, moved_bytes: int, window_seconds: float) -> bool:
        """Asked while something has to move. Each window counts by itself: a fast beginning excuses nothing."""
        if now - self._since < window_seconds:
            return False
        too_slow = moved_bytes - self._bytes < MIN_BYTES_PER_SECOND * window_seconds
        self.rest(now, moved_bytes)
        return too_slow
