"""Celery on Redis with results off, everything else as it comes."""

import os
import time

from celery import Celery

from tests.benchmarks.board import shared

app = Celery("bench", broker=os.environ["BENCH_BROKER_URL"])
app.conf.task_ignore_result = True


@app.task(name="bench.stamp")
def stamp(row: int) -> None:
    shared().began[row] = time.time()


send = stamp.delay
