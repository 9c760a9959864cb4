"""Durable tasks that do nothing but say when they began."""

import os
import time

import dramatiq

from apps.tasks.celery import shared_task
from tests.benchmarks.board import shared

#: Longer than anybody waits before killing the process.
HELD_SECONDS = 120.0


@dramatiq.actor(actor_name="bench.stamp")
def stamp(row: int) -> None:
    shared().began[row] = time.time()


@shared_task(name="bench.stamp_like_celery")
def stamp_like_celery(row: int) -> None:
    shared().began[row] = time.time()


@shared_task(name="bench.hold")
def hold(row: int) -> None:
    """Stay until the process is killed; the attempt after that ends at once."""
    now, board = time.time(), shared()
    if board.began[row]:
        board.began_again[row] = now
        return
    board.pid[row] = os.getpid()
    board.began[row] = now
    time.sleep(HELD_SECONDS)
