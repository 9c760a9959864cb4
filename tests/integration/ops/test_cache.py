"""Django's cache in Redis: gone when Redis is gone, and never a reason for an error."""

import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import redis
from django.core.cache.backends.base import BaseCache

from apps.ops.cache import FailOpenRedisCache
from apps.ops.embedded.redis import RedisServer
from apps.tasks.bell import Mute


def cache_at(url: str) -> BaseCache:
    return FailOpenRedisCache(url, {"KEY_PREFIX": "understudy:cache"})


@pytest.fixture
def cache(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> BaseCache:
    monkeypatch.setattr(Mute, "SECONDS", 0)
    return cache_at(own_redis.url())


def test_what_is_kept_is_found(cache: BaseCache) -> None:
    cache.set("a", b"bytes", 60)
    cache.set_many({"b": 1, "c": [2]}, 60)

    assert (cache.get("a"), cache.get_many(["b", "c", "d"])) == (b"bytes", {"b": 1, "c": [2]})
    assert (cache.add("a", 1), cache.add("e", 1), cache.incr("e"), cache.has_key("e")) == (False, True, 2, True)
    assert (cache.touch("a", 60), cache.delete("a"), cache.get("a", "gone")) == (True, True, "gone")
    cache.delete_many(["b", "c"])
    assert cache.get("b") is None
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")


def everything_fails_quietly(cache: BaseCache) -> None:
    cache.set("a", 1)
    cache.set_many({"a": 1})
    cache.delete_many(["a"])
    cache.clear()
    assert cache.get("a", "nothing") == "nothing"
    assert cache.get_many(["a"]) == {}
    assert (cache.add("a", 1), cache.touch("a"), cache.delete("a"), cache.has_key("a")) == (False,) * 4
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")


def test_without_redis_nothing_is_found_and_nothing_raises(cache: BaseCache, own_redis: RedisServer) -> None:
    own_redis.stop()

    everything_fails_quietly(cache)


def test_a_redis_that_is_back_is_used_again(cache: BaseCache, own_redis: RedisServer) -> None:
    own_redis.stop()
    assert cache.get("a") is None
    own_redis.start()

    cache.set("a", 1)

    assert cache.get("a") == 1


def test_a_full_redis_is_as_good_as_none(cache: BaseCache, own_redis: RedisServer) -> None:
    client = redis.Redis.from_url(own_redis.url())
    client.config_set("maxmemory", "1mb")

    cache.set("a", "x" * 2_000_000)

    assert cache.get("a") is None


@pytest.fixture
def frozen_redis(own_redis: RedisServer) -> Iterator[str]:
    client: Any = redis.Redis.from_url(own_redis.url())
    process = psutil.Process(client.info("server")["process_id"])
    process.suspend()
    yield own_redis.url()
    process.resume()


def test_a_redis_that_hangs_slows_one_question_a_second_not_all(frozen_redis: str) -> None:
    cache = cache_at(frozen_redis)
    began = time.monotonic()

    for _ in range(200):
        assert cache.get("a") is None

    assert time.monotonic() - began < 4  # half a second for the first and one more a second; 100 s without muting


def test_clearing_the_cache_leaves_the_task_layers_keys_alone(cache: BaseCache, own_redis: RedisServer) -> None:
    client = redis.Redis.from_url(own_redis.url())
    client.lpush("understudy:bell:default", 1)
    cache.set("a", 1)

    cache.clear()

    assert cache.get("a") is None
    assert client.llen("understudy:bell:default") == 1
