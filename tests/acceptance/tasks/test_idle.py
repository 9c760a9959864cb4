"""What an idle worker costs, and how soon it starts."""

import time
from collections.abc import Callable
from typing import Any

import redis

from apps.ops.embedded.redis import RedisServer
from tests.support.figures import percentile, percentiles_ms
from tests.support.processes import wait_until
from tests.support.service import Service


def commands_processed(client: Any) -> int:
    """By everybody but this client."""
    return sum(entry["calls"] for name, entry in client.info("commandstats").items() if "info" not in name)


def test_an_idle_worker_hardly_speaks_to_redis_and_starts_a_task_at_once(
    service: Service, own_redis: RedisServer, figure: Callable[[str], None]
) -> None:
    service.start_worker_at_work()
    with redis.Redis.from_url(own_redis.url()) as client:
        before, began = commands_processed(client), time.monotonic()
        wait_until(lambda: time.monotonic() - began > 3, 4, "idle seconds")
        rate = (commands_processed(client) - before) / (time.monotonic() - began)
    queues = service.ledger.one("SELECT count(DISTINCT queue) FROM tasks_invocation")
    figure(f"{rate:.2f} Redis commands a second, {queues} queue")
    assert rate < queues

    waits = []
    for _ in range(200):
        sent = service.caller().send_many("stamp", [[]])
        service.ledger.wait_for_status(sent.ids, "succeeded", 5)
        waits.append(service.starts()[-1].at - sent.sent_at[0])
    figure(f"pick-up from idle, 200 sends: {percentiles_ms(waits)}")
    assert percentile(waits, 0.5) < 0.1
