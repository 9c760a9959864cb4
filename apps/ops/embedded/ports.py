"""Free TCP ports of 127.0.0.1."""

import random
import socket

LOOPBACK = "127.0.0.1"
#: Below the range from which Linux (32768) and macOS (49152) take the ports of outgoing connections. A client
#: that keeps knocking at a server being restarted could else get the server's own port and talk to itself.
CANDIDATES = range(15_000, 32_000)


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an ended server that linger in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def find_free_port() -> int:
    """A port nobody listens on at this moment; the caller must be ready to lose it and ask again."""
    for port in random.sample(CANDIDATES, 200):
        if is_free(LOOPBACK, port):
            return port
    raise OSError("no free port on 127.0.0.1 between 15000 and 32000")
