"""Speaks HTTP byte by byte: what a client library would never send, or not in these pieces."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

EXPECT = "Expect: 100-continue"


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_problem(self) -> bool:
        """Whether it has the one form of errors, and nothing a client must not see."""
        problem = self.json
        return (
            self.headers["content-type"] == "application/problem+json"
            and problem["type"] == "about:blank"
            and problem["status"] == self.status
            and bool(problem["title"] and problem["detail"])
            and b"Traceback" not in self.body
            and bool(self.headers["x-request-id"])
        )


class Connection:
    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._incoming = sock.makefile("rb")

    def close(self) -> None:
        """Both the socket and what reads from it, which would keep it open."""
        self._incoming.close()
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def send_all_of(self, size: int) -> int:
        """Send so many bytes as long as the other side takes them; how many it took."""
        block, sent = b"x" * 65536, 0
        try:
            while sent < size:
                sent += self.socket.send(block[: size - sent])
        except OSError:
            return sent
        return sent

    def finish_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer, which says how long it is."""
        line = self._incoming.readline()
        assert line, "closed without an answer"
        headers = {name.lower(): value for name, value in http.client.parse_headers(self._incoming).items()}
        status = int(line.split()[1])
        size = 0 if method == "HEAD" or status in (204, 304) else int(headers["content-length"])
        body = self._incoming.read(size)
        assert len(body) == size, f"closed after {len(body)} of {size} bytes"
        return Answer(status, headers, body)

    def bytes_until(self, end: bytes) -> bytes:
        """Everything that comes up to and with `end`."""
        got = b""
        while not got.endswith(end):
            byte = self._incoming.read(1)
            assert byte, f"closed after {got!r}"
            got += byte
        return got

    def rest(self) -> bytes:
        """Everything until the other side closes in an orderly way; a reset raises."""
        return self._incoming.read()

    def is_silent_for(self, seconds: float) -> bool:
        """Whether nothing comes, not even the end, within this time."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)
        return False


@contextmanager
def connected(port: int, timeout_seconds: float = 20) -> Iterator[Connection]:
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_seconds) as sock:
        connection = Connection(sock)
        try:
            yield connection
        finally:
            connection.close()


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def length(size: int) -> str:
    return f"Content-Length: {size}"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def exchange(port: int, *pieces: bytes) -> Answer:
    with connected(port) as connection:
        connection.send(*pieces)
        return connection.answer()
