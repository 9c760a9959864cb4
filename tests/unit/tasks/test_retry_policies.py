"""When an error is tried again, after how long, and how it ends otherwise."""

import pytest
from dramatiq.errors import Retry

from apps.tasks import retries
from apps.tasks.ledger import Claim
from apps.tasks.outcomes import AnotherTry, GivenUp
from apps.tasks.retries import Stop, TryAgain, backoff
from apps.tasks.states import Status

CLAIM = Claim("id", 1, "worker")


@pytest.mark.parametrize(
    ("options", "error", "retries_made", "expected"),
    [
        pytest.param({}, ValueError(), 20, Stop(Status.DEAD), id="Dramatiq's default is 20 retries"),
        pytest.param({"max_retries": 0}, ValueError(), 0, Stop(Status.DEAD), id="no retries at all"),
        pytest.param({"throws": KeyError}, KeyError(), 0, Stop(Status.FAILED), id="an error that is thrown on purpose"),
        pytest.param({"throws": (KeyError,)}, KeyError(), 0, Stop(Status.FAILED), id="several such errors"),
        pytest.param(
            {"retry_when": lambda made, _: made < 1}, ValueError(), 1, Stop(Status.FAILED), id="a predicate says no"
        ),
        pytest.param({}, Retry(delay=7), 0, TryAgain(7), id="the task names the delay itself"),
    ],
)
def test_a_plain_actor_follows_dramatiqs_rules(options, error, retries_made, expected):
    assert backoff(options).after(error, retries_made) == expected


def test_backoff_grows_with_jitter_up_to_its_maximum():
    policy = backoff({"min_backoff": 100, "max_backoff": 5_000})

    delays = [policy.after(ValueError(), made).delay_ms for made in range(12)]

    assert 100 <= delays[0] <= 200
    assert delays[3] > delays[0]
    assert max(delays) <= 5_000


def test_a_predicate_overrides_the_number_of_retries():
    policy = backoff({"max_retries": 0, "retry_when": lambda _made, _error: True})

    assert isinstance(policy.after(ValueError(), 99), TryAgain)


def test_an_outcome_carries_the_error_in_one_sentence_and_where_it_came_from():
    def fail():
        raise ValueError("of this kind")

    with pytest.raises(ValueError, match="of this kind") as caught:
        fail()
    outcome = retries.outcome_of(CLAIM, caught.value, backoff({}), 0)

    assert isinstance(outcome, AnotherTry)
    assert outcome.error == "ValueError: of this kind"
    assert "in fail" in outcome.traceback


def test_the_last_retry_ends_as_dead():
    outcome = retries.outcome_of(CLAIM, ValueError("x"), backoff({"max_retries": 1}), 1)

    assert isinstance(outcome, GivenUp)
    assert outcome.ends_as == Status.DEAD


def test_an_error_that_cannot_be_printed_is_recorded_all_the_same():
    class UnprintableError(Exception):
        def __str__(self):
            raise RuntimeError

    outcome = retries.outcome_of(CLAIM, UnprintableError(), backoff({}), 0)

    assert isinstance(outcome, AnotherTry)
    assert "UnprintableError" in outcome.error
