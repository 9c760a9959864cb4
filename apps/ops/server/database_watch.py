"""Ends the waiting of requests for a PostgreSQL that hangs: its connections hold, and nothing is answered on them.

TCP's timeouts do not see that, because the system below the server still answers for it, and libpq waits without a
limit. A slow statement is something else: whether PostgreSQL hangs is asked on a connection of its own.
"""

import logging
import os
import select
import socket
import threading
import time
from typing import Any
from weakref import WeakSet

import psycopg2
from django.db import connection
from django.db.backends.signals import connection_created
from psycopg2.extensions import POLL_OK, POLL_READ, TRANSACTION_STATUS_ACTIVE

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
#: A statement may take as long as it needs. After so many looks that found it waiting, PostgreSQL is asked.
LOOKS_BEFORE_ASKING = 3
ANSWER_SECONDS = 3.0
#: It writes to PostgreSQL's log and waits for the disk, as every commit does: a disk may hang as well.
QUESTION = "SELECT pg_logical_emit_message(true, 'understudy', 'asked whether the server hangs')"


class DatabaseWatch:
    """Knows the connections that threads of this process open from `start` on.

    A request whose connection is cut gets 503, as if PostgreSQL were gone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: WeakSet[Any] = WeakSet()
        #: Connection → looks in a row that found a statement of it under way.
        self._waiting: dict[Any, int] = {}

    def start(self) -> None:
        connection_created.connect(self._note, weak=False)
        threading.Thread(target=self._run, name="database-watch", daemon=True).start()

    def _note(self, **facts: Any) -> None:
        with self._lock:
            self._connections.add(facts["connection"].connection)

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self._look()
            except Exception:  # the watch outlives whatever is wrong with one look
                logger.exception("the database watch failed", extra={"action": "database_watch"})

    def _look(self) -> None:
        self._waiting = {one: self._waiting.get(one, 0) + 1 for one in self._found_waiting()}
        if max(self._waiting.values(), default=0) < LOOKS_BEFORE_ASKING:
            return
        while self._waiting and not answers(connection.get_connection_params()):
            still = self._found_waiting()
            cut = sum(_cut(one) for one in still & self._waiting.keys())
            logger.error("PostgreSQL hangs: requests cut off", extra={"action": "database_hangs", "connections": cut})
            self._waiting = dict.fromkeys(still, LOOKS_BEFORE_ASKING)
        self._waiting = {}

    def _found_waiting(self) -> set[Any]:
        with self._lock:
            return {one for one in self._connections if _is_waiting(one)}


def answers(parameters: dict[str, Any]) -> bool:
    """Whether PostgreSQL says anything within ANSWER_SECONDS; a refusal is an answer, too."""
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        asked = psycopg2.connect(**parameters, async_=True)
    except psycopg2.Error:
        return True
    try:
        _wait(asked, deadline)
        asked.cursor().execute(QUESTION)
        _wait(asked, deadline)
    except TimeoutError:
        return False
    except psycopg2.Error:
        return True
    finally:
        asked.close()
    return True


def _wait(asked: Any, deadline: float) -> None:
    poller = select.poll()
    while (state := asked.poll()) != POLL_OK:
        poller.register(asked.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
        if not poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError


def _is_waiting(one: Any) -> bool:
    try:
        return bool(one.get_transaction_status() == TRANSACTION_STATUS_ACTIVE)
    except psycopg2.InterfaceError:  # it was closed
        return False


def _cut(one: Any) -> bool:
    """End the waiting in the thread that has the connection: it finds it closed by the server.

    The number of a closed socket is given to the next one. So ours is duplicated first, and shut down only if the
    statement is still under way then: the duplicate is of its socket for certain.
    """
    try:
        duplicate = socket.socket(fileno=os.dup(one.fileno()))
    except (psycopg2.Error, OSError):
        return False
    with duplicate:
        if not _is_waiting(one):
            return False
        duplicate.shutdown(socket.SHUT_RDWR)
    return True
