"""What the system knows of a TCP connection. Nothing (0) where it does not tell, and of a socket that was closed
meanwhile, which another thread may do."""

import fcntl
import socket
import struct
import termios

#: In Linux's `struct tcp_info`, each eight bytes long.
BYTES_ACKED, BYTES_RECEIVED = 120, 128


def unread_bytes(sock: socket.socket | None) -> int:
    """Of what was sent, what the other side has not confirmed: the system takes megabytes ahead of a slow reader."""
    try:
        return int(struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4))[0]) if sock else 0
    except (OSError, ValueError):
        return 0


def moved_bytes(sock: socket.socket) -> tuple[int, int]:
    """Sent and confirmed by the other side, and received, since the connection began."""
    try:
        known = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_RECEIVED + 8)
        return struct.unpack_from("=Q", known, BYTES_ACKED)[0], struct.unpack_from("=Q", known, BYTES_RECEIVED)[0]
    except (OSError, AttributeError, struct.error):
        return 0, 0
