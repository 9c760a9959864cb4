"""A stop is over in time although PostgreSQL refuses to answer, or does not answer at all."""

import time

import psutil

from apps.ops.embedded.postgres import PostgresServer
from tests.support.processes import wait_until
from tests.support.service import Service, WorkerCommand


def freeze(postgres: PostgresServer) -> None:
    """Nothing is refused, nothing is answered: a machine that hangs."""
    assert postgres.process is not None
    server = psutil.Process(postgres.process.pid)
    for process in [server, *server.children()]:
        process.suspend()


def thaw(postgres: PostgresServer) -> None:
    assert postgres.process is not None
    server = psutil.Process(postgres.process.pid)
    for process in [server, *server.children()]:
        process.resume()


def test_a_worker_stops_in_time_while_postgresql_hangs_and_while_it_is_away(
    own_postgres: PostgresServer, service: Service
) -> None:
    worker = worker_with_a_task(service)
    freeze(own_postgres)
    try:
        began = worker.stop()
        worker.process.wait(5.5)
        assert time.monotonic() - began < 5.5
        wait_until(lambda: not worker.left(), 1, "the end of the children")
    finally:
        thaw(own_postgres)

    worker = worker_with_a_task(service)
    own_postgres.stop()
    began = worker.stop()
    assert worker.process.wait(5.5) == 0, worker.process.output
    assert time.monotonic() - began < 5.5
    assert worker.left() == []


def worker_with_a_task(service: Service) -> WorkerCommand:
    worker = service.start_worker(grace=4)
    service.wait_for_start(service.caller().send("rest", 1))
    return worker
