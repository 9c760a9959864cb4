"""The web processes that are measured, and asking them."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from apps.ops.embedded.ports import LOOPBACK, find_free_port
from tests.benchmarks.ground import SETTINGS_MODULE, Ground
from tests.benchmarks.layers.commands import OURS
from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, wait_until

PLAIN = "plain DRF"
BARE = "bare Waitress"
START_SECONDS = 30.0
CONNECTIONS = 16
BOUNDARY = "a-boundary-that-no-file-has"


@dataclass(frozen=True)
class Site:
    """`environment` comes on top of the run's own."""

    settings: str = SETTINGS_MODULE
    environment: Mapping[str, str] = field(default_factory=dict)


def plain() -> Site:
    return Site("tests.benchmarks.web.plain_settings")


def bare(answer_bytes: int) -> Site:
    return Site("tests.benchmarks.web.bare_settings", {"BENCH_ANSWER_BYTES": str(answer_bytes)})


@dataclass(frozen=True)
class Served:
    process: ChildProcess
    port: int


@contextmanager
def serve(ground: Ground, site: Site) -> Iterator[Served]:
    """A site that answers, stopped in order at the end."""
    port = find_free_port()
    environment = {"DJANGO_SETTINGS_MODULE": site.settings, **site.environment, "PORT": str(port)}
    child = ground.start([*MANAGE, "serve"], environment)

    def listens() -> bool:
        assert child.is_running(), child.output
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    wait_until(listens, START_SECONDS, f"{site.settings} listens")
    yield Served(child, port)
    child.terminate()


def answering(answer: bytes) -> dict[str, Site]:
    """Ours, and what it is compared with: both give this answer as a constant."""
    constant = plain()
    return {
        OURS: Site(),
        PLAIN: Site(constant.settings, {"BENCH_ANSWER": answer.decode()}),
        BARE: bare(len(answer)),
    }


def load(served: Served, request: bytes, *, seconds: float, expected_status: int) -> dict[str, float]:
    """Send a request again and again over 16 connections; `per_second`, `p50_ms`, `p99_ms` of the answers."""
    order = {
        "port": served.port,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "status": expected_status,
        "request": base64.b64encode(request).decode(),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.loadgen"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=dict(os.environ),
        check=False,
    )
    if ended.returncode != 0:
        raise RuntimeError(f"{ended.stderr}\n{served.process.output}")
    measured: dict[str, float] = json.loads(ended.stdout)
    return measured


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n".encode()


def upload_head(body_bytes: int, name: str = "notes.txt") -> tuple[bytes, bytes]:
    """What stands before and after the bytes of an uploaded file."""
    part = (
        f"--{BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    ).encode()
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    head = (
        "POST /api/v1/upload/ HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(part) + body_bytes + len(end)}\r\n\r\n"
    ).encode()
    return head + part, end


def upload(content: bytes) -> bytes:
    before, after = upload_head(len(content))
    return before + content + after
