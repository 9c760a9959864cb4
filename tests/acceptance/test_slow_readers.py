"""Five hundred clients that ask for a lot and read nothing hold up nobody, and get what they asked for all the same."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from tests.acceptance.test_files import Service, StartProcess

READERS = 500
MEBIBYTE = 1024 * 1024
CONTENT = os.urandom(20 * MEBIBYTE)  # more than Waitress takes from a thread before it makes the thread wait


@pytest.fixture
def service(service_environment: dict[str, str], start_process: StartProcess) -> Service:
    return Service({**service_environment, "WEB_THREADS": "2"}, start_process)


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def ask_and_read_nothing(address: str, sockets: ExitStack) -> socket.socket:
    """A request whose answer is left where it is; the system keeps some of it, the rest is the server's to hold."""
    parts = urlsplit(address)
    client = sockets.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    client.connect((parts.hostname, parts.port))
    client.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
    return client


def read_to_the_end(client: socket.socket) -> bytes:
    blocks = []
    while block := client.recv(MEBIBYTE):
        blocks.append(block)
    return b"".join(blocks)


@pytest.mark.slow
def test_five_hundred_slow_readers_hold_up_nobody(service: Service, sockets: ExitStack) -> None:
    web = psutil.Process(service.start_web().pid)
    stored = service.upload(CONTENT, "large.bin")
    before = web.memory_info().rss
    readers = [ask_and_read_nothing(stored["file"], sockets) for _ in range(READERS)]
    beginnings = [reader.recv(12) for reader in readers]  # each has been answered: it is being sent to

    for _ in range(20):
        assert requests.get(f"{service.url}/api/v1/files/", timeout=10).ok
    assert service.upload(b"one more")["status"] == "queued"

    assert set(beginnings) == {b"HTTP/1.1 200"}
    assert web.memory_info().rss - before < 100 * MEBIBYTE  # of 10 000 MiB that wait to be read
    for reader in readers[:: READERS // 4]:
        assert read_to_the_end(reader).endswith(CONTENT)
