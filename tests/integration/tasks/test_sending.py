"""A send is part of the caller's transaction, and Redis is no condition of it."""

import dramatiq
import pytest
from django.db import transaction

from apps.tasks.bell import Bell, key_of
from apps.tasks.celery import shared_task
from apps.tasks.errors import InvocationExistsError, UnsupportedMessageError
from apps.tasks.models import Invocation
from apps.tasks.states import Status
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@shared_task(name="test.sending.add")
def add(x: int, y: int) -> int:
    return x + y


@shared_task(name="test.sending.other", queue="other")
def other() -> None:
    """Lives in a queue of its own."""


@dramatiq.actor(actor_name="test.sending.plain", priority=3)
def plain(*_args, **_kwargs):
    """An actor as Dramatiq's users write it."""


def rung(redis_client, queue="default"):
    return redis_client.zcard(key_of(queue))


def test_a_rolled_back_send_never_was(redis_client):
    with pytest.raises(RuntimeError), transaction.atomic():
        add.delay(1, 2)
        raise RuntimeError

    assert not Invocation.objects.exists()
    assert rung(redis_client) == 0


def test_the_bell_is_rung_after_the_commit(redis_client):
    with transaction.atomic():
        add.delay(1, 2)
        rung_inside = rung(redis_client)

    assert rung_inside == 0
    assert rung(redis_client) == 1


def test_outside_of_a_transaction_a_send_is_durable_when_it_returns(redis_client):
    result = add.delay(1, 2)

    assert Invocation.objects.get(id=result.id).status == Status.QUEUED
    assert result.state == "PENDING"
    assert rung(redis_client) == 1


def test_many_sends_leave_one_token_in_each_queue(redis_client):
    with transaction.atomic():
        for _ in range(5):
            add.delay(1, 2)
            other.delay()

    assert rung(redis_client) == 1
    assert rung(redis_client, "other") == 1


def test_a_transaction_rings_in_one_round_trip(monkeypatch):
    rounds = []
    monkeypatch.setattr(Bell, "ring", lambda _self, queues: rounds.append(sorted(queues)))
    with transaction.atomic():
        add.delay(1, 2)
        other.delay()
        add.delay(1, 2)

    assert [queues for queues in rounds if queues] == [["default", "other"]]


def test_a_send_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        add.delay(1, 2)


def test_an_inner_rollback_takes_only_its_own_sends_along(redis_client):
    with transaction.atomic():
        kept = add.delay(1, 2)
        with pytest.raises(RuntimeError), transaction.atomic():
            add.delay(3, 4)
            raise RuntimeError

    assert [i.id for i in Invocation.objects.all()] == [kept.id]
    assert rung(redis_client) == 1


def test_a_send_succeeds_while_redis_is_away_and_is_quick_about_it(own_redis, monkeypatch):
    bell = Bell(own_redis.url())
    monkeypatch.setattr(add.actor.broker, "bell", bell)
    own_redis.stop()

    result = add.delay(1, 2)

    assert Invocation.objects.filter(id=result.id).exists()


def test_a_bell_that_failed_is_muted_for_a_moment_and_rings_again(own_redis, monkeypatch, redis_client):
    bell = Bell(own_redis.url())
    own_redis.stop()
    bell.ring(["default"])
    own_redis.start()

    def ring():
        bell.ring(["default"])
        return bell._client.zcard(key_of("default"))

    wait_until(ring, 5, "the bell rings again")


def test_the_priority_and_the_arguments_are_in_the_row():
    message = plain.send_with_options(args=(1, "ü\x00"), kwargs={"z": None}, delay=60_000)

    row = Invocation.objects.get(id=message.message_id)
    assert row.priority == 3
    assert row.status == Status.SCHEDULED
    assert row.payload == '{"args":[1,"\\u00fc\\u0000"],"kwargs":{"z":null},"options":{}}'


def test_an_id_of_the_callers_choice_is_taken_while_it_is_free():
    add.apply_async((1, 2), task_id="order-17")

    with pytest.raises(InvocationExistsError):
        add.apply_async((1, 2), task_id="order-17")
    assert Invocation.objects.count() == 1


def test_what_the_broker_would_not_do_is_refused():
    pipeline = plain.message() | plain.message()

    with pytest.raises(UnsupportedMessageError, match="pipelines"):
        pipeline.run()


def test_a_time_that_a_worker_would_have_to_remember_is_refused():
    with pytest.raises(UnsupportedMessageError, match="use delay"):
        plain.send_with_options(eta=0)

    assert not Invocation.objects.exists()


def test_an_unknown_id_is_pending_as_in_celery():
    assert add.delay(1, 1).__class__("nobody").state == "PENDING"
