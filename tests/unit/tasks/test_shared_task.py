"""The Celery shim's decorator: what it takes and what it refuses."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as django_timezone

from apps.tasks.celery import shared_task
from apps.tasks.celery.task import _delay_ms


@shared_task
def add(x: int, y: int = 2) -> int:
    """Add two numbers."""
    return x + y


def test_without_options_the_name_is_module_and_function():
    assert add.name == f"{__name__}.add"


def test_a_direct_call_is_an_ordinary_call():
    assert add(1, y=4) == 5
    assert add.__doc__ == "Add two numbers."


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        pytest.param("max_retry", "Did you mean 'max_retries'", id="a misspelling"),
        pytest.param("pickle", "Known are", id="something else"),
    ],
)
def test_an_unknown_option_is_refused_where_it_is_written(option, hint):
    with pytest.raises(TypeError, match=hint):
        shared_task(**{option: 1})


@pytest.mark.parametrize("call", [lambda: add.delay(), lambda: add.delay(1, z=2)], ids=["too few", "unknown"])
def test_arguments_that_do_not_fit_are_refused_at_the_call(call):
    with pytest.raises(TypeError, match=r"add\(\)"):
        call()


@pytest.mark.parametrize(
    ("eta", "seconds"),
    [
        pytest.param(lambda: django_timezone.now() + timedelta(seconds=90), 90, id="aware"),
        pytest.param(lambda: datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=90), 90, id="naive is UTC"),
        pytest.param(lambda: datetime.now(timezone(timedelta(hours=5))) + timedelta(days=366), 31_622_400, id="a year"),
    ],
)
def test_an_eta_becomes_a_delay(eta, seconds):
    assert _delay_ms(None, eta()) == pytest.approx(seconds * 1000, abs=500)


def test_a_countdown_wins_over_an_eta():
    assert _delay_ms(1.5, django_timezone.now()) == 1500
