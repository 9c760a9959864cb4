"""Stock Dramatiq on Redis, everything as it comes."""

import os
import time

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tests.benchmarks.board import shared

dramatiq.set_broker(RedisBroker(url=os.environ["BENCH_BROKER_URL"]))


@dramatiq.actor(actor_name="bench_stamp")
def stamp(row: int) -> None:
    shared().began[row] = time.time()


send = stamp.send
