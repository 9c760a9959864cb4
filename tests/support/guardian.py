"""Ends what a test session started, however the session itself ended.

Run as `python -m tests.support.guardian FOLDER`. It waits until its standard input is closed, which a normal
end and a `kill -9` of the session both do, then ends every process that carries the session's folder in its
environment and every server below the folder, and removes the folder.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

import psutil

from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer

#: Every process that a test starts inherits it.
SESSION_VARIABLE = "UNDERSTUDY_TEST_SESSION"


def guard(folder: Path) -> None:
    sys.stdin.read()
    for process in psutil.process_iter():
        try:
            if process.environ().get(SESSION_VARIABLE) == str(folder) and process.pid != os.getpid():
                process.kill()
        except psutil.Error:
            continue
    for pid_path in folder.glob("**/data/postmaster.pid"):
        PostgresServer(pid_path.parent.parent).end_leftover()
    for pid_path in folder.glob("**/valkey.pid"):
        RedisServer(pid_path.parent).end_leftover()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    guard(Path(sys.argv[1]))
