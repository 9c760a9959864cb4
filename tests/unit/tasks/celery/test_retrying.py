"""How long a task waits before it is tried again, and with which arguments."""

import random

import pytest

from apps.tasks.celery import shared_task
from apps.tasks.celery.request import Context, pushed
from apps.tasks.celery.retrying import backoff_seconds


def test_backoff_doubles_up_to_its_maximum_without_jitter():
    found = [backoff_seconds(factor=2, retries=made, maximum=7, jitter=False) for made in range(4)]

    assert found == [2, 4, 7, 7]


def test_jitter_stays_between_zero_and_the_backoff():
    random.seed(1)

    found = {backoff_seconds(factor=1, retries=3, maximum=600, jitter=True) for _ in range(200)}

    assert found <= set(range(9))
    assert len(found) > 3


def test_a_task_that_retries_for_ever_computes_with_small_numbers():
    assert backoff_seconds(factor=1, retries=10_000_000, maximum=600, jitter=False) == 600


@shared_task(name="test.retrying.copy", bind=True, max_retries=None)
def copy(self, source, target, mode="fast"):
    """Only its signature counts."""


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        pytest.param(((1, 2), {}), {}, ((1, 2), {}), id="as they were"),
        pytest.param(((1, 2), {"mode": "x"}), {"args": (3, 4)}, ((3, 4), {"mode": "x"}), id="new positional ones"),
        pytest.param(((1,), {"target": 2}), {"args": (3, 4)}, ((3, 4), {}), id="a keyword that is positional now"),
        pytest.param(((1, 2), {}), {"kwargs": {"mode": "x"}}, ((1, 2), {"mode": "x"}), id="new keywords"),
        pytest.param(((1, 2), {}), {"kwargs": {"target": 5}}, ((1, 5), {}), id="a positional one named now"),
        pytest.param(((1, 2), {}), {"args": (), "kwargs": {"source": 1}}, ((), {"source": 1}), id="both"),
    ],
)
def test_what_is_given_anew_replaces_what_was_given(before, given, after):
    args, kwargs = before
    with pushed(copy, Context(id="i", args=list(args), kwargs=kwargs, called_directly=False)):
        decided = copy.retry(throw=False, **given)

    assert (decided.sig.args, decided.sig.kwargs) == after


def test_the_limit_of_one_retry_does_not_stay():
    request = Context(id="i", args=[1, 2], kwargs={}, called_directly=False, retries=1)
    with pushed(copy, request), pytest.raises(KeyError):
        copy.retry(exc=KeyError(), max_retries=1)

    assert request.course.exhausted
    assert copy.max_retries is None
