"""A server of ours in a thread of the test, with a WSGI application that says what reached it."""

import hashlib
import io
import json
import os
import random
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from apps.ops.server import sockets
from apps.ops.server.adjustments import Adjustments
from apps.ops.server.channel import Channel
from apps.ops.server.limits import BodyLimit
from apps.ops.server.server import Server
from apps.ops.server.wsgi import with_forwarded_headers, without_body_on_head
from tests.support.processes import wait_until

REQUEST_TIMEOUT_SECONDS = 1
UPLOAD_LIMIT = 1_000_000
LIMITS = (BodyLimit("/upload/", UPLOAD_LIMIT, copies=2), BodyLimit("", 50_000, copies=1))

#: Answers whose bytes do not repeat, so that none can be lost or doubled unseen.
BODIES = {"/large/": random.Random(1).randbytes(40_000_000), "/medium/": random.Random(2).randbytes(500_000)}
FILE = random.Random(3).randbytes(300_000)


class Probe:
    """The application: answers with what it got, and keeps the paths that reached it."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.waiting_paths = {"/wait/"}
        self.may_go_on = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.paths.append(path)
        body = environ["wsgi.input"].read()
        if path == "/crash/":
            raise RuntimeError("a secret of the server")
        if path in self.waiting_paths:
            self.may_go_on.wait(20)
        if path == "/file/":
            start_response("200 OK", [("Content-Length", str(len(FILE)))])
            return environ["wsgi.file_wrapper"](io.BytesIO(FILE))
        if path == "/unchanged/":
            start_response("304 Not Modified", [("ETag", '"1"')])
            return []
        seen = {"path": path, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        seen |= {name: environ.get(name) for name in ("REMOTE_ADDR", "HTTP_HOST", "wsgi.url_scheme")}
        seen["forwarded"] = [name for name in environ if "FORWARDED" in name]
        answer = BODIES.get(path) or json.dumps(seen).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer[i : i + 1_000_000] for i in range(0, len(answer), 1_000_000)]


class RunningServer:
    def __init__(self, spool_dir: Path, trusted_proxy: str, grace_seconds: float, **limits: Any) -> None:
        self.probe = Probe()
        self.spool_dir = spool_dir
        adjustments = Adjustments(spool_dir=spool_dir, **limits)
        listening = sockets.listen("127.0.0.1", 0)
        self.port: int = listening[0].getsockname()[1]
        application = with_forwarded_headers(without_body_on_head(self.probe), trusted_proxy)
        self.server = Server(application, listening, adjustments)
        self.thread = threading.Thread(target=self.server.run, args=[grace_seconds])

    def stop(self) -> None:
        """Also of one that never ran: it then answers who is waiting already."""
        self.server.stop()
        if self.thread.ident is None:
            self.thread.start()
        self.probe.may_go_on.set()
        self.thread.join(20)
        assert not self.thread.is_alive()
        wait_until(lambda: self.server._lanes.are_empty, 5, "the tasks have ended")
        self.server.close()

    @property
    def channels(self) -> list[Channel]:
        return [channel for one in self.server._listeners for channel in list(one.active_channels.values())]

    @property
    def connections(self) -> int:
        return len(self.channels)

    @property
    def spooled_bytes(self) -> list[int]:
        """The sizes of the nameless files in which bodies and answers wait, of all servers of this process."""
        sizes = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                if descriptor.readlink().is_relative_to(self.spool_dir):
                    sizes.append(os.fstat(int(descriptor.name)).st_size)
        return sizes


@pytest.fixture
def start_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RunningServer]]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running: list[RunningServer] = []

    def start(*, trusted_proxy: str = "", grace_seconds: float = 10, run: bool = True, **limits: Any) -> RunningServer:
        limits = {
            "threads": 2,
            "request_timeout_seconds": REQUEST_TIMEOUT_SECONDS,
            "body_limits": LIMITS,
            **limits,
        }
        server = RunningServer(tmp_path, trusted_proxy, grace_seconds, **limits)
        running.append(server)
        if run:
            server.thread.start()
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def server(start_server: Callable[..., RunningServer]) -> RunningServer:
    return start_server()
