"""Django's cache in Redis, as something that may be missing: without Redis nothing is found and nothing is kept."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis, RedisError

from apps.tasks.bell import Mute, redis_client

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.5
SCAN_KEYS = 1_000


class FailOpenClient(RedisCacheClient):
    """Django's client on connections that give up soon and never send a command twice; it raises no RedisError."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        self._redis = redis_client(servers[0], timeout_seconds=TIMEOUT_SECONDS)
        self._mute = Mute()

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:  # noqa: ARG002 — Django's signature
        return self._redis

    def add(self, key: Any, value: Any, timeout: Any) -> Any:
        return self._ask(super().add, key, value, timeout, otherwise=False)

    def get(self, key: Any, default: Any) -> Any:
        return self._ask(super().get, key, default, otherwise=default)

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        self._ask(super().set, key, value, timeout, otherwise=None)

    def touch(self, key: Any, timeout: Any) -> Any:
        return self._ask(super().touch, key, timeout, otherwise=False)

    def delete(self, key: Any) -> Any:
        return self._ask(super().delete, key, otherwise=False)

    def get_many(self, keys: Any) -> Any:
        return self._ask(super().get_many, keys, otherwise={})

    def has_key(self, key: Any) -> Any:
        return self._ask(super().has_key, key, otherwise=False)

    def incr(self, key: Any, delta: Any) -> int:
        """Raises ValueError where there is no such key, as without Redis."""
        number: int | None = self._ask(super().incr, key, delta, otherwise=None)
        if number is None:
            raise ValueError(f"Key {key!r} not found.")
        return number

    def set_many(self, data: Any, timeout: Any) -> None:
        self._ask(super().set_many, data, timeout, otherwise=None)

    def delete_many(self, keys: Any) -> None:
        self._ask(super().delete_many, keys, otherwise=None)

    def clear_all_like(self, pattern: str) -> None:
        self._ask(self._clear_all_like, pattern, otherwise=None)

    def _clear_all_like(self, pattern: str) -> None:
        for key in self._redis.scan_iter(match=pattern, count=SCAN_KEYS):
            self._redis.unlink(key)

    def _ask(self, command: Callable[..., Any], *arguments: Any, otherwise: Any) -> Any:
        if self._mute.is_on():
            return otherwise
        try:
            return command(*arguments)
        except RedisError as error:
            self._mute.begin()
            logger.warning("the cache does not answer", extra={"action": "cache_silent", "reason": str(error)})
            return otherwise


class FailOpenRedisCache(RedisCache):
    """For CACHES. It shares its database with the task layer, so clearing it removes the cache's own keys only."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = FailOpenClient

    def clear(self) -> None:
        client: Any = self._cache
        client.clear_all_like(f"{self.key_prefix}:*")
