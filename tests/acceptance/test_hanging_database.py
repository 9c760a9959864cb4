"""A PostgreSQL that is there and says nothing, as on a frozen machine or a stuck disk, and one that is merely slow."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager

import psutil
import psycopg2
import pytest
import requests

from apps.ops.embedded.postgres import PostgresServer
from apps.ops.server import database_watch
from tests.acceptance.test_files import Service
from tests.support.processes import ChildProcess, wait_until

pytestmark = pytest.mark.slow

THREADS = 2
#: Until a hanging server is noticed. New connections have a limit of their own, of 5 seconds.
NOTICED_SECONDS = (
    database_watch.LOOKS_BEFORE_ASKING * database_watch.LOOK_SECONDS
    + database_watch.QUESTIONS * database_watch.ANSWER_SECONDS
)
PATIENCE_SECONDS = NOTICED_SECONDS + 15


@pytest.fixture
def service(service_environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> Service:
    service = Service({**service_environment, "WEB_THREADS": str(THREADS)}, start_process)
    service.start_web()
    return service


@contextmanager
def hanging(server: PostgresServer) -> Iterator[None]:
    """Every process of the server is stopped, its connections stay."""
    postmaster = psutil.Process(int(server.pid_path.read_text().split()[0]))
    stopped = [postmaster, *postmaster.children(recursive=True)]
    for process in stopped:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            os.kill(process.pid, signal.SIGCONT)


def test_requests_are_answered_while_postgresql_hangs_and_served_when_it_goes_on(
    service: Service, own_postgres: PostgresServer
) -> None:
    def get(path: str) -> requests.Response:
        return requests.get(f"{service.url}{path}", timeout=PATIENCE_SECONDS)

    with ThreadPoolExecutor(THREADS + 2) as clients:
        assert all(one.ok for one in clients.map(get, ["/api/v1/files/", "/health/ready/"] * THREADS))
        with hanging(own_postgres):
            waiting = [clients.submit(get, "/api/v1/files/") for _ in range(THREADS)]
            probes = [clients.submit(get, path) for path in ("/health/ready/", "/metrics")]
            assert requests.get(f"{service.url}/health/live/", timeout=2).ok, "while every thread waits"
            answers = [one.result() for one in waiting]
            ready, metrics = [one.result() for one in probes]
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "database_unavailable")}
        assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "failed")
        assert "understudy_database_up 0.0" in metrics.text
        wait_until(lambda: get("/health/ready/").ok, 20, "it serves again")
        assert service.upload(b"after all")["status"] == "queued"


def test_a_statement_that_waits_for_long_is_left_alone(service: Service) -> None:
    with psycopg2.connect(service.environment["DATABASE_URL"]) as other, ThreadPoolExecutor(1) as clients:
        other.cursor().execute("LOCK TABLE files_file")
        answer = clients.submit(requests.get, f"{service.url}/api/v1/files/", timeout=60)
        with pytest.raises(NotYet):
            answer.result(timeout=NOTICED_SECONDS + 3)
        other.rollback()
        assert answer.result().status_code == 200


def test_a_process_that_only_opens_connections_notices_it_too(service: Service, own_postgres: PostgresServer) -> None:
    def seconds() -> float:
        answer = requests.get(f"{service.url}/api/v1/files/", timeout=PATIENCE_SECONDS)
        assert answer.json()["code"] == "database_unavailable"
        return answer.elapsed.total_seconds()

    assert requests.get(f"{service.url}/health/ready/", timeout=5).ok  # its thread is another one than those for files
    with hanging(own_postgres):
        assert seconds() > 1, "waited for a new connection"
        wait_until(lambda: seconds() < 1, 2 * PATIENCE_SECONDS, "nobody waits any more")
    wait_until(lambda: requests.get(f"{service.url}/api/v1/files/", timeout=20).ok, 20, "it serves again")
