"""Worker processes are killed at random moments; nothing is lost and no effect is repeated."""

import random
import time
from collections.abc import Callable

from tests.support.chaos import SEED, Chaos
from tests.support.figures import percentiles_ms
from tests.support.service import Service, Stream


def test_fifty_kills_of_a_child_and_two_of_the_whole_worker_lose_nothing_and_repeat_no_effect(
    service: Service, figure: Callable[[str], None]
) -> None:
    chaos = Chaos(service.ledger)
    lengths = random.Random(SEED)
    worker = service.start_worker_at_work(processes=3, threads=4)
    with Stream(
        service.caller(),
        "record_atomically",
        lambda number: [f"task {number}", lengths.uniform(0.02, 0.1)],
        pause_seconds=0.01,
    ) as stream:
        for number in range(50):
            chaos.kill_child(worker)
            if number in {10, 25}:
                chaos.kill_worker(worker)
                worker = service.start_worker(processes=3, threads=4)
    last_kill = time.monotonic()
    service.ledger.wait_for_status(stream.accepted, "succeeded", 30)
    took = time.monotonic() - last_kill

    assert sorted(e.invocation for e in service.ledger.effects()) == sorted(stream.accepted)
    assert stream.refused == []
    delays = chaos.redelivery_seconds(service.starts())
    figure(f"{len(stream.accepted)} tasks, all ended {took:.1f} s after the last kill")
    figure(f"from a kill to the next start: {percentiles_ms(delays)}, {len(delays)} redeliveries")
