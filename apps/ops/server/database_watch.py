"""Ends the waiting of requests for a PostgreSQL that hangs: its connections hold, and nothing is answered on them.

TCP's timeouts do not see that, because the system below the server still answers for it, and libpq waits without a
limit. A slow statement is something else: whether PostgreSQL hangs is asked on a connection of its own, and as long as
anything comes in on any connection of this process, it does not.

While it hangs, requests get 503 at once, as if it were gone: all connections are cut, and none is opened.
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
from psycopg2.extensions import POLL_OK, POLL_READ, TRANSACTION_STATUS_ACTIVE
from psycopg2.extensions import connection as Connection  # noqa: N812 — it is a class

from apps.ops.server import tcp

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
HANGS = "PostgreSQL hangs: it is there, and does not answer"


class DatabaseWatch:
    """Opens the connections of this process's threads from `start` on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: WeakSet[Connection] = WeakSet()
        #: Connection → looks in a row that found it at work.
        self._looks: dict[Connection, int] = {}
        #: Of the server that was reached last.
        self._where: dict[str, Any] = {}
        #: A thread has waited in vain for a new connection.
        self._unconnected = False
        self._hangs = False

    def start(self) -> None:
        connection.settings_dict["OPTIONS"]["connection_factory"] = self._connect  # the threads share these settings
        threading.Thread(target=self._run, name="database-watch", daemon=True).start()

    def _connect(self, dsn: str) -> Connection:
        if self._hangs:
            raise psycopg2.OperationalError(HANGS)
        began_at = time.monotonic()
        try:
            opened = Connection(dsn)
        except psycopg2.OperationalError:
            self._unconnected |= time.monotonic() - began_at > ANSWER_SECONDS
            raise
        with self._lock:
            self._connections.add(opened)
        self._where = _address_of(opened)
        return opened

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self._look()
            except Exception:  # the watch outlives whatever is wrong with one look
                logger.exception("the database watch failed", extra={"action": "database_watch"})

    def _look(self) -> None:
        self._looks = {one: self._looks.get(one, 0) + 1 for one in self._open() if _is_waiting(one)}
        stuck = [one for one, looks in self._looks.items() if looks >= LOOKS_BEFORE_ASKING]
        if not stuck and not (self._unconnected and self._where):
            return
        if all(self._is_silent(stuck) for _ in range(QUESTIONS)):
            self._hold_off()
        self._looks, self._unconnected = {}, False

    def _hold_off(self) -> None:
        """Until PostgreSQL answers, nobody waits for it."""
        self._hangs = True
        try:
            cut = sum(_cut(one) for one in self._open())
            logger.error("PostgreSQL hangs", extra={"action": "database_hangs", "connections": cut})
            while self._is_silent([]):
                pass
        finally:
            self._hangs = False
        logger.warning("PostgreSQL answers again", extra={"action": "database_answers"})

    def _is_silent(self, stuck: list[Connection]) -> bool:
        """Ask once, and wait for the answer, whatever it is. It is not silent either if it says something meanwhile to
        anybody, or takes what a stuck one sends."""
        deadline = time.monotonic() + ANSWER_SECONDS
        everybody = self._open()
        heard, taken = _received(everybody), _confirmed(stuck)
        parameters = {**connection.get_connection_params(), **self._where}
        del parameters["connection_factory"]
        question: str | None = QUESTION
        try:
            with closing(psycopg2.connect(**parameters, async_=True)) as asked:
                while time.monotonic() < deadline:
                    if _step(asked):
                        if question is None:
                            return False
                        asked.cursor().execute(question)
                        question = None
                    if _received(everybody) != heard or _confirmed(stuck) != taken:
                        return False
        except psycopg2.Error:
            return False
        return True

    def _open(self) -> list[Connection]:
        with self._lock:
            return [one for one in self._connections if not one.closed]


def _step(asked: Connection) -> bool:
    """Whether what is under way there has ended; waits for that, but not for long."""
    state = asked.poll()
    if state == POLL_OK:
        return True
    poller = select.poll()  # each time anew: libpq may go on with another socket
    poller.register(asked.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
    poller.poll(STEP_SECONDS * 1000)
    return False


def _address_of(one: Connection) -> dict[str, Any]:
    """That of its server. To look a name up may take long, and libpq does it with the interpreter held; and by now the
    name may stand for another server."""
    where = {"host": one.info.host, "port": one.info.port}
    with suppress(psycopg2.Error, OSError), _socket_of(one) as theirs:
        if theirs.family in (socket.AF_INET, socket.AF_INET6):
            return {**where, "hostaddr": theirs.getpeername()[0]}
    return where


def _received(connections: list[Connection]) -> list[int]:
    return [_moved(one)[1] for one in connections]


def _confirmed(connections: list[Connection]) -> list[int]:
    return [_moved(one)[0] for one in connections]


def _moved(one: Connection) -> tuple[int, int]:
    """-1 for one that was closed: somebody was answered, or gave up."""
    try:
        with _socket_of(one) as theirs:
            return tcp.moved_bytes(theirs)
    except (psycopg2.Error, OSError):
        return -1, -1


def _is_waiting(one: Connection) -> bool:
    try:
        return bool(one.get_transaction_status() == TRANSACTION_STATUS_ACTIVE)
    except psycopg2.InterfaceError:  # it was closed
        return False


def _cut(one: Connection) -> bool:
    """End the waiting in the thread that has the connection: it finds it closed by the server."""
    try:
        with _socket_of(one) as theirs:
            theirs.shutdown(socket.SHUT_RDWR)
    except (psycopg2.Error, OSError):
        return False
    return True


def _socket_of(one: Connection) -> socket.socket:
    """A duplicate, as the number of a closed socket is given to the next one: if the connection is open afterwards,
    it is of its socket for certain."""
    duplicate = socket.socket(fileno=os.dup(one.fileno()))
    if one.closed:
        duplicate.close()
        raise psycopg2.InterfaceError("closed meanwhile")
    return duplicate
