"""What a consumer does with a bell that it cannot answer, and with messages that were never run."""

from concurrent.futures import ThreadPoolExecutor
from queue import PriorityQueue

import dramatiq
import pytest
from django.db import OperationalError, connection

from apps.tasks import ledger
from apps.tasks.bell import TOKEN, key_of
from apps.tasks.broker import LedgerBroker
from apps.tasks.states import Status
from apps.tasks.station import Station
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker(worker, settings, redis_client):
    broker = LedgerBroker(url=settings.REDIS_URL)
    broker.declare_queue("default")
    broker.station = Station(worker, bell=broker.bell, threads=2, solo=False)
    broker.station.open(PriorityQueue())
    yield broker
    broker.station.close()
    broker.close()


@pytest.fixture
def consumer(broker):
    """One that has found its queue empty: it waits for the bell next."""
    consumer = broker.consume("default")
    assert next(consumer) is None
    yield consumer
    consumer.close()


@pytest.fixture
def ring_while_waiting(consumer, redis_client):
    """Let the consumer wait, do something, ring; returns what it came back with."""

    def look():
        try:
            return next(consumer)
        finally:
            connection.close()

    def is_waiting():
        return any(client["cmd"] == "bzpopmin" and "b" in client["flags"] for client in redis_client.client_list())

    def ring(before):
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(look)
            wait_until(is_waiting, 5, "the consumer waits for the bell")
            before()
            redis_client.zadd(key_of("default"), TOKEN)
            return found.result()

    return ring


def test_a_bell_that_was_heard_by_a_worker_told_to_stop_meanwhile_is_rung_again(
    broker, ring_while_waiting, redis_client
):
    assert ring_while_waiting(before=broker.station.stopping.set) is None
    assert redis_client.zcard(key_of("default")) == 1


def test_a_bell_that_was_heard_by_a_worker_without_a_free_slot_is_rung_again(broker, ring_while_waiting, redis_client):
    assert ring_while_waiting(before=lambda: broker.station.slots.reserve(0)) is None
    assert redis_client.zcard(key_of("default")) == 1


def test_a_bell_that_was_answered_is_not_rung_again(insert, ring_while_waiting, redis_client):
    invocation_id = insert()

    assert ring_while_waiting(before=lambda: None).message_id == invocation_id
    assert redis_client.zcard(key_of("default")) == 0


def test_after_a_claim_that_failed_the_next_one_waits_for_no_bell(
    insert, consumer, ring_while_waiting, redis_client, monkeypatch
):
    invocation_id = insert()
    with monkeypatch.context() as outage:
        outage.setattr(ledger, "claim", lambda **_: (_ for _ in ()).throw(OperationalError("away")))
        assert ring_while_waiting(before=lambda: None) is None

    monkeypatch.setattr(consumer, "_wait", lambda: pytest.fail("waited for the bell"))
    assert next(consumer).message_id == invocation_id


@pytest.mark.parametrize(
    ("known", "error"),
    [
        pytest.param(False, "no task named 'probe' is known to this worker", id="by Dramatiq: it knows no such task"),
        pytest.param(True, "a middleware failed the message before it was run", id="by a middleware"),
    ],
)
def test_a_message_that_was_failed_before_it_was_run_is_tried_again_and_says_why(
    insert, consumer, broker, row, known, error
):
    if known:
        dramatiq.actor(actor_name="probe", broker=broker)(lambda: None)
    invocation_id = insert()
    message = next(consumer)

    message.fail()
    consumer.nack(message)

    wait_until(lambda: row(invocation_id).status == Status.SCHEDULED, 5, "the next attempt")
    assert row(invocation_id).error == f"LookupError: {error}"


def test_an_end_that_nothing_was_decided_about_is_an_end_all_the_same(insert, consumer, row):
    """As when a hook raises, whose errors Dramatiq drops."""
    invocation_id = insert()

    consumer.ack(next(consumer))

    wait_until(lambda: row(invocation_id).status == Status.ENDING, 5, "the end")
    assert "could not be decided" in row(invocation_id).error
