"""No answer is older than the last import that was acknowledged before its request began."""

import threading
from typing import Any

import pytest
import redis
import requests

from apps.ops.embedded.redis import RedisServer
from tests.acceptance.deals.conftest import Deals, Threads, dataset, number_of

pytestmark = pytest.mark.slow

READERS = 8
IMPORTS = 100


def test_no_reader_gets_an_older_answer_than_the_last_acknowledged_import(
    deals: Deals, own_redis: RedisServer, threads: Threads, record_property: Any
) -> None:
    """Eight readers, two web processes, a hundred imports; cold caches all along, Redis away in the middle."""
    webs = [deals.start_web(WEB_THREADS="8") for _ in range(2)]
    cache = redis.Redis.from_url(own_redis.url())
    acknowledged = 0
    answers = [0] * READERS
    remembered = threading.local()

    def read(reader: int) -> None:
        if not hasattr(remembered, "session"):
            remembered.session, remembered.etag, remembered.number = requests.Session(), "", 0
        before = acknowledged
        conditional = {"If-None-Match": remembered.etag} if reader % 2 and remembered.etag else {}
        answer = remembered.session.get(webs[reader % len(webs)].url, headers=conditional, timeout=20)
        if answer.status_code == 200:
            remembered.etag, remembered.number = answer.headers["ETag"], number_of(answer.content)
        assert answer.status_code in {200, 304}
        assert remembered.number >= before, f"{remembered.number} was answered when {before} had been acknowledged"
        answers[reader] += 1

    for reader in range(READERS):
        threads.repeat(lambda reader=reader: read(reader))
    for number in range(1, IMPORTS + 1):
        if number == IMPORTS // 3:
            own_redis.stop()
        elif number == 2 * IMPORTS // 3:
            own_redis.start()
        elif number % 7 == 0 and not IMPORTS // 3 <= number <= 2 * IMPORTS // 3:
            cache.flushdb()
        posted = webs[number % len(webs)].post(dataset(number))
        assert posted.status_code == 200, posted.text
        acknowledged = number

    threads.stop()
    record_property("figure", f"{sum(answers)} answers during {IMPORTS} imports, none too old")
    assert min(answers) > 10
    assert [web.number() for web in webs] == [IMPORTS, IMPORTS]
    assert deals.statuses().count("active") == 1


def test_a_web_process_that_has_just_started_answers_like_the_others(deals: Deals) -> None:
    first = deals.start_web()
    first.post(dataset(1))
    first.number()

    second = deals.start_web()

    assert second.number() == 1
    second.post(dataset(2))
    assert first.number() == 2
