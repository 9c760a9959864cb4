"""The tracer, with a book that remembers what it was told."""

import pytest

from apps.tasks.celery import shared_task, states
from apps.tasks.celery.exceptions import Retry
from apps.tasks.celery.request import Context
from apps.tasks.celery.tracer import Trace


class Remembered:
    def __init__(self):
        self.told = []

    def started(self):
        """Nobody tracks it."""

    def work(self, body):
        return body()

    def retried(self, decided, _traceback):
        self.told.append(("retried", decided.sig.args))

    def failed(self, error, _traceback):
        self.told.append(("failed", str(error)))


@shared_task(name="test.tracer.inner", bind=True)
def inner(self, number):
    raise self.retry(args=(number + 1,))


@shared_task(name="test.tracer.calls")
def calls(number):
    inner(number)


@shared_task(name="test.tracer.applies")
def applies(number):
    inner.apply((number,), throw=True)


@shared_task(name="test.tracer.raises")
def raises(_number):
    raise Retry("later")


def trace_of(task):
    book = Remembered()
    called = Context(id="1", args=[1], kwargs={}, called_directly=False, delivery_info={"routing_key": "default"})
    trace = Trace(task=task, called=called, book=book)
    trace.run()
    return trace.state, book.told


def test_another_try_of_its_own_is_recorded():
    assert trace_of(inner) == (states.RETRY, [("retried", (2,))])


@pytest.mark.parametrize(
    ("task", "words"),
    [(calls, "Task can be retried"), (applies, "Retry in 180s"), (raises, "later")],
    ids=["called", "applied", "raised by hand"],
)
def test_a_retry_that_is_not_of_this_call_is_its_failure(task, words):
    assert trace_of(task) == (states.FAILURE, [("failed", words)])
