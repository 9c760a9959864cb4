"""Redis is only the bell: it may be stopped, emptied, full or frozen under load."""

import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from apps.ops.embedded.redis import RedisServer
from tests.support.processes import wait_until
from tests.support.service import Service, Stream, WorkerCommand

SEED = 3
Figure = Callable[[str], None]


@pytest.fixture(scope="module", autouse=True)
def worker(shared_service: Service) -> WorkerCommand:
    return shared_service.start_worker_at_work(processes=2)


@pytest.fixture
def service(shared_service: Service) -> Service:
    return shared_service


@contextmanager
def load(service: Service) -> Iterator[Stream]:
    """Some 50 tasks a second, and the proof at the end that each succeeded once."""
    lengths = random.Random(SEED)
    with Stream(
        service.caller(),
        "record_atomically",
        lambda number: [f"task {number}", lengths.uniform(0, 0.1)],
        pause_seconds=0.015,
    ) as stream:
        wait_until(lambda: len(stream.accepted) > 20, 10, "load")
        yield stream
    service.ledger.wait_for_status(stream.accepted, "succeeded", 20)
    assert stream.refused == []
    done = [effect.invocation for effect in service.ledger.effects() if effect.invocation in set(stream.accepted)]
    assert sorted(done) == sorted(stream.accepted)


def seconds_until_started(service: Service) -> float:
    """How long a task takes from its send to its start."""
    caller = service.caller(1)
    sent = caller.send_many("stamp", [[]])
    return service.wait_for_start(sent.ids[0], deadline_seconds=10).at - sent.sent_at[0]


def client_of(server: RedisServer) -> Any:
    return redis.Redis.from_url(server.url())


def test_redis_may_be_away_for_fifteen_seconds_and_come_back_empty(
    service: Service, shared_redis: RedisServer, figure: Figure
) -> None:
    with load(service) as stream:
        began = time.monotonic()
        shared_redis.stop()
        during = seconds_until_started(service)
        wait_until(lambda: time.monotonic() - began > 15, 16, "fifteen seconds")
        sent_while_away = len(stream.accepted)
        shutil.rmtree(shared_redis.folder / "appendonlydir")
        shared_redis.start()
        after = seconds_until_started(service)
    figure(f"{sent_while_away} sent in 15 s without Redis, slowest send {stream.slowest_seconds:.2f} s")
    figure(f"a task started {during:.2f} s after its send while Redis was away, {after:.2f} s when it was back")
    assert stream.slowest_seconds < 1.5
    assert max(during, after) < 5


def test_redis_may_be_flushed_again_and_again(service: Service, shared_redis: RedisServer, figure: Figure) -> None:
    with load(service) as stream, client_of(shared_redis) as client:
        flushes = 0
        while len(stream.accepted) < 150:
            client.flushall()
            flushes += 1
    figure(f"{len(stream.accepted)} tasks, {flushes} times FLUSHALL")


def test_redis_may_be_full(service: Service, shared_redis: RedisServer, figure: Figure) -> None:
    with load(service) as stream, client_of(shared_redis) as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"])
        wait_until(lambda: is_refused(client), 10, "a full Redis")
        full_since = len(stream.accepted)
        during = seconds_until_started(service)
        wait_until(lambda: len(stream.accepted) > full_since + 100, 20, "load while Redis is full")
        client.config_set("maxmemory", 0)
        after = seconds_until_started(service)
    figure(f"a task started {during:.2f} s after its send while Redis was full, {after:.2f} s when it was not")
    assert max(during, after) < 5


def is_refused(client: Any) -> bool:
    """Fill it a little more; whether it is full."""
    try:
        client.rpush("filler", b"x" * 100_000)
    except redis.ResponseError:
        return True
    return False


def test_a_frozen_redis_holds_a_send_up_for_a_second_at_most(
    service: Service, shared_redis: RedisServer, figure: Figure
) -> None:
    assert shared_redis.process is not None
    with load(service) as stream:
        shared_redis.process.send_signal(signal.SIGSTOP)
        try:
            frozen_since = len(stream.accepted)
            during = seconds_until_started(service)
            wait_until(lambda: len(stream.accepted) > frozen_since + 50, 20, "load while Redis is frozen")
        finally:
            shared_redis.process.send_signal(signal.SIGCONT)
        after = seconds_until_started(service)
    figure(f"slowest send {stream.slowest_seconds:.2f} s")
    figure(f"a task started {during:.2f} s after its send while Redis was frozen, {after:.2f} s when it was not")
    assert stream.slowest_seconds < 1.5
    assert max(during, after) < 5
