"""The load generator: one request, sent again over each of a number of connections as soon as it is answered.

A process of its own, run as `python -m tests.benchmarks.loadgen`; it reads its order as JSON from standard input. One
thread waits for all of the sockets at once, where a thread for each would make them wait for the interpreter. wrk costs
the machine less, but it is no Python package, and every contestant pays the same here.
"""

import base64
import json
import selectors
import socket
import sys
import time
from typing import Any

from tests.benchmarks.answers import AnswerReader
from tests.benchmarks.figures import percentile

#: Before counting, until threads and connections to the database are there.
WARM_UP_SECONDS = 1.0
SILENCE_SECONDS = 30.0
RECEIVE_BYTES = 262_144


class WrongAnswerError(Exception):
    """The server answered something else than it should have."""


class Connection:
    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._reader = AnswerReader()
        self.sent_at = 0.0

    def ask(self) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(self._request)

    def listen(self) -> int:
        """The status of the answer, or 0 while it is not complete."""
        received = self.socket.recv(RECEIVE_BYTES)
        if not received:
            raise WrongAnswerError("the server closed a connection")
        return self._reader.feed(received)


def run(*, port: int, connections: int, seconds: float, status: int, request: bytes) -> dict[str, float]:
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = Connection(port, request)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask()
    count_from = time.perf_counter() + WARM_UP_SECONDS
    waits: list[float] = []
    while (now := time.perf_counter()) < count_from + seconds:
        ready = selector.select(SILENCE_SECONDS)
        if not ready:
            raise WrongAnswerError(f"no answer within {SILENCE_SECONDS:.0f} s")
        for key, _ in ready:
            answered = key.data.listen()
            if not answered:
                continue
            if answered != status:
                raise WrongAnswerError(f"{answered} instead of {status}")
            if now > count_from:
                waits.append(1000 * (time.perf_counter() - key.data.sent_at))
            key.data.ask()
    return {
        "per_second": len(waits) / seconds,
        "p50_ms": percentile(waits, 0.5),
        "p99_ms": percentile(waits, 0.99),
    }


if __name__ == "__main__":
    order: dict[str, Any] = json.loads(sys.stdin.read())
    print(json.dumps(run(**{**order, "request": base64.b64decode(order["request"])})))
