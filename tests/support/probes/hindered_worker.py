"""`manage.py worker` under difficulties: run as `python -m tests.support.probes.hindered_worker HINDRANCE OPTION…`."""

import errno
import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from django.core.management import execute_from_command_line

from apps.tasks import process

real_fork, real_work = os.fork, process.work
forks = itertools.count(1)


def fork_at_the_third_attempt() -> int:
    """As on a machine that is out of processes for a while."""
    number = next(forks)
    print(f"fork {number}", flush=True)  # noqa: T201 — read by the test
    if number < 3:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return real_fork()


def fork_while_told_to_stop() -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    return real_fork()


def die_if_solo(orders: Any, **options: Any) -> int:
    """As a solo process that cannot boot."""
    if orders.identity.solo:
        print("a solo process dies", flush=True)  # noqa: T201
        os._exit(1)
    return real_work(orders, **options)


HINDRANCES: dict[str, Callable[[], None]] = {
    "no processes": lambda: setattr(os, "fork", fork_at_the_third_attempt),
    "a stop while forking": lambda: setattr(os, "fork", fork_while_told_to_stop),
    "dying solo processes": lambda: setattr(process, "work", die_if_solo),
}

if __name__ == "__main__":
    HINDRANCES[sys.argv[1]]()
    execute_from_command_line(["manage.py", "worker", *sys.argv[2:]])
