"""The wait for the bell, and its end."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis
from django.conf import settings

from apps.tasks.bell import Waiter
from tests.support.processes import wait_until


def test_a_wait_that_is_closed_by_whoever_stops_the_worker_ends_without_an_error(
    redis_client: "redis.Redis[Any]",
) -> None:
    stopping = threading.Event()
    waiter = Waiter(settings.REDIS_URL, "default", stopping)
    with ThreadPoolExecutor() as threads:
        rang = threads.submit(waiter.wait, 1)
        wait_until(lambda: redis_client.info("clients")["blocked_clients"], 5, "it waits in Redis")

        stopping.set()
        waiter.close()

        assert rang.result(5) is False
