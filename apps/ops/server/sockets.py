"""Opens the listening sockets. Processes that serve together inherit the same ones."""

import errno
import socket

BACKLOG = 1024
ABSENT_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class CannotListenError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


def listen(host: str, port: int) -> list[socket.socket]:
    """One socket for each address that `host` stands for; `localhost` can be two."""
    opened: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, _, _, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            try:
                opened.append(_open(family, address))
            except OSError as error:
                if error.errno not in ABSENT_FAMILY:  # a name's IPv6 address on a machine without IPv6
                    raise
                absent = error
        if absent and not opened:
            raise absent
    except OSError as error:
        for sock in opened:
            sock.close()
        raise CannotListenError(_advice(host, port, error)) from error
    return opened


def _open(family: socket.AddressFamily, address: object) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)  # type: ignore[arg-type]
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken. Stop what listens there, or set PORT to a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user. Set PORT to one from 1024."
    return f"Cannot listen on {host}, port {port}: {error.strerror}. Set HOST to an address of this machine."
