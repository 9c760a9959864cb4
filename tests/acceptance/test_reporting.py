"""With SENTRY_DSN errors of web and worker arrive at a server that speaks Sentry's protocol, without contents."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
import requests

from tests.support.processes import ChildProcess, wait_until
from tests.support.service import Service


class Receiver:
    """Takes what is sent, and remembers the events in it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://public@127.0.0.1:{self._server.server_port}/7"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, envelope: bytes) -> None:
        lines = envelope.split(b"\n")
        for head, item in pairwise(lines[1:]):
            if b'"type":"event"' in head.replace(b" ", b""):
                self.events.append(json.loads(item))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def service(
    service_environment: dict[str, str], receiver: Receiver, start_process: Callable[..., ChildProcess]
) -> Iterator[Service]:
    service = Service({**service_environment, "SENTRY_DSN": receiver.dsn}, start_process)
    yield service
    service.end()


def test_an_error_of_a_request_arrives_with_its_id_and_without_its_body(service: Service, receiver: Receiver) -> None:
    url = service.start_web()
    service.ledger.rows("ALTER TABLE files_file RENAME COLUMN name TO gone")
    answer = requests.post(f"{url}/api/v1/upload/", files={"file": ("a.txt", b"the-secret-contents")}, timeout=20)
    assert answer.status_code >= 500
    wait_until(lambda: len(receiver.events) > 0, 20, "an event")
    event = receiver.events[0]
    assert event["tags"]["request_id"] == answer.headers["X-Request-ID"]
    assert event["exception"]["values"]
    assert "the-secret-contents" not in json.dumps(receiver.events)


def test_an_error_of_a_task_arrives_with_its_invocation_even_if_the_worker_ends_at_once(
    service: Service, receiver: Receiver
) -> None:
    worker = service.start_worker_at_work()
    failed = service.caller().send("fail", 99)
    service.ledger.wait_for_status([failed], "dead", 30)
    worker.stop()
    worker.process.wait()
    assert failed in {event["tags"].get("invocation") for event in receiver.events} | {
        (event.get("extra") or {}).get("invocation") for event in receiver.events
    }
