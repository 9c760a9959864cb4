"""What a container asks itself to tell whether it is healthy: `python -m apps.ops.probes web` (or `worker`).

The exit code is the answer. Asked every few seconds, so neither Django nor the settings are loaded.
"""

import http.client
import os
import socket
import sys
from collections.abc import Callable

import psycopg2

TIMEOUT_SECONDS = 4
#: A worker renews its lease every few seconds; one that has not for so long will have lost it.
STALE_SECONDS = 20


def is_web_healthy() -> bool:
    """Whether the web process of this host answers at all: a database that is away is not its illness."""
    host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/live/", headers={} if host == "*" else {"Host": host})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_worker_healthy() -> bool:
    """Whether a worker of this host renews its lease, which it does while it can work."""
    try:
        connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=TIMEOUT_SECONDS)
    except psycopg2.OperationalError:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM tasks_workerprocess WHERE host = %s"
                " AND beat_at > clock_timestamp() - %s * interval '1 second')",
                [socket.gethostname(), STALE_SECONDS],
            )
            row = cursor.fetchone()
            return row is not None and bool(row[0])
    finally:
        connection.close()


PROBES: dict[str, Callable[[], bool]] = {"web": is_web_healthy, "worker": is_worker_healthy}

if __name__ == "__main__":
    sys.exit(0 if PROBES[sys.argv[1]]() else 1)
