"""A worker's thread without the worker: claims rows and runs them with everything that Dramatiq's worker does."""

from collections.abc import Callable, Iterator
from queue import PriorityQueue
from typing import Any

import dramatiq
import pytest
from django.db import connection
from dramatiq.worker import WorkerThread

from apps.tasks import endings, leases, ledger
from apps.tasks.broker import LedgerBroker
from apps.tasks.consumer import ClaimedMessage, LedgerConsumer
from apps.tasks.outcomes import Outcome
from apps.tasks.station import Station


class Desk:
    """Takes messages back from the worker's thread, as Dramatiq's consumer threads do."""

    def __init__(self, consumer: LedgerConsumer) -> None:
        self.consumer = consumer

    def post_process_message(self, message: ClaimedMessage) -> None:
        self.consumer.ack(message)


class Hand:
    """Runs what is queued, in the test's own thread; when it returns, every end is in the ledger."""

    def __init__(self) -> None:
        broker = dramatiq.get_broker()
        assert isinstance(broker, LedgerBroker)
        self.broker = broker
        self.station = Station("hand", bell=broker.bell, threads=8, solo=False)
        self.station.writer.put = self._write
        leases.register("hand", host="here", solo=False)

    def _write(self, outcome: Outcome) -> None:
        self.station.writer._write([outcome])
        endings.finish_due()

    def claim(self, queue: str = "default") -> list[ClaimedMessage]:
        return [ClaimedMessage(row, queue) for row in self.station.claim(queue, 100, ledger.FRONT)]

    def work_on(self, message: ClaimedMessage) -> None:
        consumer = LedgerConsumer(self.broker, self.station, message.queue_name)
        if message.actor_name not in self.broker.actors:
            consumer.nack(message)
            return
        items: Any = PriorityQueue()
        items.put(0)
        desks: Any = {message.queue_name: Desk(consumer)}
        WorkerThread(broker=self.broker, consumers=desks, work_queue=items, worker_timeout=1000).process_message(
            message
        )

    def run(self, *, rounds: int = 1, queue: str = "default") -> int:
        """Run what is queued, then what that has queued, so many times; returns how many calls were run."""
        count = 0
        for _ in range(rounds):
            messages = self.claim(queue)
            for message in messages:
                self.work_on(message)
            count += len(messages)
            self.let_time_pass(queue)
        return count

    def let_time_pass(self, queue: str = "default") -> None:
        """What waits for its time is due."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tasks_invocation SET due_at = now() WHERE status = 'scheduled'")
        ledger.promote(queue)


@pytest.fixture
def hand(transactional_db: None) -> Hand:
    return Hand()


@pytest.fixture
def heard() -> Iterator[Callable[..., list[str]]]:
    """`heard(signal, …)` connects to signals; the list that it returns fills with their names."""
    connected: list[Any] = []

    def listen(*signals: Any) -> list[str]:
        names: list[str] = []
        for signal in signals:

            def note(name: str = signal.name, **_named: Any) -> None:
                names.append(name)

            signal.connect(note, weak=False)
            connected.append((signal, note))
        return names

    yield listen
    for signal, note in connected:
        signal.disconnect(note)
