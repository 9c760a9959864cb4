"""Counting events: cheap where they happen, exact in the database, whatever is killed in between.

An event is one XADD to the stream `understudy:tally:<name>`, with `s` (its source), `n` (its number there) and `c` (the
ids that it counts). A source belongs to one thread, which has one command outstanding at most; so of a source whatever
has a number below one that arrived has arrived. `drain` applies events and remembers how far it got with each source.

While Redis is away events are rows of PostgreSQL instead. So is an event whose command was sent and not answered, under
its source and number, as it may be in the stream all the same; its thread goes on with a new source.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import redis
from django.conf import settings
from django.db import connection

from apps.tasks.bell import SEND_TIMEOUT_SECONDS, Mute, redis_client

logger = logging.getLogger(__name__)

#: id → how much is to be added. Called within the transaction that remembers what was applied, by one drain at a time.
Apply = Callable[[Mapping[int, int]], None]
WRITE_ROW = """
INSERT INTO tasks_tallyentry (tally, source, number, ids, written_at)
VALUES (%s, %s, %s, %s, clock_timestamp())
"""


class _Source(threading.local):
    """A thread's source, how far it has counted, and its connection: to take one out of a pool and to put it back costs
    more than the command. The copy that a forked process gets is its parent's."""

    #: A connection that has rested longer may have been closed by the other side, as some do after a while.
    LONGEST_REST_SECONDS = 30.0

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self.renew()

    def renew(self) -> None:
        self.name = str(uuid4())
        self.number = 0
        self._process = os.getpid()
        self._connection: Any = self._client.connection_pool.make_connection()
        self._used_at = 0.0

    def next_number(self) -> int:
        if self._process != os.getpid():
            self.renew()
        self.number += 1
        return self.number

    def send(self, *command: str | int, lost_at: float) -> None:
        """Raises RedisError: nobody knows whether it arrived. Nothing is sent over a connection that was used last
        before `lost_at` (time.monotonic), when another thread lost its own."""
        now = time.monotonic()
        if self._used_at < max(lost_at, now - self.LONGEST_REST_SECONDS):
            self._connection.disconnect()  # it connects by itself
        self._used_at = now
        self._connection.send_command(*command)
        self._connection.read_response()


class Tally:
    """Events of one name. Made once, while tasks are imported, where workers find it as well.

    Attributes:
      apply: see Apply.
      key: of the stream.
      client: for Redis, for whoever reads the stream; gives up soon and repeats nothing.
    """

    def __init__(self, name: str, apply: Apply) -> None:
        self.name = name
        self.apply = apply
        self.key = f"understudy:tally:{name}"
        self.client = redis_client(settings.REDIS_URL, timeout_seconds=SEND_TIMEOUT_SECONDS)
        self._source = _Source(self.client)
        self._lost_at = 0.0
        self._mute = Mute()
        _tallies[name] = self

    def add(self, ids: str) -> None:
        """Count an event for each of these ids, joined by commas: one round trip to Redis, or a row.

        To be called outside of transactions. When it raises (neither Redis nor PostgreSQL answers), the event may be
        counted or not.
        """
        if self._mute.is_on():
            self._write_row(None, 0, ids)
            return
        number = self._source.next_number()
        try:
            self._source.send(
                "XADD", self.key, "*", "s", self._source.name, "n", number, "c", ids, lost_at=self._lost_at
            )
        except redis.RedisError as error:
            self._lost_at = time.monotonic()
            self._mute.begin()
            logger.warning("counting without Redis", extra={"action": "tally_away", "reason": str(error)})
            source = self._source.name
            self._source.renew()
            self._write_row(source, number, ids)

    def _write_row(self, source: str | None, number: int, ids: str) -> None:
        """Without a source Redis was not asked."""
        with connection.cursor() as cursor:
            cursor.execute(WRITE_ROW, [self.name, source, number, ids])


_tallies: dict[str, Tally] = {}


def tallies() -> dict[str, Tally]:
    """By name; complete when all tasks are imported."""
    return _tallies
