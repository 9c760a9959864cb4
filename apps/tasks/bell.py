"""The wake-up through Redis: one sorted set a queue that holds at most one token.

Keys: `understudy:bell:<queue>`, a sorted set of zero or one member. To ring is to put the token there (ZADD, which
writes nothing where it is already); a waiting worker takes it (BZPOPMIN) and looks into the ledger. Nothing else is in
Redis, so nothing is lost with it: without a bell a worker looks into the ledger every second or two by itself.
"""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

import redis
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

#: The only member there ever is, with its score.
TOKEN = {"ring": 0}
#: How long a sender waits for a Redis that does not answer, in seconds.
SEND_TIMEOUT_SECONDS = 0.5


def redis_client(url: str, *, timeout_seconds: float) -> "redis.Redis":
    """A client that gives up at once: redis-py 8 sends a command again by itself, which takes seconds and,
    for a write, may do it twice. Platforms' `rediss://` comes with self-signed certificates.

    Neither timeout covers looking up the host's name: while its name server is silent, a new connection takes as long
    as the system's resolver tries.
    """
    options: dict[str, Any] = {"ssl_cert_reqs": "none"} if url.startswith("rediss://") else {}
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=min(timeout_seconds, SEND_TIMEOUT_SECONDS),
        retry=Retry(NoBackoff(), 0),
        **options,
    )


class Mute:
    """After a failure Redis is left alone for a second, so that one that hangs slows one caller a second, not all."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + self.SECONDS

    def is_on(self) -> bool:
        return time.monotonic() < self._until


def key_of(queue: str) -> str:
    return f"understudy:bell:{queue}"


class _Collected(threading.local):
    """The queues that a thread has sent to since its last commit."""

    def __init__(self) -> None:
        self.queues: set[str] = set()


class Bell:
    """Rings for queues. Thread-safe; never raises: a bell that cannot be rung is only a slower start."""

    def __init__(self, url: str) -> None:
        self._client = redis_client(url, timeout_seconds=SEND_TIMEOUT_SECONDS)
        self._collected = _Collected()
        self._mute = Mute()

    def ring_after_commit(self, queue: str) -> None:
        """Ring once the caller's transaction has committed: one round trip for all the sends of a transaction."""
        self._collected.queues.add(queue)
        transaction.on_commit(self._ring_collected)

    def _ring_collected(self) -> None:
        """Every send of a transaction asks for one of these; the first rings for all of them. A send that was rolled
        back may leave its queue behind: the next commit then rings once too often, which wakes somebody in vain."""
        queues = set(self._collected.queues)
        self._collected.queues.clear()
        self.ring(queues)

    def ring(self, queues: Iterable[str]) -> None:
        """One ZADD for each queue, in one round trip."""
        names = list(queues)
        if not names or self._mute.is_on():
            return
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for queue in names:
                    pipeline.zadd(key_of(queue), TOKEN)
                pipeline.execute()
        except redis.RedisError as error:
            self._mute.begin()
            logger.warning("the bell cannot be rung", extra={"action": "bell_silent", "reason": str(error)})

    def close(self) -> None:
        self._client.close()


class Waiter:
    """Waits for one queue's bell. Belongs to one thread; the one that stops the worker may close it under its wait."""

    #: Longer than any wait, so that only a Redis that hangs runs into it.
    TIMEOUT_SECONDS = 3.0
    #: How often the ledger is asked when there is no Redis to wait on.
    WITHOUT_REDIS_SECONDS = 1.0

    def __init__(self, url: str, queue: str, stopping: threading.Event) -> None:
        self._client = redis_client(url, timeout_seconds=self.TIMEOUT_SECONDS)
        self._key = key_of(queue)
        self._stopping = stopping

    def wait(self, seconds: float) -> bool:
        """Return when the bell rings, or after so many seconds, or at once when stopping. Tells whether it rang: the
        token is gone then, and who does not look into the ledger has to ring again for somebody who does."""
        if self._stopping.is_set():
            return False
        try:
            return self._client.bzpopmin([self._key], timeout=max(0.01, seconds)) is not None
        except redis.RedisError:
            self._stopping.wait(min(seconds, self.WITHOUT_REDIS_SECONDS))
            return False
        except (OSError, ValueError):  # what a closed socket and its buffer raise
            if not self._stopping.is_set():
                raise
            return False

    def close(self) -> None:
        self._client.close()
