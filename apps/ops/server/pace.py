"""Whether what a connection moves is enough to keep it: a byte a minute would do where only silence ended it."""

import fcntl
import socket
import struct
import termios

#: What Kestrel, the server of ASP.NET, asks of requests and of those who read its answers.
MIN_BYTES_PER_SECOND = 240


class Pace:
    """Of one connection, looked at about once a second. Times are time.time(), bytes count from its beginning."""

    def __init__(self, window_seconds: float, now: float) -> None:
        self._window_seconds = window_seconds
        self._since = now
        self._bytes = 0

    def rest(self, now: float, moved_bytes: int) -> None:
        """Nothing needs to move now; counting starts here."""
        self._since, self._bytes = now, moved_bytes

    def is_too_slow(self, now: float, moved_bytes: int) -> bool:
        """Asked while something has to move. Each window counts by itself: a fast beginning excuses nothing."""
        seconds = now - self._since
        if seconds < self._window_seconds:
            return False
        too_slow = moved_bytes - self._bytes < MIN_BYTES_PER_SECOND * self._window_seconds
        self.rest(now, moved_bytes)
        return too_slow


def unread_bytes(sock: socket.socket) -> int:
    """Of what was sent, what the other side has not confirmed: the system takes megabytes ahead of a slow reader."""
    return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
