"""Schedules on real processes: each tick once, through restarts of everything, and none while switched off."""

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.support.figures import percentiles_ms
from tests.support.processes import wait_until
from tests.support.service import Service

SECONDS = 20
SENT = "SELECT id, created_at, extract(epoch FROM created_at)::float8 AS at FROM tasks_invocation WHERE actor = %s"


def ticks(service: Service) -> list[float]:
    """When each was sent."""
    return sorted(row.at for row in service.ledger.rows(SENT, ["probes.stamp"]))


def test_two_workers_send_every_tick_once_and_in_time(service: Service, figure: Callable[[str], None]) -> None:
    service.environment["PROBE_EVERY_SECONDS"] = "1"
    service.start_worker(processes=2)
    service.start_worker(processes=2)
    wait_until(lambda: len(ticks(service)) > SECONDS, SECONDS + 20, "ticks")

    sent = ticks(service)
    late = [at - sent[0] - round(at - sent[0]) for at in sent]
    figure(f"{len(sent)} ticks, one a second, four processes: off the first one's rhythm by {percentiles_ms(late)}")
    assert [round(at - sent[0]) for at in sent] == list(range(len(sent)))
    assert max(map(abs, late)) < 1
    wait_until(lambda: len(service.starts()) >= len(sent), 5, "starts")
    assert set(Counter(start.invocation for start in service.starts()).values()) == {1}


def test_a_schedule_goes_on_when_everything_was_killed_and_sends_once_for_what_was_missed(
    own_postgres: PostgresServer, service: Service, own_redis: RedisServer
) -> None:
    service.environment["PROBE_EVERY_SECONDS"] = "1"
    worker = service.start_worker(processes=2)
    wait_until(lambda: len(ticks(service)) >= 3, 20, "ticks")
    worker.kill_all()
    before = ticks(service)
    own_redis.stop()
    own_postgres.stop()
    away = time.monotonic()
    wait_until(lambda: time.monotonic() - away > 4, 6, "a time in which ticks are missed")
    own_postgres.start()
    own_redis.start()
    service.start_worker(processes=2)
    wait_until(lambda: len(ticks(service)) >= len(before) + 4, 30, "ticks after the restart")

    after = ticks(service)[len(before) :]
    gaps = [later - earlier for earlier, later in pairwise(after)]
    assert after[0] - before[-1] > 4
    assert min(gaps) > 0.5


def test_a_schedule_that_is_switched_off_sends_nothing_until_it_is_on_again(service: Service) -> None:
    service.environment["PROBE_EVERY_SECONDS"] = "0.5"
    service.start_worker(processes=2)
    wait_until(lambda: ticks(service), 20, "a tick")
    service.ledger.rows("UPDATE tasks_schedule SET enabled = false, next_run_at = NULL WHERE name = 'probe'")
    sent = len(ticks(service))
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began > 4, 6, "a time in which ticks would be sent")
    assert len(ticks(service)) == sent

    service.ledger.rows("UPDATE tasks_schedule SET enabled = true WHERE name = 'probe'")

    wait_until(lambda: len(ticks(service)) > sent, 10, "a tick again")


def test_the_ticks_of_dramatiqs_own_command_are_sent_as_well(service: Service) -> None:
    service.environment["PROBE_EVERY_SECONDS"] = "1"
    service.start_rundramatiq(processes=1, threads=2)

    wait_until(lambda: len(ticks(service)) >= 2, 30, "ticks")
