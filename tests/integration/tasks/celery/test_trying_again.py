"""Another try of a call: the same row, with other arguments and options where the task says so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.tasks.celery import AsyncResult, shared_task, signals
from apps.tasks.celery.exceptions import EncodeError
from apps.tasks.models import Invocation

CALLS: list[object] = []


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


@shared_task(name="test.again.changes", bind=True)
def changes(self, number, unit="s"):
    CALLS.append((number, unit, self.request.retries, self.request.headers))
    if self.request.retries == 0:
        raise self.retry(args=(number + 1,), kwargs={"unit": Decimal("1.5")}, countdown=0)
    return number


def test_the_next_try_has_the_arguments_that_it_was_given(hand):
    sent = changes.apply_async((1,), headers={"tenant": "blue"})

    hand.run(rounds=2)

    assert [(1, "s", 0, {"tenant": "blue"}), (2, Decimal("1.5"), 1, {"tenant": "blue"})] == CALLS
    assert sent.get(timeout=1) == 2
    assert Invocation.objects.count() == 1


@shared_task(name="test.again.moves", bind=True)
def moves(self):
    CALLS.append(self.request.delivery_info["routing_key"])
    if self.request.retries == 0:
        raise self.retry(queue="elsewhere", priority=7, countdown=0)


def test_the_next_try_may_be_in_another_queue_with_another_priority(hand):
    moves.delay()

    hand.run()
    row = Invocation.objects.get()
    hand.run(queue="elsewhere")

    assert (row.queue, row.priority) == ("elsewhere", 7)
    assert CALLS == ["default", "elsewhere"]


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        pytest.param({"countdown": 7}, 7, id="a countdown"),
        pytest.param({"eta": timedelta(seconds=20)}, 20, id="a time"),
        pytest.param({}, 180, id="the default"),
    ],
)
def test_the_next_try_waits_exactly_as_long_as_it_was_told(hand, how, seconds):
    @shared_task(name=f"test.again.waits.{seconds}", bind=True)
    def waits(self):
        raise self.retry(**({"eta": timezone.now() + how["eta"]} if "eta" in how else how))

    waits.delay()
    for message in hand.claim():
        hand.work_on(message)

    row = Invocation.objects.get()
    assert row.status == "scheduled"
    assert (row.due_at - timezone.now()).total_seconds() == pytest.approx(seconds, abs=2)


@shared_task(name="test.again.by_itself", autoretry_for=(KeyError,), dont_autoretry_for=(IndexError,), max_retries=1)
def by_itself(error):
    CALLS.append(error)
    raise {"key": KeyError, "value": ValueError}[error]("x")


@pytest.mark.parametrize(("error", "calls", "status"), [("key", 2, "dead"), ("value", 1, "failed")])
def test_only_named_errors_are_tried_again(hand, error, calls, status):
    sent = by_itself.delay(error)

    hand.run(rounds=3)

    assert len(CALLS) == calls
    assert Invocation.objects.get().status == status
    assert sent.result.args == ("x",)


def test_arguments_for_the_next_try_that_are_no_json_fail_the_task(hand):
    @shared_task(name="test.again.bad", bind=True)
    def bad(self, *args):
        raise self.retry(args=[{1}])

    sent = bad.delay()

    hand.run()

    assert isinstance(sent.result, EncodeError)


@shared_task(name="test.again.quietly", bind=True)
def quietly(self):
    CALLS.append(self.request.retries)
    if self.request.retries == 0:
        self.retry(throw=False, countdown=0)
    return "returned"


def test_a_retry_that_is_not_thrown_comes_true_all_the_same(hand):
    sent = quietly.delay()

    hand.run()
    between = sent.state
    hand.run()

    assert (CALLS, between, sent.get(timeout=1)) == ([0, 1], "RETRY", "returned")


def test_a_call_may_begin_at_a_later_try(hand):
    sent = changes.apply_async((5,), retries=1)

    hand.run()

    assert sent.get(timeout=1) == 5
    assert CALLS[0][2] == 1


def test_who_listens_before_a_send_may_add_headers(hand):
    def add(headers, **_named):
        headers["trace"] = "abc"

    signals.before_task_publish.connect(add, sender="test.again.changes")
    changes.apply_async((1,), retries=1)

    hand.run()

    assert CALLS[0][3] == {"trace": "abc"}


def test_a_death_is_no_retry_and_the_next_attempt_knows_of_it(hand):
    @shared_task(name="test.again.redelivered", bind=True)
    def redelivered(self):
        return [self.request.retries, self.request.delivery_info["redelivered"]]

    sent = redelivered.delay()
    Invocation.objects.update(attempt=1)

    hand.run()

    assert AsyncResult(sent.id).get(timeout=1) == [0, True]
