"""PostgreSQL is restarted under load: what was accepted is done, once, and the workers recover by themselves."""

import random
import time
from collections.abc import Callable

from apps.ops.embedded.postgres import PostgresServer
from tests.support.processes import wait_until
from tests.support.service import Service, Stream

SEED = 4


def shut_down(postgres: PostgresServer) -> None:
    """Fast: transactions are rolled back, connections are closed."""
    postgres.stop()


def crash(postgres: PostgresServer) -> None:
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()


def wait_for_more(growing: list[str], number: int, what: str) -> str:
    """The last of so many more."""
    goal = len(growing) + number
    wait_until(lambda: len(growing) >= goal, 10, what)
    return growing[goal - 1]


def test_restarts_of_postgresql_under_load_lose_nothing_and_repeat_nothing(
    own_postgres: PostgresServer, service: Service, figure: Callable[[str], None]
) -> None:
    service.start_worker_at_work(processes=2, threads=4)
    lengths = random.Random(SEED)
    with Stream(
        service.caller(),
        "record_atomically",
        lambda number: [f"task {number}", lengths.uniform(0.01, 0.2)],
        pause_seconds=0.01,
    ) as stream:
        for end in (shut_down, crash):
            wait_for_more(stream.accepted, 50, "load before the outage")
            end(own_postgres)
            wait_for_more(stream.refused, 30, "load during the outage")
            own_postgres.start()
            back = time.monotonic()
            first = wait_for_more(stream.accepted, 1, "a send after the outage")
            service.ledger.wait_for_status([first], "succeeded", 10)
            figure(f"{end.__name__}: at work again {time.monotonic() - back:.1f} s after PostgreSQL was back")
    service.ledger.wait_for_quiet(30)

    service.ledger.wait_for_status(stream.accepted, "succeeded", 10)
    done = [effect.invocation for effect in service.ledger.effects()]
    assert len(done) == len(set(done))
    assert set(stream.accepted) <= set(done)
    assert service.ledger.one("SELECT count(*) FROM tasks_invocation WHERE deaths > 0") == 0
    figure(f"{len(stream.accepted)} accepted, {len(stream.refused)} refused")


def test_an_outage_is_not_the_death_of_the_suspects_that_run_meanwhile(
    own_postgres: PostgresServer, service: Service
) -> None:
    worker = service.start_worker_at_work()
    suspects = service.caller().send_many("rest", [[4]] * 3).ids
    for suspect in suspects:
        service.wait_for_start(suspect)
    worker.child().kill()
    for suspect in suspects:
        service.wait_for_start(suspect, number=2)
    shut_down(own_postgres)
    wait_until(lambda: worker.process.output.count("cannot be reached") > 2, 10, "the worker has noticed")
    own_postgres.start()
    service.ledger.wait_for_status(suspects, "succeeded", 30)

    assert [service.ledger.invocation(suspect).deaths for suspect in suspects] == [1, 1, 1]
    assert [len(service.starts_of(suspect)) for suspect in suspects] == [2, 2, 2]
