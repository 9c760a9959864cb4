"""Ends the waiting of requests for a PostgreSQL that hangs: its connections hold, and nothing is answered on them.

TCP's timeouts do not see that, because the system below the server still answers for it, and libpq waits without a
limit. A slow statement is something else: whether PostgreSQL hangs is asked on a connection of its own, and as long as
any statement of this process ends, it does not.
"""

import logging
import os
import select
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Any
from weakref import WeakSet

import psycopg2
from django.db import connection
from django.db.backends.signals import connection_created
from psycopg2.extensions import POLL_OK, POLL_READ, TRANSACTION_STATUS_ACTIVE

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
#: A statement may take as long as it needs. After so many looks that found its connection at work, PostgreSQL is asked.
LOOKS_BEFORE_ASKING = 3
#: One answer may come late: of a pooler whose connections are all in use, of a slow disk.
QUESTIONS = 2
ANSWER_SECONDS = 3.0
STEP_SECONDS = 0.1
#: Writes to the write-ahead log and waits for its disk, as every commit does: a disk may hang as well.
QUESTION = "SELECT pg_logical_emit_message(true, 'understudy', 'asked whether the server hangs')"


class DatabaseWatch:
    """Knows the connections that threads of this process open from `start` on.

    A request whose connection is cut gets 503, as if PostgreSQL were gone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: WeakSet[Any] = WeakSet()
        #: Connection → looks in a row that found it at work.
        self._looks: dict[Any, int] = {}

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
        self._looks = {one: self._looks.get(one, 0) + 1 for one in self._waiting()}
        if max(self._looks.values(), default=0) < LOOKS_BEFORE_ASKING:
            return
        while (waiting := self._waiting()) and hangs(connection.get_connection_params(), waiting):
            cut = sum(_cut(one) for one in waiting)
            logger.error("PostgreSQL hangs: requests cut off", extra={"action": "database_hangs", "connections": cut})
        self._looks = {}

    def _waiting(self) -> set[Any]:
        with self._lock:
            return {one for one in self._connections if _is_waiting(one)}


def hangs(parameters: dict[str, Any], waiting: set[Any]) -> bool:
    """Whether PostgreSQL says nothing, neither to those that wait nor to new questions. A refusal is an answer, too."""
    where = _address_of(waiting)
    return all(_is_silent({**parameters, **where}, waiting) for _ in range(QUESTIONS))


def _address_of(waiting: set[Any]) -> dict[str, str]:
    """That of the server they wait for. To look its name up may take long, and libpq does it with the interpreter
    held; and by now the name may stand for another server."""
    for one in waiting:
        with suppress(psycopg2.Error, OSError), _socket_of(one) as theirs:
            if theirs.family in (socket.AF_INET, socket.AF_INET6):
                return {"hostaddr": theirs.getpeername()[0]}
    return {}


def _is_silent(parameters: dict[str, Any], waiting: set[Any]) -> bool:
    """Ask once; it is not silent either if one of those that wait has been answered meanwhile."""
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        with closing(psycopg2.connect(**parameters, async_=True)) as asked:
            if not _settles(asked, deadline, waiting):
                return True
            asked.cursor().execute(QUESTION)
            return not _settles(asked, deadline, waiting)
    except psycopg2.Error:
        return False


def _settles(asked: Any, deadline: float, waiting: set[Any]) -> bool:
    """Whether what is under way on the asking connection ends in time. Raises what the server answers in its place,
    and when another connection's statement ends."""
    while (state := asked.poll()) != POLL_OK:
        if not all(_is_waiting(one) for one in waiting):
            raise AnsweredError
        if time.monotonic() > deadline:
            return False
        poller = select.poll()  # each time anew: libpq may go on with another socket
        poller.register(asked.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
        poller.poll(STEP_SECONDS * 1000)
    return True


class AnsweredError(psycopg2.Error):
    """One of those that wait has been answered."""


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
        with _socket_of(one) as duplicate:
            if not _is_waiting(one):
                return False
            duplicate.shutdown(socket.SHUT_RDWR)
    except (psycopg2.Error, OSError):
        return False
    return True


def _socket_of(one: Any) -> socket.socket:
    return socket.socket(fileno=os.dup(one.fileno()))
