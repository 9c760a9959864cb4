"""Readers of one address over many connections, who survive the web process and know what they were answered."""

import contextlib
import selectors
import socket
import threading
import time

from tests.benchmarks.answers import AnswerReader

SILENCE_SECONDS = 20.0
RECONNECT_SECONDS = 0.05
RECEIVE_BYTES = 262_144


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SILENCE_SECONDS)
        self.reader = AnswerReader()
        self.sent_at = time.monotonic()


class Readers:
    """Ask until told to stop, from a thread of their own.

    Attributes:
      answered: requests answered with 200.
      refused: other statuses, each with how often.
      cut_off: requests sent and not answered, because the connection broke: nobody knows whether they were counted.
      history: (time.monotonic(), answered), written ten times a second.
      waits: seconds from each request to its 200.
    """

    def __init__(self, *, port: int, path: str, connections: int) -> None:
        self.answered = 0
        self.refused: dict[int, int] = {}
        self.cut_off = 0
        self.history: list[tuple[float, int]] = []
        self.waits: list[float] = []
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: here\r\nAccept: application/json\r\n\r\n".encode()
        self._missing = connections
        self._selector = selectors.DefaultSelector()
        self._connect_at = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Readers":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask no more, and wait for the answers that are on their way."""
        self._stopping = True
        self._thread.join(SILENCE_SECONDS + 5)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping or self._selector.get_map():
            if self._missing and not self._stopping and time.monotonic() >= self._connect_at:
                self._connect()
            for key, _ in self._selector.select(RECONNECT_SECONDS):
                self._listen(key.data)
            now = time.monotonic()
            if not self.history or now - self.history[-1][0] >= 0.1:
                self.history.append((now, self.answered))
            self._give_up_silent(now)

    def _connect(self) -> None:
        self._connect_at = time.monotonic() + RECONNECT_SECONDS
        with contextlib.suppress(OSError):
            while self._missing:
                connection = Connection(self._port)
                self._selector.register(connection.socket, selectors.EVENT_READ, connection)
                self._missing -= 1
                self._ask(connection)

    def _ask(self, connection: Connection) -> None:
        """What cannot be sent never arrived."""
        connection.sent_at = time.monotonic()
        try:
            connection.socket.sendall(self._request)
        except OSError:
            self._drop(connection)

    def _listen(self, connection: Connection) -> None:
        try:
            received = connection.socket.recv(RECEIVE_BYTES)
        except OSError:
            received = b""
        if not received:
            self.cut_off += 1
            self._drop(connection)
            return
        status = connection.reader.feed(received)
        if not status:
            return
        if status == 200:
            self.answered += 1
            self.waits.append(time.monotonic() - connection.sent_at)
        else:
            self.refused[status] = self.refused.get(status, 0) + 1
        if self._stopping:
            self._drop(connection)
        else:
            self._ask(connection)

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._missing += 1

    def _give_up_silent(self, now: float) -> None:
        for key in list(self._selector.get_map().values()):
            if now - key.data.sent_at > SILENCE_SECONDS:
                self.cut_off += 1
                self._drop(key.data)
