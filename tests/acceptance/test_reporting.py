"""With SENTRY_DSN errors of web and worker arrive at a server that speaks Sentry's protocol, without contents."""

import gzip
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
import requests

from tests.support import processes
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
    answer = requests.post(
        f"{url}/api/v1/upload/",
        files={"file": ("a.txt", b"the-secret-contents")},
        data={"note": "the-secret-note"},
        headers={"Authorization": "Token the-secret-token"},
        timeout=20,
    )
    assert answer.status_code >= 500
    wait_until(lambda: len(receiver.events) > 0, 20, "an event")
    event = receiver.events[0]
    assert event["tags"]["request_id"] == answer.headers["X-Request-ID"]
    assert event["exception"]["values"]
    assert "the-secret" not in json.dumps(receiver.events)
    assert not event["request"].get("data")


def test_an_error_of_a_task_arrives_with_its_invocation(service: Service, receiver: Receiver) -> None:
    worker = service.start_worker_at_work()
    failed = service.caller().send("fail", 99)
    service.ledger.wait_for_status([failed], "dead", 30)
    worker.stop()
    worker.process.wait()
    assert failed in {event["tags"].get("invocation") for event in receiver.events} | {
        (event.get("extra") or {}).get("invocation") for event in receiver.events
    }


#: A process that is forked, and ends as workers do, without the steps of an interpreter's end.
ERROR_AND_END = """
import logging, os, django
django.setup()
from apps.ops import reporting
pid = os.fork()
if pid == 0:
    logging.getLogger("apps").error("the last words")
    reporting.flush()
    os._exit(0)
os.waitpid(pid, 0)
os._exit(0)
"""


def test_what_a_forked_process_reports_last_is_sent_before_it_ends(
    service_environment: dict[str, str], receiver: Receiver
) -> None:
    settings = {"SENTRY_DSN": receiver.dsn, "DJANGO_SETTINGS_MODULE": "project.settings"}
    processes.run([sys.executable, "-c", ERROR_AND_END], env={**service_environment, **settings})
    wait_until(lambda: len(receiver.events) > 0, 10, "an event")
    assert receiver.events[0]["logentry"]["message"] == "the last words"
