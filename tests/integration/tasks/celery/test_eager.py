"""Calls in place: `apply`, and the setting that makes every call one."""

import pytest
from django.contrib.auth.models import User

from apps.tasks.celery import current_app, shared_task, states
from apps.tasks.celery.exceptions import AlwaysEagerIgnored, EncodeError, Ignore, NotSupportedError, Reject, Retry
from apps.tasks.celery.result import EagerResult
from apps.tasks.models import Invocation

pytestmark = pytest.mark.django_db

NOTES: list[object] = []


@pytest.fixture(autouse=True)
def no_notes():
    NOTES.clear()


@shared_task(name="test.eager.echo", bind=True)
def echo(self, value=None):
    NOTES.append((self.request.is_eager, self.request.called_directly))
    return value


@shared_task(name="test.eager.note")
def note(*args):
    NOTES.append(args)


@shared_task(name="test.eager.fail")
def fail():
    raise KeyError("lost")


@shared_task(name="test.eager.again", bind=True, max_retries=2)
def again(self, until):
    NOTES.append(self.request.retries)
    if self.request.retries < until:
        raise self.retry(exc=ValueError("too early"))
    return "well"


@pytest.fixture
def eagerly(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True


def test_apply_runs_in_place_and_answers_the_result():
    result = echo.apply(args=[5])

    assert isinstance(result, EagerResult)
    assert (result.get(), result.state, result.ready(), result.successful()) == (5, "SUCCESS", True, True)
    assert NOTES == [(True, False)]
    assert not Invocation.objects.exists()


def test_apply_keeps_the_error_unless_it_is_to_be_thrown():
    result = fail.apply()

    assert (result.state, type(result.result)) == ("FAILURE", KeyError)
    assert "raise KeyError" in result.traceback
    with pytest.raises(KeyError):
        result.get()
    with pytest.raises(KeyError):
        fail.apply(throw=True)


def test_eagerly_every_call_runs_in_place(eagerly):
    assert echo.apply_async((1,), countdown=60, queue="x").get() == 1
    assert echo.delay(2).get() == 2
    assert not Invocation.objects.exists()


def test_eagerly_arguments_are_written_and_read_again(eagerly):
    assert echo.delay((1, 2)).get() == [1, 2]
    with pytest.raises(EncodeError):
        echo.delay({1, 2})


def test_eagerly_an_error_is_in_the_result_unless_it_propagates(eagerly, settings):
    assert fail.delay().state == "FAILURE"
    settings.CELERY_TASK_EAGER_PROPAGATES = True
    with pytest.raises(KeyError):
        fail.delay()


@pytest.mark.parametrize(("until", "state", "tries"), [(2, "SUCCESS", [0, 1, 2]), (9, "FAILURE", [0, 1, 2])])
def test_retries_are_made_at_once(eagerly, until, state, tries):
    result = again.delay(until)

    assert result.state == state
    assert tries == NOTES


def test_with_propagation_a_retry_surfaces(eagerly, settings):
    settings.CELERY_TASK_EAGER_PROPAGATES = True

    with pytest.raises(Retry):
        again.delay(1)


def test_links_and_errbacks_run_in_place(eagerly):
    echo.apply_async((3,), link=note.s("linked"))
    failed = fail.apply_async(link_error=note.si("told"))

    assert NOTES[1:] == [(3, "linked"), ("told",)]
    assert failed.state == states.FAILURE


def test_a_state_told_in_place_goes_nowhere(eagerly):
    @shared_task(name="test.eager.tells", bind=True)
    def tells(self):
        self.update_state(state="PROGRESS", meta={})
        return 1

    assert tells.delay().get() == 1


@shared_task(name="test.eager.atomic", atomic=True)
def atomic():
    User.objects.create(username="half done")
    raise KeyError("lost")


def test_an_atomic_task_is_one_transaction_in_place_as_well():
    atomic.apply()

    assert not User.objects.exists()


def test_send_task_is_not_eager_and_says_so(eagerly):
    with pytest.warns(AlwaysEagerIgnored):
        current_app.send_task("test.eager.echo")

    assert Invocation.objects.exists()


def test_apply_refuses_what_it_does_not_know():
    with pytest.raises(NotSupportedError, match="Did you mean"):
        echo.apply(task_ids=1)


@shared_task(name="test.eager.raises")
def raises(error):
    raise {"ignore": Ignore, "reject": Reject}[error]


@pytest.mark.parametrize("error", ["ignore", "reject"])
def test_what_was_ignored_or_rejected_has_no_result(error):
    assert raises.apply((error,)).get() is None
